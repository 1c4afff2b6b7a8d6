"""Who is here and who is typing, in numbers: kept in memory, never stored, never shown by name.

People are counted, not tabs: whoever is signed in is one person in all processes, and so is a
visitor with a login session of nobody; every other socket counts for itself.
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")

ANNOUNCED_EVERY = 5.0
KEPT = 15.0
TYPING_FADES = 5.0

Seen = tuple[int, int, Sequence[str]]
"""Of one process and topic: the listeners, the strangers among them, the people."""

NOBODY: Seen = (0, 0, ())


class Presence:
    """The numbers that other processes announced, and the typists of all of them."""

    def __init__(self) -> None:
        self._elsewhere: dict[str, dict[str, tuple[Seen, float]]] = {}
        self._typists: dict[str, dict[Hashable, float]] = {}
        self._typing_elsewhere: dict[str, dict[str, tuple[int, float]]] = {}

    def heard(self, process: str, numbers: Mapping[str, Seen], *, now: float) -> None:
        """Keep what another process announced; no listeners take it back."""
        for topic, (listeners, strangers, people) in numbers.items():
            others = self._elsewhere.setdefault(topic, {})
            if listeners:
                others[process] = ((listeners, strangers, tuple(people)), now + KEPT)
            else:
                others.pop(process, None)
            if not others:
                del self._elsewhere[topic]

    def elsewhere(self, topic: str, *, now: float) -> int:
        """How many listen in other processes."""
        return sum(
            listeners for listeners, _strangers, _people in _fresh(self._elsewhere, topic, now)
        )

    def here(self, topic: str, own: Collection[str], strangers: int, *, now: float) -> int:
        """How many people have it open: those of this process, and those of the others."""
        others = _fresh(self._elsewhere, topic, now)
        if not others:  # asked at every join: what is counted already is not counted again
            return len(own) - ("" in own) + strangers
        people = set(own).union(*(people for _listeners, _strangers, people in others))
        return (
            len(people - {""}) + strangers + sum(number for _listeners, number, _people in others)
        )

    def typed(self, topic: str, who: Hashable, *, now: float) -> int:
        """Somebody of this process types; gives the number of this process's typists."""
        self._typists.setdefault(topic, {})[who] = now + TYPING_FADES
        return self._typing_here(topic, now)

    def rested(self, topic: str, who: Hashable, *, now: float) -> int:
        """Somebody of this process types no longer."""
        self._typists.get(topic, {}).pop(who, None)
        return self._typing_here(topic, now)

    def heard_typing(self, process: str, topic: str, number: int, *, now: float) -> None:
        """Another process has so many typists."""
        self._typing_elsewhere.setdefault(topic, {})[process] = (number, now + TYPING_FADES)

    def typing(self, topic: str, *, now: float) -> int:
        """How many are typing anywhere; older than 5 s is forgotten."""
        return self._typing_here(topic, now) + sum(_fresh(self._typing_elsewhere, topic, now))

    def _typing_here(self, topic: str, now: float) -> int:
        typists = self._typists.get(topic, {})
        for who in [who for who, until in typists.items() if until <= now]:
            del typists[who]
        if topic in self._typists and not typists:
            del self._typists[topic]
        return len(typists)

    @property
    def topics_with_typists(self) -> set[str]:
        """Where somebody typed a moment ago."""
        return {*self._typists, *self._typing_elsewhere}

    def forget(self, topic: str) -> None:
        """Nobody here listens any more."""
        for kept in (self._typists, self._typing_elsewhere):
            kept.pop(topic, None)


def _fresh(kept: dict[str, dict[str, tuple[T, float]]], topic: str, now: float) -> list[T]:
    """Forget what is too old, and give what other processes said of a topic."""
    told = kept.get(topic, {})
    for process in [process for process, (_, until) in told.items() if until <= now]:
        del told[process]
    if topic in kept and not told:
        del kept[topic]
    return [value for value, _until in told.values()]
