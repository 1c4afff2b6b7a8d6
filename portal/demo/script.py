"""The script of Kota Rembuk: what the corpus says, before any of it is played."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

CORPUS = Path(__file__).parent / "corpus"
NO_CONSULTATION = {"town.toml", "people.toml"}


@dataclass(frozen=True)
class Body:
    """An agency of the city."""

    slug: str
    name: str
    code: str
    contact: str


@dataclass(frozen=True)
class Role:
    """Somebody of the town: a citizen, or a person who works for agencies."""

    key: str
    name: str
    role: str = "citizen"
    lean: str = ""
    agencies: tuple[str, ...] = ()

    @property
    def mail(self) -> str:
        """An address that no mail ever reaches."""
        return f"{self.key}@contoh.id.invalid"


@dataclass(frozen=True)
class Verdict:
    """Why a line is hidden: the kind of rule, the moderator, the reason."""

    rule: str
    by: str
    reason: str


@dataclass(frozen=True)
class Line:
    """One comment; `re` is its level: 0 opens, n answers the nearest line above at n - 1.

    `mood` says who likes an opening line: the camp for, the camp against, all, or none. `first`
    is what was posted before the author edited it.
    """

    by: str
    text: str
    re: int = 0
    mood: str = ""
    kind: str = ""
    first: str = ""
    hidden: Verdict | None = None


@dataclass(frozen=True)
class Talk:
    """One thread; `day` counts from today, so the past is negative."""

    subject: str
    day: float
    comments: tuple[Line, ...]


@dataclass(frozen=True)
class Plan:
    """A proposal with its whole text and how many stand behind it."""

    key: str
    title: str
    by: str
    day: float
    mood: str
    supports: int
    summary: str
    text: str
    comments: tuple[Line, ...] = ()
    coauthors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Span:
    """A phase, in days from today."""

    activity: str
    starts: float
    ends: float


@dataclass(frozen=True)
class Matter:
    """One consultation of the corpus, with everything said in it."""

    slug: str
    title: str
    agency: str
    official: str
    question: str
    how_decided: str
    legal_basis: str
    contact: str
    background: str
    phases: tuple[Span, ...]
    threads: tuple[Talk, ...] = ()
    proposals: tuple[Plan, ...] = ()
    for_camp: str = "green"
    against_camp: str = "trade"
    random_camps: bool = False
    takes_sides: bool = False
    published: float = 0
    draft: bool = False

    def span(self, activity: str) -> tuple[float, float]:
        """When an activity runs, in days from today; never for one that is not planned."""
        found = [(span.starts, span.ends) for span in self.phases if span.activity == activity]
        return found[0] if found else (0, 0)


@dataclass(frozen=True)
class Script:
    """The whole town."""

    agencies: tuple[Body, ...]
    accounts: tuple[Role, ...]
    officials: tuple[Role, ...]
    people: tuple[Role, ...]
    matters: tuple[Matter, ...]

    @property
    def everybody(self) -> tuple[Role, ...]:
        """Those whose logins are printed come first."""
        return (*self.accounts, *self.officials, *self.people)


@cache
def read_script() -> Script:
    """Read every file of the corpus; a missing or misspelt word stops here."""
    town = _read(CORPUS / "town.toml")
    people = _read(CORPUS / "people.toml")["people"]
    files = sorted(path for path in CORPUS.glob("*.toml") if path.name not in NO_CONSULTATION)
    return Script(
        agencies=tuple(Body(**row) for row in town["agencies"]),
        accounts=tuple(_role(**row) for row in town["accounts"]),
        officials=tuple(_role(role="officer", **row) for row in town["officials"]),
        people=tuple(_role(**row) for row in people),
        matters=tuple(_matter(**_read(path)) for path in files),
    )


def _read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)


def _role(*, agencies: tuple[str, ...] = (), **row: Any) -> Role:
    return Role(agencies=tuple(agencies), **row)


def _matter(**row: Any) -> Matter:
    row["phases"] = tuple(Span(**span) for span in row["phases"])
    row["threads"] = tuple(_talk(**talk) for talk in row.pop("threads", ()))
    row["proposals"] = tuple(_plan(**plan) for plan in row.pop("proposals", ()))
    return Matter(**row)


def _talk(*, comments: list[dict[str, Any]], **row: Any) -> Talk:
    return Talk(comments=_lines(comments), **row)


def _lines(rows: Iterable[dict[str, Any]]) -> tuple[Line, ...]:
    return tuple(_line(**row) for row in rows)


def _line(*, hidden: dict[str, str] | None = None, **row: Any) -> Line:
    return Line(hidden=Verdict(**hidden) if hidden else None, **row)


def _plan(
    *, comments: Iterable[dict[str, Any]] = (), coauthors: Iterable[str] = (), **row: Any
) -> Plan:
    return Plan(comments=_lines(comments), coauthors=tuple(coauthors), **row)
