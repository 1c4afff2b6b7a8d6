"""A whole crowd at work: those who talk, those who write, and what becomes of them."""

import asyncio
import random

from tests.faults.crowd import Talker, Writer
from tests.faults.ledger import Ledger
from tests.faults.site import Door
from tests.faults.town import Town
from tests.faults.truth import words_of
from tests.live import in_a_thread

GIVE_UP = 60.0
"""Seconds after which a crowd that cannot finish is given up."""


class Crowd:
    """Everybody at once; half of them talk."""

    def __init__(self, site: Door, town: Town, dice: random.Random) -> None:
        self.site, self.dice = site, dice
        self.ledger = Ledger()
        half = len(town.sessions) // 2
        self.talkers = [
            Talker(site, town, session, dice=dice, ledger=self.ledger)
            for session in town.sessions[:half]
        ]
        self.writers = [
            Writer(site, town.documents[number % 5], session, dice=dice, ledger=self.ledger)
            for number, session in enumerate(town.sessions[half:])
        ]
        self._acting: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to act."""
        self._acting = [asyncio.create_task(talker.live()) for talker in self.talkers]
        self._acting += [asyncio.create_task(writer.live()) for writer in self.writers]

    async def finish(self) -> None:
        """Begin nothing new; wait until everything is acknowledged."""
        self.ledger.is_open = False
        _done, waiting = await asyncio.wait(self._acting, timeout=GIVE_UP)
        stuck = [repr(writer) for writer in self.writers if writer.text.pending]
        assert not waiting, (stuck, self.ledger.retries[-3:])
        await asyncio.gather(*self._acting)

    async def agree(self, seconds: float = 20.0) -> list[str]:
        """Wait until every open text equals the log; names those that never do."""
        apart = []
        for writer in self.writers:
            while not writer.is_there:
                await writer.comes()
            words = await in_a_thread(words_of, writer.document.pk)
            try:
                await writer.remote.until(lambda: writer.text.words == words, seconds)  # noqa: B023
            except TimeoutError:
                apart.append(f"{writer.name} in {writer.document.pk}")
        return apart

    async def leave(self) -> None:
        for writer in self.writers:
            await writer.remote.die()
