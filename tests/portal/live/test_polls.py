"""What a process asks by itself: so often and no more, and what pages are told of it."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.db import InterfaceError, OperationalError
from psycopg_pool import PoolTimeout

from consultations.models import Thread
from portal.live import polls
from portal.live.hub import Hub
from portal.live.polls import Polls
from portal.live.publish import RIGHTS
from portal.live.rights import Rights
from tests.portal.live.conftest import Page, on_a_fake_clock
from tests.portal.live.test_hub import THREAD, bound, put


class Database:
    """Answers from memory, and counts the questions."""

    def __init__(self) -> None:
        self.heads: dict[str, int] = {}
        self.counts: dict[str, list[int]] = {}
        self.asked: Counter[str] = Counter()
        self.failures: list[Exception] = []

    async def __call__(self, function: Callable[..., Any], *values: Any) -> Any:
        self.asked[function.__name__] += 1
        if self.failures:
            raise self.failures.pop(0)
        if function.__name__ == "heads":
            return {topic: self.heads.get(topic, 0) for topic in values[0]}
        return dict(self.counts)


def asking(hub: Hub, database: Database) -> Polls:
    """Begin to ask that database."""
    patch.object(polls, "in_database", database).start()
    asked = Polls(hub, Rights(hub))
    asked.start()
    return asked


def story_of(told: Callable[[Hub, Database, Polls], Any]) -> None:
    """Tell a story with a hub, a database and the polls between them."""

    async def story() -> None:
        hub, database = bound(), Database()
        asked = asking(hub, database)
        await told(hub, database, asked)
        await asked.stop()

    try:
        on_a_fake_clock(story)
    finally:
        patch.stopall()


def test_nobody_listens_nothing_is_asked() -> None:
    async def told(hub: Hub, database: Database, asked: Polls) -> None:
        await asyncio.sleep(60)

        assert database.asked == {}

    story_of(told)


def test_a_thousand_idle_pages_cost_one_question_every_two_seconds() -> None:
    async def told(hub: Hub, database: Database, asked: Polls) -> None:
        for _page in range(1_000):
            Page(hub, THREAD)

        await asyncio.sleep(60)

        assert 28 <= database.asked["heads"] <= 30
        assert 5 <= database.asked[Thread.counts_for.__name__] <= 6

    story_of(told)


def test_a_lost_message_makes_the_pages_fetch_and_one_on_its_way_does_not() -> None:
    async def told(hub: Hub, database: Database, asked: Polls) -> None:
        page = Page(hub, THREAD, head=4)
        await asyncio.sleep(1.9)
        database.heads[THREAD] = 5
        await asyncio.sleep(0.2)
        hub.deliver(THREAD, put(5), process="elsewhere")
        await asyncio.sleep(2)
        on_its_way = page.said("moved")
        database.heads[THREAD] = 6
        await asyncio.sleep(2.5)

        assert on_its_way == []
        assert page.said("moved") == [6]
        assert page.said("spread") == [2]
        await asyncio.sleep(4)
        assert page.said("moved") == [6]

    story_of(told)


@pytest.mark.parametrize(
    "failure",
    [InterfaceError("gone"), OperationalError("away"), PoolTimeout("full"), ValueError("strange")],
)
def test_a_question_that_failed_is_asked_again(
    failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async def told(hub: Hub, database: Database, asked: Polls) -> None:
        page = Page(hub, THREAD, head=4)
        database.failures = [failure, failure]
        database.heads[THREAD] = 5

        await asyncio.sleep(9)

        assert page.said("moved") == [5]
        assert "asked again" in caplog.text

    story_of(told)


def test_counts_that_were_missed_are_told_and_known_ones_are_not() -> None:
    async def told(hub: Hub, database: Database, asked: Polls) -> None:
        page = Page(hub, THREAD)
        hub.send(THREAD, {"n": {"comment-1": [5, 5]}})
        await asyncio.sleep(0.5)
        database.counts = {"comment-1": [5, 5], "comment-2": [7, 3]}

        await asyncio.sleep(11)

        assert page.said("n") == [{"comment-1": [5, 5]}, {"comment-2": [7, 3]}]

    story_of(told)


def test_without_redis_it_is_asked_more_often_and_after_a_reconnection_at_once() -> None:
    async def told(hub: Hub, database: Database, asked: Polls) -> None:
        Page(hub, THREAD)
        hub.is_slower = True
        await asyncio.sleep(15.2)
        alone = database.asked["heads"]

        asked.soon()
        await asyncio.sleep(0.1)

        assert alone == 10
        assert database.asked["heads"] == 11
        assert RIGHTS not in hub.topics

    story_of(told)
