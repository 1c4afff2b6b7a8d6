"""What people were told is kept, how long they were away, and what should never be said."""

from collections import defaultdict
from dataclasses import dataclass, field
from uuid import UUID


@dataclass
class Excuse:
    """A 503: how long it took, and whether it says when to come back and keeps the words."""

    seconds: float
    retry_after: str
    keeps_words: bool


@dataclass
class Ledger:
    """Filled by a crowd while things break; compared with the database afterwards."""

    is_open: bool = True
    comments: dict[UUID, str] = field(default_factory=dict)
    opinions: dict[tuple[str, int], int] = field(default_factory=dict)
    supports: dict[tuple[str, int], bool] = field(default_factory=dict)
    words: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    perhaps: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    acknowledged: int = 0
    retries: list[str] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    excuses: list[Excuse] = field(default_factory=list)
    away: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def away_at_most(self, share: float) -> float:
        """The longest absence, leaving out the worst so many."""
        ordered = sorted(self.away) or [0.0]
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(rows: dict[str, object]) -> str:
    """Two columns for the end of a run."""
    wide = max(len(name) for name in rows)
    return "\n".join(f"  {name:<{wide}}  {value}" for name, value in rows.items())
