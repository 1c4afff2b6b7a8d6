"""HTTP clients on raw protocols: requests built beforehand, answers counted."""

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from bench.site import HOST

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass
class Answers:
    """What a load got back."""

    statuses: dict[int, int] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    last_head: bytes = b""
    last_body: bytes = b""

    @property
    def number(self) -> int:
        """All answers."""
        return sum(self.statuses.values())

    def only(self, *statuses: int) -> bool:
        """Whether nothing else came back."""
        return self.number > 0 and set(self.statuses) <= set(statuses)


class Keepalive(asyncio.Protocol):
    """One connection that asks again as soon as it is answered, while there is something to ask."""

    def __init__(self, requests: Iterator[bytes], answers: Answers) -> None:
        self._requests = requests
        self._answers = answers
        self._held = bytearray()
        self._asked_at = 0.0
        self._transport: asyncio.WriteTransport | None = None
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask first."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        request = next(self._requests, None)
        if request is None or self._transport is None:
            self._finish()
            return
        self._asked_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Collect until one answer is whole."""
        self._held += data
        end = self._held.find(b"\r\n\r\n")
        if end < 0:
            return
        found = LENGTH.search(self._held, 0, end)
        whole = end + 4 + (int(found[1]) if found else 0)
        if len(self._held) < whole:
            return
        status = int(self._held[9:12])
        answers = self._answers
        answers.statuses[status] = answers.statuses.get(status, 0) + 1
        answers.seconds.append(time.perf_counter() - self._asked_at)
        answers.last_head = bytes(self._held[: end + 2])
        answers.last_body = bytes(self._held[end + 4 : whole])
        del self._held[:whole]
        self._ask()

    def connection_lost(self, _error: Exception | None) -> None:
        """A cut connection counts as an answer without a status."""
        if not self.done.done():
            self._answers.statuses[0] = self._answers.statuses.get(0, 0) + 1
        self._finish()

    def _finish(self) -> None:
        if not self.done.done():
            self.done.set_result(None)
        if self._transport is not None:
            self._transport.close()


async def ask(
    port: int, requests: Callable[[], bytes], *, connections: int, seconds: float
) -> Answers:
    """Ask on so many connections for so long; what was asked is waited for."""
    until = time.perf_counter() + seconds

    def while_there_is_time() -> Iterator[bytes]:
        while time.perf_counter() < until:
            yield requests()

    return await _run(port, [while_there_is_time() for _each in range(connections)])


async def ask_all(port: int, requests: list[bytes], *, connections: int = 1) -> Answers:
    """Ask exactly these."""
    shared = iter(requests)
    return await _run(port, [shared] * connections)


async def _run(port: int, sources: list[Iterator[bytes]]) -> Answers:
    answers = Answers()
    loop = asyncio.get_running_loop()
    links = []
    for source in sources:
        _transport, link = await loop.create_connection(
            partial(Keepalive, source, answers),
            HOST,
            port,
        )
        links.append(link)
    await asyncio.wait_for(asyncio.gather(*(link.done for link in links)), 60)
    return answers


def get(path: str, *, cookies: str = "", more: str = "") -> bytes:
    """Build a request for a page."""
    cookie = f"Cookie: {cookies}\r\n" if cookies else ""
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n{cookie}{more}\r\n".encode()


def post(path: str, body: str, *, cookies: str, token: str, more: str = "") -> bytes:
    """Build a form as a script of the page sends it."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nCookie: {cookies}\r\nOrigin: http://{HOST}\r\n"
        f"X-CSRFToken: {token}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"{more}Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()
