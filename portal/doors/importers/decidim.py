"""Read proposals and threads as the city of Barcelona published them. Writes nothing."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import chain
from pathlib import Path
from zoneinfo import ZoneInfo

from portal.doors.importers.tables import Row, Unreadable, needed, opened, rows

ZONE = ZoneInfo("Europe/Madrid")
ORGANISATION = "org:"
STANCES = (1, 0, -1)
DEEPEST = 400


@dataclass
class Contribution:
    """One comment; `parent` is 0 at the top level and for an orphan."""

    id: int
    proposal: int
    parent: int
    named_parent: int
    author: str
    body: str
    at: datetime
    stance: int | None
    is_hidden: bool
    line: int
    depth: int = 0

    @property
    def is_orphan(self) -> bool:
        """Say whether the comment it answers is missing."""
        return self.named_parent != self.parent


@dataclass
class Suggestion:
    """One proposal with the total of its supports."""

    id: int
    author: str
    title: str
    summary: str
    at: datetime
    supports: int
    declared: int
    line: int
    address: str
    place: str
    comments: list[Contribution] = field(default_factory=list)


@dataclass
class Process:
    """Everything of a folder that is taken over."""

    suggestions: list[Suggestion]
    digest: str

    def comments(self) -> Iterator[Contribution]:
        """Give every comment, parents before their replies."""
        for suggestion in self.suggestions:
            yield from suggestion.comments

    def authors(self) -> dict[str, datetime]:
        """Give who wrote something, organisations included, with the time of the first word."""
        first: dict[str, datetime] = {}
        written = chain(
            ((suggestion.author, suggestion.at) for suggestion in self.suggestions),
            ((comment.author, comment.at) for comment in self.comments()),
        )
        for author, at in written:
            if author:
                first[author] = min(first.get(author, at), at)
        return dict(sorted(first.items(), key=lambda pair: (pair[1], pair[0])))

    def span(self) -> tuple[datetime, datetime]:
        """From the first to the last thing that was written."""
        moments = [comment.at for comment in self.comments()]
        moments += [suggestion.at for suggestion in self.suggestions]
        return min(moments), max(moments)

    def counts(self) -> dict[str, int]:
        """Count what a faithful import holds; organisations are no participants."""
        comments = list(self.comments())
        people = [name for name in self.authors() if not name.startswith(ORGANISATION)]
        return {
            "proposals": len(self.suggestions),
            "supports": sum(suggestion.supports for suggestion in self.suggestions),
            "comments": len(comments),
            "replies": sum(comment.named_parent > 0 for comment in comments),
            "max_depth": max((comment.depth for comment in comments), default=0),
            "orphans": sum(comment.is_orphan for comment in comments),
            "participants": len(people),
        }


def read(folder: Path, *, prefix: str = "") -> Process:
    """Read both tables; the first thing that is wrong is named with its file and line."""
    tables = [needed(folder, f"{prefix}{name}.csv") for name in ("proposals", "comments")]
    suggestions = {suggestion.id: suggestion for suggestion in _suggestions(tables[0])}
    if not suggestions:
        raise Unreadable(tables[0], 1, "there is no proposal in this file")
    _add_comments(tables[1], suggestions)
    for suggestion in suggestions.values():
        if suggestion.declared != len(suggestion.comments):
            found = f"{len(suggestion.comments)} in {tables[1].name}"
            raise Unreadable(
                tables[0], suggestion.line, f"{suggestion.declared} comments declared, {found}"
            )
    return Process(suggestions=list(suggestions.values()), digest=_digest(tables))


def _suggestions(path: Path) -> Iterator[Suggestion]:
    known: set[int] = set()
    for row in rows(path, "id", "created_at", "author", "title", "summary", "votes", "comments"):
        number = row.number("id")
        if number in known:
            row.refuse(f"the proposal {number} is here twice")
        known.add(number)
        yield Suggestion(
            id=number,
            author=row.cells["author"].strip(),
            title=" ".join(row.text("title").split()),
            summary=row.cells["summary"].strip(),
            at=row.read("created_at", _day),
            supports=_total(row, "votes"),
            declared=_total(row, "comments"),
            line=row.line,
            address=row.cells.get("url", ""),
            place=row.cells.get("district", ""),
        )


def _add_comments(path: Path, suggestions: dict[int, Suggestion]) -> None:
    comments: dict[int, Contribution] = {}
    for row in rows(path, "id", "proposal_id", "parent_id", "created_at", "alignment", "body"):
        comment = _comment(row)
        if comment.id in comments:
            row.refuse(f"the comment {comment.id} is here twice")
        if comment.proposal not in suggestions:
            row.refuse(f"the proposal {comment.proposal} is missing")
        comments[comment.id] = comment
    replies: defaultdict[int, list[Contribution]] = defaultdict(list)
    for comment in sorted(comments.values(), key=lambda comment: (comment.at, comment.id)):
        parent = comments.get(comment.named_parent)
        comment.parent = parent.id if parent else 0
        if parent is not None and parent.proposal != comment.proposal:
            raise Unreadable(path, comment.line, "the comment it answers is about another proposal")
        replies[comment.parent].append(comment)
    _place(path, replies, suggestions)
    reached = {c.id for suggestion in suggestions.values() for c in suggestion.comments}
    if circle := [comment.line for comment in comments.values() if comment.id not in reached]:
        raise Unreadable(path, min(circle), "this comment answers itself in a circle")


def _comment(row: Row) -> Contribution:
    parent = row.number("parent_id") if row.cells["parent_id"] else 0
    takes_stance = bool(row.cells["alignment"]) and not parent
    return Contribution(
        id=row.number("id"),
        proposal=row.number("proposal_id"),
        parent=0,
        named_parent=parent,
        author=row.text("author"),
        body=row.text("body"),
        at=row.read("created_at", _second),
        stance=row.number("alignment", among=STANCES) if takes_stance else None,
        is_hidden=row.cells.get("hidden", "0") == "1",
        line=row.line,
    )


def _place(
    path: Path, replies: dict[int, list[Contribution]], suggestions: dict[int, Suggestion]
) -> None:
    """Hang every comment under its proposal, level by level, so that parents come first."""
    level, depth = replies.get(0, []), 0
    while level:
        for comment in level:
            comment.depth = depth
            suggestions[comment.proposal].comments.append(comment)
        if depth > DEEPEST:
            raise Unreadable(path, level[0].line, f"more than {DEEPEST} levels of replies")
        level = [reply for comment in level for reply in replies.get(comment.id, [])]
        depth += 1


def _total(row: Row, column: str) -> int:
    value = row.number(column)
    if value < 0:
        row.refuse(f"{column} is below zero")
    return value


def _day(cell: str) -> datetime:
    return datetime.strptime(cell, "%d/%m/%Y").replace(tzinfo=ZONE)


def _second(cell: str) -> datetime:
    return datetime.strptime(cell, "%d/%m/%Y %H:%M:%S").replace(tzinfo=ZONE)


def _digest(tables: list[Path]) -> str:
    digest = sha256()
    for path in tables:
        with opened(path) as file:
            for line in file:
                digest.update(line.encode())
    return digest.hexdigest()
