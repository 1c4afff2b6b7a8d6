"""The line between processes, with a real Redis or Valkey: what crosses it and what does not."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import redis
from django.conf import settings

from portal.live import wire
from portal.live.hub import Hub
from portal.live.wire import Postcard, Wire
from tests.live import until
from tests.portal.live.conftest import Page
from tests.portal.live.test_hub import THREAD, put, votes
from tests.processes import Valkey

SITE = f"rembuk-{os.getpid()}:"
"""Tests run two at a time against one server: each must hear only its own."""


class Process:
    """A hub and its line, as one server process has them."""

    def __init__(self, site: str = SITE, redis_url: str = "") -> None:
        self.hub = Hub()
        self.hub.bind()
        self.caught_up = 0
        with patch.object(wire, "prefix", return_value=site):
            self.wire = Wire(self.hub, redis_url or settings.REDIS_URL, caught_up=self._count)

    def _count(self) -> None:
        self.caught_up += 1

    async def start(self) -> "Process":
        await self.wire.start()
        await until(lambda: self.wire.is_healthy)
        return self

    async def page(self, topic: str = THREAD) -> Page:
        """Open a page; its channel is subscribed to when this returns."""
        page = Page(self.hub, topic)
        await until(lambda: topic in self.wire._subscribed)
        return page


@pytest.fixture
async def processes() -> AsyncIterator[tuple[Process, Process]]:
    both = [await Process().start(), await Process().start()]
    yield both[0], both[1]
    for process in both:
        await process.wire.stop()
        process.hub.unbind()


async def test_a_message_reaches_both_processes_once(processes: tuple[Process, Process]) -> None:
    first, second = processes
    here, there = await first.page(), await second.page()
    outsider = await second.page("thread:82")

    first.hub.send(THREAD, put(1))
    first.hub.send(THREAD, put(2))  # what came twice would come before it
    await until(lambda: [2] in there.said("s") and [2] in here.said("s"))

    assert here.said("s") == there.said("s") == [[1], [2]]
    assert outsider.said("s") == []


async def test_bytes_cross_the_line_unchanged(processes: tuple[Process, Process]) -> None:
    first, second = processes
    heard: list[bytes] = []
    second.hub.listen("doc:5", heard.append)
    await until(lambda: "doc:5" in second.wire._subscribed)

    first.hub.send_bytes("doc:5", bytes(range(256)))

    await until(lambda: heard == [bytes(range(256))])
    assert first.hub.others("doc:5") == 1


async def test_two_sites_on_one_server_do_not_hear_each_other(
    processes: tuple[Process, Process],
) -> None:
    first, second = processes
    other_site = [await Process(f"other-{SITE}").start(), await Process(f"other-{SITE}").start()]
    stranger, there = await other_site[0].page(), await second.page()

    first.hub.send(THREAD, put(1))
    await until(lambda: bool(there.said("s")))
    other_site[1].hub.send(THREAD, put(2))  # published later on the same server
    await until(lambda: bool(stranger.said("s")))

    assert stranger.said("s") == [[2]]
    for process in other_site:
        await process.wire.stop()
        process.hub.unbind()


async def test_a_channel_is_left_some_time_after_the_last_listener(
    processes: tuple[Process, Process],
) -> None:
    first, _second = processes
    page = await first.page()
    first.hub.leave(page.outbox)
    first.hub.leave((await first.page("thread:82")).outbox)
    assert set(first.wire._leaving) == {THREAD, "thread:82"}

    again = await first.page()  # somebody is back in time
    assert set(first.wire._leaving) == {"thread:82"}
    with patch.object(wire, "LINGER", 0.0):
        first.hub.leave(again.outbox)
    await until(lambda: THREAD not in first.wire._subscribed)

    assert "thread:82" in first.wire._subscribed


async def test_ten_thousand_votes_leave_in_ticks(processes: tuple[Process, Process]) -> None:
    first, second = processes
    there = await second.page()
    await first.page()

    for vote in range(1, 10_001):
        first.hub.send(THREAD, votes(vote))
    await until(lambda: there.said("n")[-1:] == [{"comment-17": [10_000, 0, 0, 10_000]}])

    assert len(there.said("n")) <= 3


async def test_what_nobody_understands_is_ignored(processes: tuple[Process, Process]) -> None:
    first, _second = processes
    page = await first.page()
    stranger = redis.Redis.from_url(settings.REDIS_URL)

    half = b'12345678j{"s": [1], "put": [{"id": "comment-1", "into": "list"}]}'
    crowd = b'12345678p{"thread:81": [1, 0, [[]]]}'
    for rubbish in (b"", b"\xff" * 20, b"12345678j{", b"12345678j[1]", b"12345678p[]", half, crowd):
        stranger.publish(f"{SITE}{THREAD}", rubbish)
        stranger.publish(f"{SITE}hub", rubbish)
    with patch.object(wire, "prefix", return_value=SITE):
        Postcard("elsewher").publish(THREAD, put(1))
    stranger.close()

    await until(lambda: page.said("s") == [[1]])
    assert page.said("put")
    assert first.wire.is_healthy
    assert first.hub.here(THREAD) == 1


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A server whose every connection may be cut without harm to a test beside this one."""
    server = Valkey(tmp_path)
    server.start()
    yield server
    server.kill()


async def test_a_cut_connection_is_made_anew_and_what_was_missed_is_asked_for(
    own_valkey: Valkey,
) -> None:
    first, second = [await Process(redis_url=own_valkey.url).start() for _each in range(2)]
    here, there = await first.page(), await second.page()
    before = second.caught_up
    server = redis.Redis.from_url(own_valkey.url)

    server.client_kill_filter(_type="pubsub")
    await until(lambda: first.caught_up > before and second.caught_up > before)
    await until(lambda: first.wire.is_healthy and second.wire.is_healthy)
    first.hub.send(THREAD, put(1))

    await until(lambda: bool(there.said("s")))
    assert here.closed is None
    assert there.closed is None
    server.close()
    for process in (first, second):
        await process.wire.stop()
        process.hub.unbind()


def test_a_process_without_sockets_gives_up_quickly_and_rests(settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere.sock"
    postcard = Postcard("elsewher")
    with (
        patch.object(wire, "prefix", return_value=SITE),
        patch.object(wire, "plain_client") as client,
    ):
        client.return_value.publish.side_effect = redis.ConnectionError
        for _attempt in range(3):
            postcard.publish(THREAD, put(1))

    assert client.return_value.publish.call_count == 1
