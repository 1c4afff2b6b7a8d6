"""Read a conversation as Polis publishes it: comments, votes, verdicts. Writes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import chain
from pathlib import Path

from portal.doors.importers.tables import Row, Unreadable, cells, find, needed, opened, rows

VERDICTS = (1, 0, -1)
MATRIX = "participants-votes.csv"


@dataclass(frozen=True)
class Statement:
    """One comment of a conversation; verdict 1 accepted, 0 not judged, -1 rejected."""

    id: int
    author: int
    body: str
    at: datetime
    verdict: int


@dataclass(frozen=True)
class Vote:
    """What one person last said to one comment: 1 agree, -1 disagree, 0 pass."""

    person: int
    statement: int
    value: int
    at: datetime
    line: int


@dataclass
class Conversation:
    """Everything of a folder that is taken over."""

    name: str
    summary: dict[str, str]
    statements: list[Statement]
    votes: list[Vote]
    digest: str
    voters: set[int] = field(init=False)

    def __post_init__(self) -> None:
        self.voters = {vote.person for vote in self.votes}

    @property
    def topic(self) -> str:
        return self.summary.get("topic", "").strip() or self.name

    @property
    def description(self) -> str:
        return self.summary.get("conversation-description", "").strip()

    def span(self) -> tuple[datetime, datetime]:
        """From the first to the last thing that was said."""
        moments = [statement.at for statement in self.statements]
        moments += [vote.at for vote in self.votes]
        return min(moments), max(moments)

    def counts(self) -> dict[str, int]:
        """Count what a faithful import holds."""
        verdicts = [statement.verdict for statement in self.statements]
        values = [vote.value for vote in self.votes]
        return {
            "comments": len(verdicts),
            "accepted": verdicts.count(1),
            "rejected": verdicts.count(-1),
            "unmoderated": verdicts.count(0),
            "participants": len(self.voters),
            "opinions": len(values),
            "agree": values.count(1),
            "disagree": values.count(-1),
            "pass": values.count(0),
        }


def read(folder: Path) -> Conversation:
    """Read a whole folder; the first thing that is wrong is named with its file and line."""
    statements = list(_statements(needed(folder, "comments.csv")))
    if not statements:
        raise Unreadable(needed(folder, "comments.csv"), 1, "there is no comment in this file")
    return Conversation(
        name=folder.resolve().name,
        summary=_summary(find(folder, "summary.csv")),
        statements=sorted(statements, key=lambda statement: (statement.at, statement.id)),
        votes=_votes(folder, statements),
        digest=_digest(folder),
    )


def _statements(path: Path) -> Iterator[Statement]:
    known: set[int] = set()
    for row in rows(path, "timestamp", "comment-id", "author-id", "moderated", "comment-body"):
        number = row.number("comment-id")
        if number in known:
            row.refuse(f"the comment {number} is here twice")
        known.add(number)
        yield Statement(
            id=number,
            author=row.number("author-id"),
            body=row.text("comment-body"),
            at=row.moment("timestamp"),
            verdict=row.number("moderated", among=VERDICTS),
        )


def _votes(folder: Path, statements: list[Statement]) -> list[Vote]:
    known = {statement.id for statement in statements}
    log, matrix = find(folder, "votes.csv"), find(folder, MATRIX)
    newest = max(statement.at for statement in statements)
    cast = _last_votes(log, known) if log else {}
    if matrix is not None:
        kept = _matrix(matrix, known, at=newest)
        if log is None:
            return list(kept.values())
        _compare(log, cast, matrix, kept)
    elif log is None:
        needed(folder, "votes.csv")
    return list(cast.values())


def _last_votes(path: Path, known: set[int]) -> dict[tuple[int, int], Vote]:
    """Keep the newest vote of each person and comment; at equal times the later line counts."""
    last: dict[tuple[int, int], Vote] = {}
    for row in rows(path, "timestamp", "comment-id", "voter-id", "vote"):
        vote = Vote(
            person=row.number("voter-id"),
            statement=_known(row, row.number("comment-id"), known),
            value=row.number("vote", among=VERDICTS),
            at=row.moment("timestamp"),
            line=row.line,
        )
        pair = (vote.person, vote.statement)
        if pair not in last or last[pair].at <= vote.at:
            last[pair] = vote
    return last


def _matrix(path: Path, known: set[int], *, at: datetime) -> dict[tuple[int, int], Vote]:
    """Read a line per person and a column per comment; an empty cell is no vote."""
    kept: dict[tuple[int, int], Vote] = {}
    people: set[int] = set()
    for row in rows(path, "participant"):
        person = row.number("participant")
        if person in people:
            row.refuse(f"the participant {person} is here twice")
        people.add(person)
        voted = [name for name, cell in row.cells.items() if name.isdecimal() and cell]
        if "n-votes" in row.cells and row.number("n-votes") != len(voted):
            row.refuse(f"{len(voted)} votes, but n-votes says {row.cells['n-votes']}")
        for name in voted:
            number = _known(row, int(name), known)
            value = row.number(name, among=VERDICTS)
            kept[person, number] = Vote(person, number, value, at, row.line)
    return kept


def _known(row: Row, number: int, known: set[int]) -> int:
    if number not in known:
        row.refuse(f"the comment {number} is not in comments.csv")
    return number


def _compare(
    log: Path, cast: dict[tuple[int, int], Vote], matrix: Path, kept: dict[tuple[int, int], Vote]
) -> None:
    """Two files say the same thing: where they differ, one of them is cut off or broken."""
    for person, number in sorted(cast.keys() | kept.keys()):
        ours, theirs = cast.get((person, number)), kept.get((person, number))
        if ours is None and theirs is not None:
            what = f"the vote of {person} on {number} is missing in {log.name}"
            raise Unreadable(matrix, theirs.line, what)
        if ours is not None and (theirs is None or theirs.value != ours.value):
            what = f"the vote of {person} on {number} is not the one in {matrix.name}"
            raise Unreadable(log, ours.line, what)


def _summary(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    return {record[0]: ",".join(record[1:]) for _line, record in cells(path)}


def _digest(folder: Path) -> str:
    """Tell one set of files from another: the same ones again are the same import."""
    names = ("summary.csv", "comments.csv", "votes.csv", MATRIX)
    found = [path for path in (find(folder, name) for name in names) if path is not None]
    contents = chain.from_iterable(_lines(path) for path in found)
    digest = sha256()
    for line in contents:
        digest.update(line.encode())
    return digest.hexdigest()


def _lines(path: Path) -> Iterator[str]:
    with opened(path) as file:
        yield from file
