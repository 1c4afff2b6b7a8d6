"""One topic of a process: its listeners, its window, what its numbers say is missing."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from portal.live.frame import Frame, Payload
from portal.live.outbox import Outbox
from portal.live.presence import Seen

REMEMBERED = 512
"""Counts kept per topic, to tell somebody who joins what changed since the page was made."""

CHANGES_HELD = 5


class Topic:
    """Who listens, what waits for the end of the window, and the newest counts."""

    __slots__ = (
        "_ahead",
        "_changes",
        "_held",
        "callbacks",
        "counts",
        "head",
        "held_until",
        "here",
        "is_ticking",
        "is_wanted",
        "local",
        "name",
        "outgoing",
        "people",
        "reached",
        "sockets",
        "typing",
        "window",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.sockets: dict[Outbox, None] = {}
        self.callbacks: list[Callable[[bytes], None]] = []
        self.people: Counter[str] = Counter()
        self.is_wanted = False
        self.is_ticking = False
        self.window: asyncio.TimerHandle | None = None
        self.local = Frame(name)
        self.outgoing = Frame(name)
        self.here = self.typing = 0
        self.counts: dict[str, Sequence[int]] = {}
        self.head = 0
        self.reached: int | None = None
        self._ahead: set[int] = set()
        self._held = Frame(name)
        self._changes = 0
        self.held_until: asyncio.TimerHandle | None = None

    @property
    def listeners(self) -> int:
        """Sockets and callbacks."""
        return len(self.sockets) + len(self.callbacks)

    @property
    def has_listeners(self) -> bool:
        """Whether anybody of this process listens."""
        return bool(self.sockets or self.callbacks)

    def sit(self, outbox: Outbox) -> None:
        """Let a socket hear; the tabs of one person are one person."""
        if outbox not in self.sockets:
            self.sockets[outbox] = None
            if outbox.is_inside:
                self.people[outbox.person] += 1

    def rise(self, outbox: Outbox) -> None:
        """Let a socket go."""
        if outbox in self.sockets:
            del self.sockets[outbox]
            if outbox.is_inside:
                self.people[outbox.person] -= 1
                if not self.people[outbox.person]:
                    del self.people[outbox.person]

    @property
    def seen(self) -> Seen:
        """What the other processes are told of who is here."""
        return self.listeners, self.people[""], [person for person in self.people if person]

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is left to be sent, so that the topic can be forgotten."""
        return not self.is_ticking and self.held_until is None

    def hear(self, payload: Payload) -> None:
        """Keep a message for the end of the window, and remember how far the topic got."""
        self.local.add(payload)
        for number in payload.get("s", ()):
            self.reaches(number)
        if moved := payload.get("moved"):
            self.jumps_to(moved)
        for key, values in payload.get("n", {}).items():
            self.remember(key, values)
        self.here = payload.get("here", self.here)
        self.typing = payload.get("typing", self.typing)

    def take(self) -> tuple[Frame, Frame]:
        """Take what waits for the sockets, and what waits for the other processes."""
        taken = self.local, self.outgoing
        self.local, self.outgoing = Frame(self.name), Frame(self.name)
        return taken

    # Numbers

    def starts_at(self, head: int) -> None:
        """The first listener asked the database how far the topic is."""
        if self.reached is None:
            self.reached = head
            for number in sorted(self._ahead):
                self.reaches(number)
        self.head = max(self.head, head)

    def reaches(self, number: int) -> None:
        """A message with this number came; a hole keeps the contiguous number back."""
        self.head = max(self.head, number)
        self._ahead.add(number)
        while self.reached is not None and self.reached + 1 in self._ahead:
            self.reached += 1
        if self.reached is None:
            self._ahead = {ahead for ahead in self._ahead if ahead > self.head - REMEMBERED}
        else:
            self._ahead = {ahead for ahead in self._ahead if ahead > self.reached}

    def jumps_to(self, number: int) -> None:
        """The pages are told to fetch: what is missing up to here is no longer waited for."""
        self.head = max(self.head, number)
        self.reached = max(self.reached or 0, number)
        self._ahead = {ahead for ahead in self._ahead if ahead > number}

    def is_behind(self, head: int) -> bool:
        """Whether something up to `head` never came."""
        return self.reached is not None and head > self.reached

    # Counts

    def remember(self, key: str, values: Sequence[int]) -> bool:
        """Keep the newest values of a key; says whether they were news."""
        if key in self.counts and self.counts[key][-1] >= values[-1]:
            return False
        self.counts.pop(key, None)
        self.counts[key] = values
        if len(self.counts) > REMEMBERED:
            del self.counts[next(iter(self.counts))]
        return True

    def news(self, counts: Mapping[str, Sequence[int]]) -> dict[str, Sequence[int]]:
        """Of counts read from the database, those that are newer than what was sent."""
        return {
            key: values
            for key, values in counts.items()
            if key not in self.counts or self.counts[key][-1] < values[-1]
        }

    def hold(self, payload: Payload) -> bool:
        """Keep counts back; says whether they are enough to betray nobody."""
        self._held.add(payload)
        self._changes += 1
        return self._changes >= CHANGES_HELD

    def release(self) -> Payload:
        """Give back what was held."""
        held, self._held, self._changes = self._held, Frame(self.name), 0
        if self.held_until is not None:
            self.held_until.cancel()
            self.held_until = None
        return held.payload()
