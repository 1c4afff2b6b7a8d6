"""What one socket has not been sent yet, bounded, with its one writer."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

from portal.live.frame import Frame, encode

HELD_BYTES = 65_536
HELD_ENTRIES = 256
COUNT_BYTES = 64
"""What one pair of key and counts is taken to weigh."""


class Outbox:
    """A list of items and the latest counts of one socket; nobody but its writer waits for it."""

    __slots__ = (
        "_close",
        "_closing",
        "_counts",
        "_send",
        "_texts",
        "_writer",
        "heard_at",
        "held",
        "is_inside",
        "is_open",
        "language",
        "owner",
        "topics",
    )

    def __init__(
        self,
        send: Callable[[str], Awaitable[None]],
        close: Callable[[int], Awaitable[None]],
        *,
        language: str = "id",
        owner: object = None,
    ) -> None:
        self._send = send
        self._close = close
        self.language = language
        self.owner = owner
        self.topics: set[str] = set()
        self.held = 0
        self.is_inside = True
        """Whether its page is of the places it hears of, and not only a list of them."""
        self.heard_at = 0.0
        self.is_open = True
        self._texts: list[str] = []
        self._counts: dict[str, dict[str, Sequence[int]]] = {}
        self._writer: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None

    def push(self, frame: Frame) -> None:
        """Take a frame; counts of a socket that lags are merged instead of queued."""
        if not self.is_open:
            return
        if self._writer is None:
            self.say(frame.text(self.language))
            return
        if frame.has_items or not frame.counts:
            self.say(frame.text(self.language, counts=False))
        self._merge(frame)

    def say(self, text: str) -> None:
        """Take a text of its own."""
        if not self.is_open:
            return
        self._texts.append(text)
        self.held += weight(text)
        if self._writer is None:
            self._writer = asyncio.get_running_loop().create_task(self._write())

    def _merge(self, frame: Frame) -> None:
        latest = self._counts.setdefault(frame.topic, {})
        for key, values in frame.counts.items():
            if key not in latest:
                self.held += COUNT_BYTES
            if key not in latest or latest[key][-1] <= values[-1]:
                latest[key] = values

    @property
    def person(self) -> str:
        """Who sits behind it: one person with many tabs is one; nothing for a stranger."""
        return str(getattr(self.owner, "person", ""))

    @property
    def is_overflowing(self) -> bool:
        """Whether the reader is too slow to be kept."""
        return self.held > HELD_BYTES or self.entries > HELD_ENTRIES

    @property
    def entries(self) -> int:
        """How many texts and keys are held."""
        return len(self._texts) + sum(len(latest) for latest in self._counts.values())

    @property
    def writer(self) -> asyncio.Task[None] | None:
        """The task that writes, while there is something to write."""
        return self._writer

    async def _write(self) -> None:
        """Write in order until nothing is left; a vanished peer ends it quietly."""
        try:
            while self._texts or self._counts:
                text, weight = self._next()
                self.heard_at = asyncio.get_running_loop().time()
                await self._send(text)
                self.held -= weight
        except (OSError, RuntimeError):
            self.empty()
        finally:
            if self._writer is asyncio.current_task():
                self._writer = None

    def _next(self) -> tuple[str, int]:
        if self._texts:
            text = self._texts.pop(0)
            return text, weight(text)
        topic = next(iter(self._counts))
        latest = self._counts.pop(topic)
        return encode({"t": topic, "n": latest}), COUNT_BYTES * len(latest)

    def empty(self) -> None:
        """Forget what was held."""
        self._texts.clear()
        self._counts.clear()
        self.held = 0
        self.is_open = False

    def cut(self, code: int) -> None:
        """Empty it, stop the writer, then close; closing waits behind the full transport."""
        if self._closing is not None:
            return
        self.empty()
        if self._writer is not None:
            self._writer.cancel()
            self._writer = None
        self._closing = asyncio.get_running_loop().create_task(self._end(code))

    async def _end(self, code: int) -> None:
        with contextlib.suppress(OSError, RuntimeError):
            await self._close(code)

    def stop(self) -> None:
        """Let go of the writer: the peer is gone."""
        self.empty()
        for task in (self._writer, self._closing):
            if task is not None and task is not asyncio.current_task():
                task.cancel()
        self._writer = None


def weight(text: str) -> int:
    """Bytes on the wire."""
    return len(text) if text.isascii() else len(text.encode())
