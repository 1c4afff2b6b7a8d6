"""Real server processes on real sockets, and editors that reach them from outside."""

import asyncio
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

from django.conf import settings
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from proposals.coedit.protocol import Sync, sync_frame
from proposals.models import Document
from tests import processes
from tests.proposals.editors import Typing


class Server(processes.Server):
    """One process with the real application, for editors."""

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def stop(self) -> None:
        """End it as a deployment does."""
        self.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(15)
        if self._process.poll() is None:
            self.kill()
        self._log.close()


@contextmanager
def servers(folder: Path, *redis_urls: str) -> Iterator[list[Server]]:
    """As many processes as there are addresses of Redis; an empty one means none."""
    started = [Server(url, folder / f"{number}.log") for number, url in enumerate(redis_urls)]
    try:
        for server in started:
            server.wait()
        yield started
    finally:
        for server in started:
            server.stop()


class HasAddress(Protocol):
    """Something that serves the site."""

    @property
    def address(self) -> str: ...


class Remote:
    """An editor in front of a real server."""

    def __init__(self, document: Document, session: str, client: int) -> None:
        self.text = Typing(client)
        self.code: int | None = None
        self._asked = {"epoch": document.epoch, "schema": document.schema_version}
        self._path = f"/coedit/{document.pk}/"
        self._cookie = f"{settings.SESSION_COOKIE_NAME}={session}"
        self._socket: ClientConnection | None = None
        self._pump: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    async def join(self, server: HasAddress) -> "Remote":
        """Connect and wait for the text; what is unsent goes along."""
        query = urlencode({**self._asked, "client": self.text.client})
        self._socket = await connect(
            f"ws://{server.address}{self._path}?{query}",
            additional_headers={"Cookie": self._cookie, "Origin": f"http://{server.address}"},
            compression=None,
            max_size=None,
        )
        self.text.sent = self.text.acked = 0  # both count per connection
        self.text.is_synced, self.text.refused, self.code = False, "", None
        self._pump = asyncio.create_task(self._hear())
        await self._socket.send(sync_frame(Sync.STEP1, self.text.doc.get_state()))
        await self.until(lambda: self.text.is_synced or self.code is not None)
        if not self.text.is_synced:
            raise ConnectionResetError(f"The socket was closed: {self.code}")
        return self

    async def _hear(self) -> None:
        socket = self._socket
        assert socket is not None
        try:
            async for frame in socket:
                assert isinstance(frame, bytes)
                for answer in self.text.answers(frame):
                    await socket.send(answer)
                self._changed.set()
        except ConnectionClosed:
            pass
        if self._socket is socket:  # not joined anew meanwhile
            self.closed(socket.close_code)

    def closed(self, code: int | None) -> None:
        """Know that the socket is gone."""
        self.code = code
        self._changed.set()

    async def type(self, words: str, **where: int) -> None:
        self.text.type(words, **where)
        assert self._socket is not None
        for frame in self.text.take_unsent():
            with suppress(ConnectionClosed):
                await self._socket.send(frame)

    async def until(self, holds: Callable[[], Any], seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds):
            while not holds():
                self._changed.clear()
                await self._changed.wait()

    async def saved(self) -> None:
        await self.until(lambda: self.text.acked == self.text.sent)

    async def die(self) -> None:
        """Vanish with everything unsent, as a phone does."""
        if self._pump is not None:
            self._pump.cancel()
        if self._socket is not None:
            self._socket.transport.abort()

    async def leave(self) -> None:
        if self._socket is not None:
            await self._socket.close()
        if self._pump is not None:
            await self._pump
