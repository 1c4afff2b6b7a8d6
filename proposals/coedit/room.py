"""One text in one process: its live copy, who has it open, what waits for the next commit.

The copy is ahead of the log only while a commit runs. `turn` is held then, and whoever joins is
answered afterwards: nobody ever sees a text that a failed commit takes back.
"""

import asyncio
import logging
from collections.abc import Iterable

from portal.live.hop import in_database
from proposals.coedit import batch as batches
from proposals.coedit import replay, store
from proposals.coedit.batch import Batch, Pending, grow
from proposals.coedit.crdt import Broken, Copy, merge
from proposals.coedit.fanout import Rows
from proposals.coedit.guard import scan, scan_checkpoint
from proposals.coedit.member import Member
from proposals.coedit.protocol import Malformed, Sync, notice_frame, sync_frame
from proposals.coedit.render import to_text
from proposals.coedit.store import Standing
from proposals.coedit.vocabulary import VOCABULARIES, Vocabulary

logger = logging.getLogger(__name__)

NOT_READY, OTHER_EPOCH = 4503, 4409
LONGEST = 400_000  # UTF-16 units
LARGEST = 4 * 1024 * 1024  # bytes of the log's text


class Room:
    """A text that somebody here has open."""

    def __init__(self, document: int) -> None:
        self.document = document
        self.members: dict[Member, None] = {}
        self.turn = asyncio.Lock()
        self.queue: list[Pending] = []
        self.heard: list[Rows] = []
        self.copy = Copy()
        self.state: dict[int, int] = {}  # of the log, as far as it is known here
        self.predicted: dict[int, int] = {}  # with what waits in the queue
        self.head = 0
        self.length = self.size = 0
        self.is_behind = False
        self.is_lost = False  # the log cannot be read: nothing is shown, nothing is taken
        self.ready_at = 0.0
        self.empty_since = 0.0
        self.unrendered = False
        self.is_dropped = False
        self.is_failed = False  # the copy is ahead of the log: nothing is built on it
        self.standing: Standing | None = None

    @property
    def vocabulary(self) -> Vocabulary:
        return VOCABULARIES[self.standing.schema if self.standing else 1]

    # Reading the log

    async def load(self) -> None:
        """Build the copy anew; the caller holds `turn`."""
        loaded = await in_database(replay.load, self.document)
        self.standing = (await in_database(store.standings, [self.document]))[self.document]
        self.is_lost = loaded is None
        if loaded is None:
            return
        self.copy, self.head = loaded.copy, loaded.head
        self.state, self.predicted = dict(loaded.state), dict(loaded.state)
        for pending in self.queue:
            grow(self.predicted, pending.verdict.ends)
        self.length, self.size = self.standing.length, self.standing.size
        self.is_behind = False

    async def reload(self) -> None:
        """Throw the copy away; members get what the log has beyond it. `turn` is held."""
        before = self.copy.state_vector()
        await self.load()
        self.tell(sync_frame(Sync.UPDATE, self.copy.since(before)))

    async def refresh(self) -> None:
        """Ask how the text stands and read on; `turn` is held."""
        self.take_standing((await in_database(store.standings, [self.document]))[self.document])
        if self.is_behind:
            await self.read_on()

    async def catch_up(self) -> None:
        async with self.turn:
            await self.read_on()

    async def read_on(self) -> None:
        """Take in what the log has and this copy has not; `turn` is held."""
        self.heard = []  # told after their commit: the log has them
        rows = await in_database(store.tail, self.document, self.head)
        changes: list[bytes] = []
        try:
            for seq, payload in rows:
                changes += self._take_in(payload)
                self.head = seq
        except (Malformed, Broken):
            logger.warning("coedit: text %s has a row that cannot be applied", self.document)
            await self.reload()
            return
        self.is_behind = False
        self._forward(changes)
        self.take_heard()

    def _take_in(self, update: bytes) -> list[bytes]:
        verdict = scan_checkpoint(update, self.vocabulary, self.state)
        change = self.copy.apply([update], elements=verdict.elements)
        grow(self.state, verdict.ends)
        grow(self.predicted, verdict.ends)
        return [change] if change else []

    # Hearing other processes

    def hear(self, rows: Rows) -> None:
        """Rows of the log from elsewhere; while a commit runs they wait."""
        self.heard.append(rows)
        if not self.turn.locked():
            self.take_heard()

    def take_heard(self) -> None:
        """Take in what follows on directly; a hole waits one pulse, then the log is read."""
        heard, self.heard = sorted(self.heard, key=lambda rows: rows.first), []
        changes: list[bytes] = []
        for rows in heard:
            if rows.first == self.head + 1:
                changes += self._follow(rows)
            elif rows.last > self.head:
                self.heard.append(rows)
        self.is_behind = self.is_behind or bool(self.heard)
        self._forward(changes)

    def _follow(self, rows: Rows) -> list[bytes]:
        try:
            changes = self._take_in(rows.update)
        except (Malformed, Broken):
            self.is_behind = True
            return []
        self.head += rows.count
        return changes

    # Committing; `turn` is held from `begin` to the end

    async def begin(self) -> Batch:
        """Apply what waits to the live copy; a culprit is found and refused."""
        pending, self.queue = self.queue, []
        try:
            return batches.apply(pending, self.copy, self.state)
        except Broken:
            return await self._without_culprit(pending)

    async def _without_culprit(self, pending: Iterable[Pending]) -> Batch:
        await self.load()
        whole = self.copy.since()
        good: list[Pending] = []
        for each in pending:
            if each.member.refused:
                continue
            try:
                scan(each.update, {**self.state, **_ends(good)}, self.vocabulary)
                batches.apply([*good, each], Copy([whole]), self.state)
            except (Broken, Malformed):
                each.member.refuse("broken")
            else:
                good.append(each)
        self.queue = [each for each in self.queue if not each.member.refused]
        return batches.apply(good, self.copy, self.state)

    def settle(self, batch: Batch, first: int) -> None:
        """After the commit: acks, one merged frame, and the number so far."""
        grow(self.state, batch.ends)
        if first == self.head + 1:
            self.head += len(batch.rows)
        elif batch.rows:  # rows of another process lie between
            self.heard.append(Rows(first, len(batch.rows), batch.frame))
        batch.acknowledge()
        if batch.changes:
            self.tell(sync_frame(Sync.UPDATE, batch.frame), skip=batch.sole_sender)
        self.unrendered = self.unrendered or bool(batch.rows)

    async def closed(self, batch: Batch) -> None:
        """The commit found the text closed: nothing of the batch or the queue is kept."""
        standing = (await in_database(store.standings, [self.document]))[self.document]
        reason = closed_word(standing) or "closed"
        batch.refuse(reason)
        for pending in self.queue:
            pending.member.refuse(reason)
        self.queue = []
        await self.load()
        self.take_standing(standing)

    def fail(self) -> None:
        """The database did not take it: everybody comes back and sends again what is missing.

        What came meanwhile continues what was not kept: alone it would leave a hole in the log.
        """
        self.is_failed = True
        self.queue = []
        for member in list(self.members):
            member.outbox.cut(NOT_READY)

    # Telling

    def tell(self, frame: bytes, *, skip: Member | None = None) -> None:
        for member in self.members:
            if member is not skip:
                member.outbox.put(frame)

    def _forward(self, changes: list[bytes]) -> None:
        if changes:
            self.tell(sync_frame(Sync.UPDATE, merge(changes)))

    def take_standing(self, standing: Standing) -> None:
        """How the text stands now, and what the editors must be told of it."""
        before, self.standing = self.standing, standing
        if before is not None and before.epoch != standing.epoch:
            self.is_dropped = True  # the log is another one
            self.tell(notice_frame("epoch"))
            for member in list(self.members):
                member.outbox.finish(OTHER_EPOCH)
            return
        self.is_behind = self.is_behind or standing.head > self.head
        if before is not None and closed_word(before) != closed_word(standing):
            self.tell(standing_notice(standing))

    async def is_full(self, units: int, size: int) -> bool:
        """Counted as it comes in; measured before anybody is turned away, off the loop."""
        if self.length + units > LONGEST or self.size + size > LARGEST:
            await self._measure()
        return self.length + units > LONGEST or self.size + size > LARGEST

    async def _measure(self) -> None:
        whole = self.copy.since()
        length = self.length - sum(each.verdict.units for each in self.queue)
        size = self.size - sum(len(each.update) for each in self.queue)
        measured = await in_database(_length, whole)  # what comes meanwhile is counted on top
        self.length += measured - length
        self.size += len(whole) - size


def _length(whole: bytes) -> int:
    return len(to_text(Copy([whole]).blocks()))


def _ends(pending: Iterable[Pending]) -> dict[int, int]:
    ends: dict[int, int] = {}
    for each in pending:
        grow(ends, each.verdict.ends)
    return ends


def closed_word(standing: Standing | None) -> str:
    """Why nothing is taken, in one word for the editor; empty for an open text."""
    if standing is not None and standing.is_hidden:
        return "hidden"
    if standing is None or standing.is_quarantined:
        return "quarantined"
    if standing.is_frozen:
        return "frozen"
    return "" if standing.is_open else "closed"


def standing_notice(standing: Standing) -> bytes:
    word = closed_word(standing)
    if word == "frozen":
        return notice_frame("frozen", reason=standing.reason)
    if word == "hidden":
        return notice_frame("hidden")
    return notice_frame("mode", mode="readonly") if word else notice_frame("thawed")
