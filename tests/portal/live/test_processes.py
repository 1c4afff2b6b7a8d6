"""Two real server processes: what one does the other shows, with Redis, without it and after."""

import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import transaction
from django.urls import reverse

from consultations.models import Comment, Thread
from portal.accounts.models import User
from portal.live.publish import revoke
from portal.live.wire import Postcard, plain_client, the_hub
from tests.live import in_a_thread, login_session
from tests.processes import Browser, Server, Valkey, two_servers

pytestmark = [pytest.mark.django_db(transaction=True)]

ITEMS_WITHIN, COUNTS_WITHIN, CLOSED_WITHIN = 2.5, 12.0, 2.5
"""Seconds of the promises (2, 10 and 2), with what a busy machine may add."""


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    with tempfile.TemporaryDirectory(prefix="rembuk-") as home:
        server = Valkey(Path(home))
        server.start()
        yield server
        server.kill()


@pytest.fixture(scope="module")
def servers(
    django_db_setup: None, valkey: Valkey, tmp_path_factory: Any
) -> Iterator[tuple[Server, Server]]:
    with two_servers(tmp_path_factory.mktemp("servers"), valkey.url) as both:
        yield both


@pytest.fixture(autouse=True)
def same_valkey(valkey: Valkey, settings: Any) -> Iterator[None]:
    """The process of the tests publishes as a worker would, to the same Valkey."""
    settings.REDIS_URL = valkey.url
    plain_client.cache_clear()
    the_hub().unbind()
    the_hub().outside = Postcard(the_hub().process)
    yield
    plain_client.cache_clear()


@pytest.fixture
async def pages(
    servers: tuple[Server, Server], thread: Thread
) -> AsyncIterator[tuple[Browser, Browser]]:
    """The same thread open on both processes, once both hear each other."""
    first, second = [await Browser.at(server, f"{thread.topic}@0") for server in servers]
    await first.until(lambda: is_fast(first) and is_fast(second), seconds=15)
    yield first, second
    for page in (first, second):
        await page.leave()


def is_fast(page: Browser) -> bool:
    """Whether the chip says live, not slower."""
    return page.said("slower")[-1:] in ([], [0])


async def on_all(
    pages: Iterable[Browser], check: Callable[[Browser], bool], *, seconds: float
) -> None:
    """Wait until it is so on every page."""
    for page in pages:
        await page.until(partial(check, page), seconds=seconds)


async def post(thread: Thread, author: User, body: str = "Setuju") -> Comment:
    """Post a comment from a process without sockets."""
    comment = await in_a_thread(thread.post, author=author, body=body, key=uuid4())
    assert isinstance(comment, Comment)
    return comment


async def test_a_comment_and_an_opinion_reach_the_pages_of_every_process(
    pages: tuple[Browser, Browser], thread: Thread, siti: User, budi: User
) -> None:
    comment = await post(thread, siti)
    await in_a_thread(Comment.opine, comment.pk, voter=budi, value=-1)

    await on_all(pages, lambda page: page.shows(comment.dom_id), seconds=1)
    await on_all(pages, lambda page: page.counted(comment.dom_id) == [0, 1, 0], seconds=1)


async def test_what_is_posted_to_one_process_appears_in_the_other(
    servers: tuple[Server, Server], pages: tuple[Browser, Browser], thread: Thread, siti: User
) -> None:
    key = await in_a_thread(login_session, siti)
    path = reverse("consultations:comments", args=[thread.pk])

    status = await in_a_thread(servers[0].post, path, key, body="Dari sini", key=uuid4())

    assert status == 302
    comment = await thread.comments.aget()
    await on_all(pages, lambda page: page.shows(comment.dom_id), seconds=1)


async def test_people_are_counted_and_typing_is_told_across_processes(
    servers: tuple[Server, Server], pages: tuple[Browser, Browser], thread: Thread, siti: User
) -> None:
    key = await in_a_thread(login_session, siti)
    typist = await Browser.at(servers[0], f"{thread.topic}@0", session_key=key)

    await typist.say({"typing": thread.topic})

    await pages[1].until(lambda: pages[1].said("typing")[-1:] == [1], seconds=1)
    await pages[1].until(lambda: pages[1].said("here")[-1:] == [3], seconds=12)
    await pages[1].until(lambda: pages[1].said("typing")[-1:] == [0], seconds=8)
    await typist.leave()


async def test_without_redis_pages_catch_up_and_no_socket_is_closed(
    valkey: Valkey,
    servers: tuple[Server, Server],
    pages: tuple[Browser, Browser],
    thread: Thread,
    siti: User,
    budi: User,
) -> None:
    key = await in_a_thread(login_session, siti)
    path = reverse("consultations:comments", args=[thread.pk])
    comment = await post(thread, siti)
    valkey.kill()
    await on_all(pages, lambda page: not is_fast(page), seconds=3)

    without = await in_a_thread(servers[0].post, path, key, body="Tanpa Redis", key=uuid4())
    await on_all(pages, lambda page: page.reached() == 2, seconds=ITEMS_WITHIN)
    await in_a_thread(Comment.opine, comment.pk, voter=budi, value=1)
    counted = [1, 0, 0]
    await on_all(pages, lambda page: page.counted(comment.dom_id) == counted, seconds=COUNTS_WITHIN)

    valkey.start()
    await on_all(pages, is_fast, seconds=5)
    valkey.say("FLUSHALL")
    again = await in_a_thread(servers[0].post, path, key, body="Redis kembali", key=uuid4())
    last = await thread.comments.alatest("pk")
    await on_all(pages, lambda page: page.shows(last.dom_id), seconds=1)
    assert [page.code for page in pages] == [None, None]
    assert (without, again) == (302, 302)


async def test_a_frozen_redis_is_as_good_as_none(
    valkey: Valkey, pages: tuple[Browser, Browser], thread: Thread, siti: User
) -> None:
    valkey.signal(signal.SIGSTOP)
    try:
        await post(thread, siti)
        await on_all(pages, lambda page: page.reached() == 1, seconds=ITEMS_WITHIN + 0.5)
    finally:
        valkey.signal(signal.SIGCONT)
    await on_all(pages, is_fast, seconds=5)
    assert [page.code for page in pages] == [None, None]


async def test_a_publisher_that_dies_between_commit_and_publishing_is_caught_up_with(
    pages: tuple[Browser, Browser], thread: Thread, siti: User
) -> None:
    with patch.object(the_hub(), "send"):
        await post(thread, siti)

    await on_all(pages, lambda page: page.said("moved") == [1], seconds=ITEMS_WITHIN)


@pytest.mark.parametrize("has_redis", [False, True])  # numbers begin anew after each test
async def test_a_ban_closes_the_sockets_of_every_process(
    *,
    has_redis: bool,
    valkey: Valkey,
    servers: tuple[Server, Server],
    pages: tuple[Browser, Browser],
    thread: Thread,
    siti: User,
) -> None:
    def ban() -> None:
        with transaction.atomic():
            User.objects.filter(pk=siti.pk).update(is_active=False)
            revoke(user=siti)

    key = await in_a_thread(login_session, siti)
    hers = [await Browser.at(server, f"{thread.topic}@0", session_key=key) for server in servers]
    if not has_redis:
        valkey.kill()
        await on_all(pages, lambda page: not is_fast(page), seconds=3)

    await in_a_thread(ban)

    await on_all(hers, lambda page: page.code == 4403, seconds=CLOSED_WITHIN)
    assert [page.code for page in pages] == [None, None]
    for page in hers:
        await page.leave()
    if not has_redis:
        valkey.start()


async def test_a_site_without_redis_starts_and_lives(
    tmp_path: Path, thread: Thread, siti: User
) -> None:
    with two_servers(tmp_path, "unix:///nowhere/valkey.sock") as (first, _second):
        page = await Browser.at(first, f"{thread.topic}@0")

        await post(thread, siti)

        await page.until(lambda: page.reached() == 1, seconds=ITEMS_WITHIN)
        assert page.said("slower")[-1] == 1
        await page.leave()
