"""How many sockets one person, or one household without a person, may keep open in a process."""

from collections import Counter
from collections.abc import Hashable

from portal.limits import household

PER_PERSON = 10
PER_ADDRESS = 50
"""Many citizens share one address: a village, an office, a mobile network."""


class Seats:
    """Taken at admission, freed when the socket is gone."""

    def __init__(self) -> None:
        self._taken: Counter[Hashable] = Counter()

    def take(self, *, user_id: int | None, address: str) -> Hashable | None:
        """Give a seat, or nothing when all are taken."""
        seat: Hashable = household(address) if user_id is None else user_id
        if self._taken[seat] >= (PER_ADDRESS if user_id is None else PER_PERSON):
            return None
        self._taken[seat] += 1
        return seat

    def free(self, seat: Hashable | None) -> None:
        """Give it back."""
        if seat is None:
            return
        self._taken[seat] -= 1
        if self._taken[seat] <= 0:
            del self._taken[seat]

    def __len__(self) -> int:
        return self._taken.total()
