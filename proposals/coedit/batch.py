"""What waits in a room between two commits, and what one commit of it does."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from proposals.coedit.crdt import Broken, Copy, merge
from proposals.coedit.guard import Verdict
from proposals.coedit.member import Member
from proposals.coedit.store import Row


@dataclass(frozen=True, slots=True)
class Pending:
    """An accepted update on its way to the log."""

    member: Member
    update: bytes
    verdict: Verdict


@dataclass(slots=True)
class Batch:
    """What one commit of a room brings."""

    pending: list[Pending]
    rows: list[Row] = field(default_factory=list)
    changes: list[bytes] = field(default_factory=list)  # what the copy said that it changed
    ends: dict[int, int] = field(default_factory=dict)

    @property
    def frame(self) -> bytes:
        """All changes as one update for everybody else."""
        return merge(self.changes)

    @property
    def sole_sender(self) -> Member | None:
        """Who sent everything, and needs no echo."""
        senders = {pending.member for pending in self.pending}
        return senders.pop() if len(senders) == 1 else None

    def acknowledge(self) -> None:
        for member, count in Counter(pending.member for pending in self.pending).items():
            member.acknowledge(count)

    def refuse(self, reason: str) -> None:
        for pending in self.pending:
            pending.member.refuse(reason)


def grow(state: dict[int, int], ends: Mapping[int, int]) -> None:
    for client, end in ends.items():
        if end > state.get(client, 0):
            state[client] = end


def apply(pending: Sequence[Pending], copy: Copy, state: Mapping[int, int]) -> Batch:
    """Apply updates to the live copy and compare it with what the guard foretold.

    What grows nothing is applied by itself: only then the copy says whether it changed anything.
    Raises `Broken`; the copy is then worthless.
    """
    batch = Batch(list(pending))
    growing = [each for each in pending if each.verdict.ends]
    kept = list(growing)
    if growing:
        elements = sum(each.verdict.elements for each in growing)
        change = copy.apply([each.update for each in growing], elements=elements)
        batch.changes += [change] if change else []
    for each in pending:
        if not each.verdict.ends and (change := copy.apply([each.update])):
            batch.changes.append(change)
            kept.append(each)
    for each in growing:
        grow(batch.ends, each.verdict.ends)
    if copy.state() != {**state, **batch.ends}:
        raise Broken("state")
    batch.rows = _rows(kept, batch.changes)
    return batch


def _rows(kept: Iterable[Pending], changes: Sequence[bytes]) -> list[Row]:
    """One row per author; a sole author's is what changed, without what was known already."""
    authors: dict[int, list[Pending]] = {}
    for each in kept:
        authors.setdefault(each.member.person.user or 0, []).append(each)
    rows = []
    for author, own in authors.items():
        updates = changes if len(authors) == 1 else [each.update for each in own]
        rows.append(Row(author, own[0].member.person.session or 0, merge(updates)))
    return rows
