"""A database that has stopped answering is noticed in seconds, and so is that it is back."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from portal.watchdog import Question, Watchdog, conninfo
from tests.portal.live.conftest import on_a_fake_clock
from tests.processes import Cluster


class Asked:
    """A database that answers when it may, or fails."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.error: Exception | None = None
        self.times = 0

    async def __call__(self) -> None:
        self.times += 1
        await self.may_answer.wait()
        if self.error is not None:
            raise self.error


def test_no_answer_is_noticed_within_four_seconds_and_the_late_one_ends_it() -> None:
    async def story() -> None:
        asked = Asked()
        watchdog = Watchdog(asked)
        watchdog.start()
        await asyncio.sleep(5.5)
        asked.may_answer.clear()
        await asyncio.sleep(1)
        at_first = watchdog.is_away
        await asyncio.sleep(3)
        later, times = watchdog.is_away, asked.times
        await asyncio.sleep(60)

        asked.may_answer.set()
        await asyncio.sleep(0.01)

        assert (at_first, later) == (False, True)
        assert asked.times == times  # it does not heap questions upon a stalled database
        assert not watchdog.is_away
        await watchdog.stop()

    on_a_fake_clock(story)


@pytest.mark.parametrize(
    ("error", "is_away"),
    [
        (psycopg.OperationalError("connection refused"), True),
        (psycopg.errors.CannotConnectNow("starting up"), True),
        (psycopg.errors.AdminShutdown("shutting down"), True),
        (psycopg.errors.TooManyConnections("one more"), False),
        (ValueError("strange"), False),
    ],
)
def test_only_a_database_that_serves_nobody_is_away(error: Exception, *, is_away: bool) -> None:
    async def story() -> None:
        asked, returns = Asked(), []

        async def back() -> None:
            returns.append(watchdog.is_away)

        watchdog = Watchdog(asked, back=back)
        watchdog.start()
        await asyncio.sleep(0.5)
        asked.error = error
        await asyncio.sleep(1)
        during = watchdog.is_away

        asked.error = None
        await asyncio.sleep(1.5)

        assert during is is_away
        assert not watchdog.is_away
        assert returns == ([True] if is_away else [])
        await watchdog.stop()

    on_a_fake_clock(story)


def test_a_line_that_never_worked_says_nothing_of_the_database() -> None:
    async def story() -> None:
        asked = Asked()
        asked.error = psycopg.OperationalError("no such host")
        watchdog = Watchdog(asked)
        watchdog.start()

        await asyncio.sleep(10)

        assert asked.times >= 10
        assert not watchdog.is_away
        await watchdog.stop()

    on_a_fake_clock(story)


@pytest.mark.django_db
async def test_it_finds_the_database_of_the_site() -> None:
    question = Question(conninfo)

    await question()

    assert question.is_open
    await question.end()
    assert not question.is_open


@pytest.mark.django_db
async def test_one_line_that_is_cut_says_nothing_of_the_database() -> None:
    question = Question(conninfo)
    await question()
    line = question._link

    assert line is not None
    async with await psycopg.AsyncConnection.connect(make_conninfo("", **conninfo())) as other:
        await other.execute("SELECT pg_terminate_backend(%s, 5000)", [line.info.backend_pid])
    await question()

    assert question.is_open
    assert question._link is not line
    await question.end()


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="rembuk-") as home:
        cluster = Cluster(Path(home))
        await asyncio.to_thread(cluster.start)
        yield cluster
        await asyncio.to_thread(cluster.stop)


async def until(watchdog: Watchdog, *, is_away: bool, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while watchdog.is_away is not is_away:  # noqa: ASYNC110  it changes by itself
            await asyncio.sleep(0.02)


async def test_a_real_database_is_stalled_killed_and_started_again(cluster: Cluster) -> None:
    question = Question(lambda: dict(conninfo_to_dict(cluster.url)))
    watchdog = Watchdog(question)
    watchdog.start()
    await asyncio.sleep(0.5)

    cluster.stall()
    await until(watchdog, is_away=True, seconds=4.5)
    cluster.go_on()
    await until(watchdog, is_away=False, seconds=1)

    await asyncio.to_thread(cluster.stop)
    await until(watchdog, is_away=True, seconds=4.5)
    await asyncio.to_thread(cluster.start)
    await until(watchdog, is_away=False, seconds=2)
    await watchdog.stop()
    await question.end()
