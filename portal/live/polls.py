"""What a process asks the database by itself: heads every 2 s, counts and rights more seldom.

This is what keeps pages true when a publisher died between commit and publishing, when a message
was lost, and when Redis is away.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from portal.live.hop import in_database
from portal.live.hub import Hub
from portal.live.models import LiveModel, heads, live_model
from portal.live.publish import RIGHTS
from portal.live.rights import Rights

logger = logging.getLogger(__name__)

HEADS_EVERY, HEADS_EVERY_ALONE = 2.0, 1.5
ON_ITS_WAY = 0.25
"""A message may be on its way while its number is read already."""

COUNTS_EVERY = 10.0
RIGHTS_EVERY = 60.0


class Polls:
    """The three questions, as tasks of the process; none is asked while nobody listens."""

    def __init__(self, hub: Hub, rights: Rights) -> None:
        self._hub = hub
        self._rights = rights
        self._soon = asyncio.Event()
        self._counted: dict[str, float] = {}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to ask."""
        jobs = [
            self._for_ever(self.ask_heads, self._pause),
            self._for_ever(self.ask_counts, lambda: asyncio.sleep(1.0)),
            self._for_ever(self._rights.ask_everybody, lambda: asyncio.sleep(RIGHTS_EVERY)),
        ]
        self._tasks = [asyncio.create_task(job) for job in jobs]

    async def stop(self) -> None:
        """Stop asking."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def soon(self) -> None:
        """Ask at once: messages may have been missed."""
        self._counted.clear()
        self._soon.set()

    async def _pause(self) -> None:
        every = HEADS_EVERY_ALONE if self._hub.is_slower else HEADS_EVERY
        try:
            async with asyncio.timeout(every):
                await self._soon.wait()
        except TimeoutError:
            pass
        self._soon.clear()

    async def _for_ever(
        self, ask: Callable[[], Awaitable[None]], pause: Callable[[], Awaitable[None]]
    ) -> None:
        """Ask, rest, ask again, whatever happens: a page that nobody asks for grows old unseen."""
        while True:
            await pause()
            try:
                await ask()
            except Exception:
                logger.exception("live: a question could not be asked; it is asked again")

    async def ask_heads(self) -> None:
        """Read how far the topics with listeners are; who is behind fetches."""
        names = [name for name, topic in self._hub.topics.items() if topic.reached is not None]
        if not self._hub.sockets:
            return
        found = await in_database(heads, [*names, RIGHTS])
        await self._rights.reaches(found.pop(RIGHTS))
        behind = {name: head for name, head in found.items() if self._is_behind(name, head)}
        if behind:
            await asyncio.sleep(ON_ITS_WAY)
        for name, head in behind.items():
            if self._is_behind(name, head):
                self._hub.deliver(name, {"moved": head})

    def _is_behind(self, name: str, head: int) -> bool:
        topic = self._hub.topics.get(name)
        return topic is not None and topic.is_behind(head)

    async def ask_counts(self) -> None:
        """Read the newest counts of each topic every 10 s; differences are told."""
        now = asyncio.get_running_loop().time()
        open_now = {name for name, topic in self._hub.topics.items() if topic.sockets}
        self._counted = {n: at for n, at in self._counted.items() if n in open_now}
        for name in open_now:
            model = live_model(name)
            if model is None or now - self._counted.get(name, -COUNTS_EVERY) < COUNTS_EVERY:
                continue
            self._counted[name] = now
            if model.counts_for.__func__ is not LiveModel.counts_for.__func__:  # type: ignore[attr-defined]
                await self._tell_counts(name, model)

    async def _tell_counts(self, name: str, model: type[LiveModel]) -> None:
        counts = await in_database(model.counts_for, int(name.partition(":")[2]))
        topic = self._hub.topics.get(name)
        if topic is not None and (news := topic.news(counts)):
            self._hub.deliver(name, {"n": news})
