"""A clock that jumps instead of waiting, and pages that are only a list of what they heard."""

import asyncio
import json
import selectors
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from portal.live.admission import Visitor
from portal.live.hub import Hub
from portal.live.outbox import Outbox
from portal.live.presence import Seen
from portal.live.ticks import Line


class Jump(selectors.DefaultSelector):
    """Never sleeps: the time that would pass is added to the clock."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise TimeoutError("Everybody waits for something that will never come.")
        self.now += max(0.0, timeout)
        return super().select(0)


class FakeClock(asyncio.SelectorEventLoop):
    """An event loop on that clock."""

    def __init__(self) -> None:
        self.clock = Jump()
        super().__init__(self.clock)

    def time(self) -> float:
        return self.clock.now


def on_a_fake_clock(job: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a whole story in no time."""
    with asyncio.Runner(loop_factory=FakeClock) as runner:
        runner.run(job())


class Page:
    """An open page: what it heard and when; it may stop reading."""

    def __init__(
        self,
        hub: Hub,
        *topics: str,
        head: int = 0,
        language: str = "id",
        visitor: Visitor | None = None,
    ) -> None:
        self.hub = hub
        self.heard: list[dict[str, Any]] = []
        self.times: list[float] = []
        self.closed: int | None = None
        self.reads = asyncio.Event()
        self.reads.set()
        self.outbox = Outbox(self._send, self._close, language=language, owner=visitor)
        for topic in topics:
            hub.join(self.outbox, topic, head=head)

    async def _send(self, text: str) -> None:
        await self.reads.wait()
        self.times.append(asyncio.get_running_loop().time())
        self.heard.append(json.loads(text))

    async def _close(self, code: int) -> None:
        self.closed = code
        await self.reads.wait()

    def said(self, key: str) -> list[Any]:
        """Give what frames said under a key."""
        return [frame[key] for frame in self.heard if key in frame]


class Tape(Line):
    """A line that only records."""

    def __init__(self) -> None:
        self.published: list[tuple[str, Any]] = []
        self.announced: list[Mapping[str, Seen]] = []
        self.wanted: list[str] = []
        self.unwanted: list[str] = []

    def publish(self, topic: str, payload: Any) -> None:
        self.published.append((topic, payload))

    def publish_bytes(self, topic: str, data: bytes) -> None:
        self.published.append((topic, data))

    def announce(self, numbers: Mapping[str, Seen]) -> None:
        self.announced.append(numbers)

    def want(self, topic: str) -> None:
        self.wanted.append(topic)

    def unwant(self, topic: str) -> None:
        self.unwanted.append(topic)
