"""Who is here and who is typing, in numbers: kept in memory, never stored, never named."""

from collections.abc import Hashable

ANNOUNCED_EVERY = 5.0
KEPT = 15.0
TYPING_FADES = 5.0


class Presence:
    """The numbers that other processes announced, and the typists of all of them."""

    def __init__(self) -> None:
        self._elsewhere: dict[str, dict[str, tuple[int, float]]] = {}
        self._typists: dict[str, dict[Hashable, float]] = {}
        self._typing_elsewhere: dict[str, dict[str, tuple[int, float]]] = {}

    def heard(self, process: str, numbers: dict[str, int], *, now: float) -> None:
        """Keep what another process announced; zero takes it back."""
        for topic, number in numbers.items():
            others = self._elsewhere.setdefault(topic, {})
            if number:
                others[process] = (number, now + KEPT)
            else:
                others.pop(process, None)
            if not others:
                del self._elsewhere[topic]

    def elsewhere(self, topic: str, *, now: float) -> int:
        """How many listen in other processes."""
        return _sum(self._elsewhere, topic, now)

    def typed(self, topic: str, who: Hashable, *, now: float) -> int:
        """Somebody of this process types; gives the number of this process's typists."""
        self._typists.setdefault(topic, {})[who] = now + TYPING_FADES
        return self._typing_here(topic, now)

    def heard_typing(self, process: str, topic: str, number: int, *, now: float) -> None:
        """Another process has so many typists."""
        self._typing_elsewhere.setdefault(topic, {})[process] = (number, now + TYPING_FADES)

    def typing(self, topic: str, *, now: float) -> int:
        """How many are typing anywhere; older than 5 s is forgotten."""
        return self._typing_here(topic, now) + _sum(self._typing_elsewhere, topic, now)

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


def _sum(kept: dict[str, dict[str, tuple[int, float]]], topic: str, now: float) -> int:
    numbers = kept.get(topic, {})
    for process in [process for process, (_, until) in numbers.items() if until <= now]:
        del numbers[process]
    if topic in kept and not numbers:
        del kept[topic]
    return sum(number for number, _until in numbers.values())
