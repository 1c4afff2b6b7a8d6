"""A line that can be cut, fall silent, lose answers or deliver twice: a TCP proxy in the tree."""

import asyncio
import threading
from contextlib import suppress
from enum import Enum, auto

from tests.faults.site import Door

CHUNK = 65_536


class Line(Enum):
    """What the line does at the moment."""

    OPEN = auto()
    CUT = auto()
    """Every connection breaks; a new one is refused."""
    SILENT = auto()
    """Nothing passes and nothing breaks."""
    DEAF = auto()
    """What people say arrives; before an answer comes back the connection breaks."""
    DOUBLE = auto()
    """What people ask arrives twice, on two connections; one answer comes back."""


class Proxy(Door):
    """In front of a port; runs in a thread of its own, so that any kind of test may use it."""

    def __init__(self, towards: int) -> None:
        self._towards = towards
        self._line = Line.OPEN
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None] | None] = set()
        """The loop itself holds its tasks weakly."""
        self._passes = asyncio.Event()
        self._loop = asyncio.new_event_loop()
        self.port = 0
        self.swallowed = self.doubled = 0
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        assert ready.wait(10)

    def turn(self, line: Line) -> None:
        """Let the line be like this from now on."""
        asyncio.run_coroutine_threadsafe(self._turn(line), self._loop).result(10)

    def end(self) -> None:
        """Break everything and stop."""
        self.turn(Line.CUT)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._take, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._passes.set()
        ready.set()
        self._loop.run_forever()
        server.close()
        while tasks := asyncio.all_tasks(self._loop):
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))

    async def _turn(self, line: Line) -> None:
        self._line = line
        if line is Line.SILENT:
            self._passes.clear()
        else:
            self._passes.set()
        if line is Line.CUT:
            for writer in list(self._writers):
                writer.transport.abort()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._line is Line.CUT:
            writer.transport.abort()
            return
        ends = {writer}
        self._tasks.add(task := asyncio.current_task())
        try:
            with suppress(OSError):
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._towards)
                ends.add(far_writer)
                self._writers |= ends
                await asyncio.gather(
                    self._inward(reader, far_writer), self._outward(far_reader, writer)
                )
        finally:
            self._tasks.discard(task)
            self._writers -= ends
            for each in ends:
                each.transport.abort()

    async def _inward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._passes.wait()
                writer.write(data)
                await writer.drain()
                if self._line is Line.DOUBLE and data.startswith(b"POST "):
                    await self._say_again(data)
        writer.close()

    async def _outward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                await self._passes.wait()
                if self._line is Line.DEAF:
                    self.swallowed += 1
                    writer.transport.abort()
                    return
                writer.write(data)
                await writer.drain()
        writer.close()

    async def _say_again(self, request: bytes) -> None:
        """Deliver a request once more, and wait until it was answered."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._towards)
        try:
            writer.write(request)
            await writer.drain()
            self.doubled += bool(await reader.read(CHUNK))
        finally:
            writer.transport.abort()
