"""What one editor's socket has not been sent yet: bounded, with its one writer."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable

from proposals.coedit.protocol import beat_frame

HELD_BYTES = 4 * 1024 * 1024  # somebody who joins needs the whole text
OVERFLOW = 1013
QUIET = 15.0  # seconds; the provider in the browser gives up after 30 without a message


class Outbox:
    """Frames wait here, so that no room ever waits for a slow reader."""

    __slots__ = ("_close", "_closing", "_frames", "_send", "_writer", "held", "is_open", "said_at")

    def __init__(
        self,
        send: Callable[[bytes], Awaitable[None]],
        close: Callable[[int], Awaitable[None]],
    ) -> None:
        self._send = send
        self._close = close
        self._frames: deque[bytes] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        self.held = 0
        self.is_open = True
        self.said_at = 0.0

    def put(self, frame: bytes) -> None:
        if not self.is_open:
            return
        if self.held + len(frame) > HELD_BYTES and self.held:
            self.cut(OVERFLOW)
            return
        self._frames.append(frame)
        self.held += len(frame)
        if self._writer is None:
            self._writer = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        """Write in order until nothing is left; a vanished peer ends it quietly."""
        try:
            while self._frames:
                frame = self._frames.popleft()
                self.said_at = asyncio.get_running_loop().time()
                await self._send(frame)
                self.held -= len(frame)
        except (OSError, RuntimeError):
            self._empty()
        finally:
            if self._writer is asyncio.current_task():
                self._writer = None

    def beat(self, now: float) -> None:
        """Break a long silence."""
        if self._writer is None and now - self.said_at >= QUIET:
            self.put(beat_frame())

    def cut(self, code: int) -> None:
        """Drop what is held, stop the writer, then close: closing waits behind the transport."""
        if not self.is_open:
            return
        self._empty()
        if self._writer is not None:
            self._writer.cancel()
            self._writer = None
        self._closing = asyncio.get_running_loop().create_task(self._end(code))

    def finish(self, code: int) -> None:
        """Close once everything held has been written."""
        if not self.is_open:
            return
        writer, self.is_open = self._writer, False
        self._closing = asyncio.get_running_loop().create_task(self._end(code, writer))

    async def _end(self, code: int, writer: asyncio.Task[None] | None = None) -> None:
        with contextlib.suppress(OSError, RuntimeError, asyncio.CancelledError, TimeoutError):
            if writer is not None:
                await asyncio.wait_for(writer, timeout=5.0)
        with contextlib.suppress(OSError, RuntimeError):
            await self._close(code)

    def _empty(self) -> None:
        self._frames.clear()
        self.held = 0
        self.is_open = False

    def stop(self) -> None:
        """The peer is gone."""
        self._empty()
        if self._writer is not None and self._writer is not asyncio.current_task():
            self._writer.cancel()
        self._writer = None
