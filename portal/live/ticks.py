"""The ticks of topics: when what waits for a topic leaves, to sockets and to other processes."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Protocol

from portal.live.frame import Frame, Payload
from portal.live.outbox import Outbox
from portal.live.presence import Seen
from portal.live.topic import Topic
from portal.metrics import HUB_LAG

logger = logging.getLogger(__name__)

BATCH = 200
"""Sockets served before the loop gets its turn."""

SMALL_ROOM, LARGE_ROOM = 1_000, 10_000
LONGEST_SPREAD = 2_000


class Post(Protocol):
    """How to reach other processes."""

    def publish(self, topic: str, payload: Payload) -> None:
        """Pass a message on; never waits, never raises."""

    def publish_bytes(self, topic: str, data: bytes) -> None:
        """Pass raw bytes on; never waits, never raises."""


class Line(Post, Protocol):
    """What the hub asks of the connection to the other processes."""

    def announce(self, numbers: Mapping[str, Seen]) -> None:
        """Tell the other processes who listens here."""

    def want(self, topic: str) -> None:
        """The first listener of a topic came."""

    def unwant(self, topic: str) -> None:
        """The last listener of a topic went."""


class Ticks:
    """An idle topic sends at once and opens a window; what comes meanwhile leaves at its end."""

    def __init__(
        self, *, drop: Callable[[Outbox, int], None], quiet: Callable[[Topic], None]
    ) -> None:
        self.line: Line | None = None
        self._drop = drop
        self._quiet = quiet

    def start(self, topic: Topic) -> None:
        """Send now, unless a window is open."""
        if not topic.is_ticking:
            self._flush(topic)

    def _tick(self, topic: Topic, due: float) -> None:
        """Send what came in the window; how late it is tells how busy the loop is."""
        HUB_LAG.observe(max(0.0, asyncio.get_running_loop().time() - due))
        self._flush(topic)

    def _flush(self, topic: Topic) -> None:
        local, outgoing = topic.take()
        if outgoing and self.line is not None:
            self.line.publish(topic.name, outgoing.payload())
        if not local and not outgoing:
            topic.window, topic.is_ticking = None, False
            self._quiet(topic)
            return
        topic.is_ticking = True
        local.spread = min(LONGEST_SPREAD, 2 * len(topic.sockets))
        self._serve(topic, local)

    def _serve(self, topic: Topic, frame: Frame) -> None:
        """Fill outboxes, 200 at a time; the window opens when the last one was served."""
        loop = asyncio.get_running_loop()
        waiting = iter(tuple(topic.sockets))

        def some() -> None:
            nonlocal frame
            served = 0
            for outbox in islice(waiting, BATCH):
                served += 1
                try:
                    outbox.push(frame)
                except Exception:
                    logger.exception("live: a frame cannot be told; the pages fetch instead")
                    frame = only_moved(topic)
                    outbox.push(frame)
                if outbox.is_overflowing:
                    self._drop(outbox, 1013)
            if served == BATCH:
                loop.call_soon(some)
            else:
                wait = window(topic)
                topic.window = loop.call_later(wait, self._tick, topic, loop.time() + wait)

        some()


def only_moved(topic: Topic) -> Frame:
    """Say nothing but how far the topic is: whoever is told fetches."""
    frame = Frame(topic.name)
    frame.add({"moved": topic.head})
    return frame


def window(topic: Topic) -> float:
    """Seconds between two frames of a topic: it stretches with the room."""
    if len(topic.sockets) <= SMALL_ROOM:
        return 0.1
    return 0.25 if len(topic.sockets) <= LARGE_ROOM else 1.0
