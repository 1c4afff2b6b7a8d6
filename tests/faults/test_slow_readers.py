"""Twenty pages stop reading: the process holds little, others notice nothing, they come back."""

import asyncio
import base64
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from portal.accounts.models import User
from portal.live.frame import Put
from portal.live.wire import Postcard, plain_client, the_hub
from tests.faults.site import Site
from tests.faults.town import Town
from tests.live import in_a_thread
from tests.processes import Browser, Valkey

pytestmark = [pytest.mark.django_db(transaction=True)]

STALLED, SHORT, LONG = 20, 160, 460
WORDS = "x" * 6_500
"""Of eight topics at once less than an outbox holds: who reads is never cut."""

GROWN_AT_MOST, LATE_AT_MOST = 50_000_000, 1.0
OVERFLOW, NO_PONG = (code.to_bytes(2, "big") for code in (1013, 1011))
GIVE_UP = 60.0


class Stalled:
    """A page that asks for everything and reads nothing."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def at(cls, site: Site, topics: list[str]) -> "Stalled":
        link = socket.socket()
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.setblocking(False)
        await asyncio.get_running_loop().sock_connect(link, ("127.0.0.1", site.port))
        reader, writer = await asyncio.open_connection(sock=link, limit=4096)
        query = urlencode({"topic": topics, "lang": "id"}, doseq=True)
        lines = [
            f"GET /live/?{query} HTTP/1.1", f"Host: {site.address}",
            f"Origin: http://{site.address}", "Connection: Upgrade", "Upgrade: websocket",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            "Sec-WebSocket-Version: 13",
        ]  # fmt: skip
        writer.write("\r\n".join([*lines, "", ""]).encode())
        await reader.readuntil(b"\r\n\r\n")
        return cls(reader, writer)

    async def reads_on(self) -> tuple[int, bytes]:
        """Wake up and read to the end: how many bytes waited, and the last of them."""
        size, last = 0, b""
        async with asyncio.timeout(GIVE_UP):
            while data := await self._reader.read(65_536):
                size, last = size + len(data), (last + data)[-200:]
        self._writer.close()
        return size, last


@pytest.fixture
def lone(home: Path, valkey: Valkey, settings: Any) -> Iterator[Site]:
    """One process alone, whose memory is its own; this one publishes to it as a worker does."""
    settings.REDIS_URL = valkey.url
    plain_client.cache_clear()
    the_hub().unbind()
    the_hub().outside = Postcard(the_hub().process)
    running = Site(home / "site.log", valkey.url, workers=1)
    yield running
    running.stop()
    plain_client.cache_clear()


def resident(pid: int) -> int:
    """Bytes of memory that a process really has."""
    pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def tell(topics: list[str], name: str, words: str = WORDS) -> None:
    for topic in topics:
        the_hub().send(topic, {"put": [Put(id=name, into="", html={"id": words})]})


async def tell_much(site: Site, topics: list[str], rounds: int) -> int:
    """Speak on every topic, ten times a second; gives by how many bytes the process grew."""
    (pid,) = site.pids
    before = most = resident(pid)
    for number in range(rounds):
        await in_a_thread(tell, topics, f"round-{number}")
        await asyncio.sleep(0.1)
        most = max(most, resident(pid))
    await asyncio.sleep(1)
    return most - before


async def test_pages_that_stop_reading_cost_little_and_nobody_else_anything(
    lone: Site, town: Town, budi: User, record_property: Callable[[str, Any], None], is_long: bool
) -> None:
    topics = [noun.topic for noun in (*town.threads, *town.proposals)]
    await in_a_thread(lone.wait)
    lively = [await Browser.at(lone, *topics) for _page in range(3)]
    stalled = [await Stalled.at(lone, topics) for _page in range(STALLED)]

    grown = await tell_much(lone, topics, LONG if is_long else SHORT)
    told = time.monotonic()
    await in_a_thread(tell, topics, "the-last", "akhir")
    for page in lively:
        await page.until(lambda: page.shows("the-last"), seconds=GIVE_UP)  # noqa: B023
    late = time.monotonic() - told
    await in_a_thread(town.threads[0].post, author=budi, body="Sesudahnya.", key=uuid4())
    endings = await asyncio.gather(*(page.reads_on() for page in stalled))

    size = sum(size for size, _last in endings)
    record_property("stalled readers", f"+{grown / 1e6:.1f} MB, {size / 1e6:.1f} MB read")
    assert grown <= GROWN_AT_MOST
    assert [last for _size, last in endings if OVERFLOW not in last and NO_PONG not in last] == []
    assert any(OVERFLOW in last for _size, last in endings)
    assert [page.code for page in lively] == [None] * 3
    await comes_back(lone, town.threads[0].topic)
    for page in lively:
        await page.leave()
    if is_long:
        assert late <= LATE_AT_MOST


async def comes_back(site: Site, topic: str) -> None:
    """Open the page again: it is told at once that there is something to fetch."""
    page = await Browser.at(site, f"{topic}@0")
    await page.until(lambda: page.reached_in(topic) >= 1, seconds=GIVE_UP)
    await page.leave()
