"""WebSocket clients on raw protocols: thousands in one process, frames cut but not decoded."""

import asyncio
import os
import socket as tcp
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from functools import partial
from urllib.parse import urlencode

from bench.site import HOST

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
SHORT, MEDIUM = 126, 127
Heard = Callable[["Socket", bytes], None]


class Socket(asyncio.Protocol):
    """One open page. The mask is zero, so a payload is sent as it is."""

    def __init__(self, request: bytes, heard: Heard) -> None:
        self._request = request
        self._heard = heard
        self._rest = b""
        self._transport: asyncio.Transport | None = None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.is_open = False
        self.code: int | None = None
        self.closed_at = 0.0
        self.frames = self.events = 0
        self.last = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Shake hands."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Cut frames; answer pings."""
        held = self._rest + data if self._rest else data
        if not self.is_open:
            head, found, held = held.partition(b"\r\n\r\n")
            if not found:
                self._rest = head
                return
            if b" 101 " not in head[:16]:
                self._fail(ConnectionError(head[:80].decode("latin-1")))
                return
            self.is_open = True
            if not self.opened.done():
                self.opened.set_result(None)
        self._cut(held)

    def _cut(self, held: bytes) -> None:
        at, whole = 0, len(held)
        while whole - at >= 2:
            size, head = held[at + 1], 2
            if size >= SHORT:
                head = 4 if size == SHORT else 10
                if whole - at < head:
                    break
                size = int.from_bytes(held[at + 2 : at + head], "big")
            end = at + head + size
            if end > whole:
                break
            self._take(held[at] & 15, held[at + head : end])
            at = end
        self._rest = held[at:]

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode in {TEXT, BINARY}:
            self.frames += 1
            self._heard(self, payload)
        elif opcode == PING:
            self.say(payload, opcode=PONG)
        elif opcode == CLOSE:
            self.code = int.from_bytes(payload[:2], "big")
            self.closed_at = time.perf_counter()

    def say(self, payload: bytes, *, opcode: int = TEXT) -> None:
        """Send one frame."""
        size = len(payload)
        if size < SHORT:
            head = bytes([128 | opcode, 128 | size])
        elif size < 65_536:
            head = bytes([128 | opcode, 128 | SHORT]) + size.to_bytes(2, "big")
        else:
            head = bytes([128 | opcode, 128 | MEDIUM]) + size.to_bytes(8, "big")
        if self._transport is not None:
            self._transport.write(head + b"\0\0\0\0" + payload)

    def stall(self) -> None:
        """Stop reading."""
        if self._transport is not None:
            self._transport.pause_reading()

    def read_on(self) -> None:
        """Read again."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        """Note when."""
        self.is_open = False
        self.closed_at = self.closed_at or time.perf_counter()
        self._fail(error or ConnectionError("closed"))

    def _fail(self, error: Exception) -> None:
        if not self.opened.done():
            self.opened.set_exception(error)
            self.opened.exception()

    def leave(self) -> None:
        """Close the tab."""
        if self._transport is not None:
            self._transport.abort()


def upgrade(port: int, path: str, *, cookies: str = "") -> bytes:
    """Build the handshake of a browser."""
    key = b64encode(os.urandom(16)).decode()
    cookie = f"Cookie: {cookies}\r\n" if cookies else ""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
        f"Origin: http://{HOST}:{port}\r\n{cookie}\r\n"
    ).encode()


def live(topics: Sequence[str]) -> str:
    """Give the address that an open page listens at."""
    return f"/live/?{urlencode({'topic': topics, 'lang': 'id'}, doseq=True)}"


async def connect(
    port: int,
    requests: Sequence[bytes],
    heard: Heard,
    *,
    at_once: int = 64,
    buffer: int = 0,
) -> list[Socket]:
    """Open one socket for each handshake, so many at a time; all of them or an error.

    With `buffer` the kernel keeps only about so many bytes for a socket that does not read.
    """
    loop = asyncio.get_running_loop()
    waiting = iter(requests)
    sockets: list[Socket] = []

    async def some() -> None:
        for request in waiting:
            link = tcp.socket()
            link.settimeout(0)
            if buffer:
                link.setsockopt(tcp.SOL_SOCKET, tcp.SO_RCVBUF, buffer)
            await loop.sock_connect(link, (HOST, port))
            _transport, socket = await loop.create_connection(
                partial(Socket, request, heard), sock=link
            )
            sockets.append(socket)
            await asyncio.wait_for(asyncio.shield(socket.opened), 30)

    await asyncio.gather(*(some() for _each in range(at_once)))
    return sockets


def ignore(_socket: Socket, _payload: bytes) -> None:
    """Hear without listening."""


async def until(holds: Callable[[], bool], *, seconds: float = 30.0) -> bool:
    """Wait until it is so; whether it became so in time."""
    deadline = time.perf_counter() + seconds
    while not holds():
        if time.perf_counter() > deadline:
            return False
        await asyncio.sleep(0.005)  # the loop must read meanwhile
    return True
