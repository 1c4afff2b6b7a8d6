"""How fast somebody may write: over the rate one waits, nothing is dropped."""


class Bucket:
    """Fills at `rate` per second up to `burst`; taking more than is there costs time."""

    __slots__ = ("_at", "_burst", "_filled", "_rate")

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._filled = burst
        self._at = 0.0

    def take(self, now: float) -> float:
        """Take one; the seconds to wait before acting on it."""
        self._filled = min(self._burst, self._filled + (now - self._at) * self._rate) - 1
        self._at = now
        return max(0.0, -self._filled / self._rate)
