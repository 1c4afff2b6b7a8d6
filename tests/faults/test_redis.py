"""Valkey is killed, flushed, paused, never there: nobody's write fails, no page is thrown out."""

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from consultations.models import Comment
from portal.live.models import heads
from tests.faults.everybody import Crowd
from tests.faults.ledger import Ledger
from tests.faults.site import Site
from tests.faults.town import Town
from tests.faults.truth import compare
from tests.live import in_a_thread
from tests.processes import Browser, Valkey

pytestmark = [pytest.mark.django_db(transaction=True)]

WATCHING = 12
EQUAL_WITHIN = 3.0
GIVE_UP = 25.0
"""Counts may take 10 s without Redis; the rest is what a busy machine may add."""


class Watchers:
    """Open pages of every discussion, on both workers as chance has it."""

    def __init__(self, site: Site, town: Town) -> None:
        self.site, self.town = site, town
        self.pages: list[Browser] = []

    async def come(self, number: int) -> None:
        topics = [thread.topic for thread in self.town.threads]
        for _page in range(number):
            known = await in_a_thread(heads, topics)
            asked = [f"{topic}@{head}" for topic, head in known.items()]
            self.pages.append(await Browser.at(self.site, *asked))

    def closed(self) -> list[int | None]:
        """The codes of pages that were thrown out."""
        return [page.code for page in self.pages if page.code is not None]

    async def equal(self, *, since: int) -> float:
        """Wait until every page knows every number and figure; gives the seconds it took."""
        began = time.monotonic()
        truth = await in_a_thread(figures)
        known = await in_a_thread(heads, [thread.topic for thread in self.town.threads])
        changed = {name: counted for name, counted in truth.items() if counted[-1] > since}
        for page in self.pages:
            await page.until(lambda: is_equal(page, changed, known), seconds=GIVE_UP)  # noqa: B023
        return time.monotonic() - began

    async def leave(self) -> None:
        for page in self.pages:
            await page.leave()


def figures() -> dict[str, list[int]]:
    """The counts of every comment, with their version."""
    rows = Comment.objects.all()
    return {
        row.dom_id: [row.agree_count, row.disagree_count, row.pass_count, row.opinion_version]
        for row in rows
    }


def is_equal(page: Browser, truth: dict[str, list[int]], known: dict[str, int]) -> bool:
    """Whether the page was told the newest figures, or that it must fetch what it missed."""
    reached = all(page.reached_in(topic) >= head for topic, head in known.items())
    return reached and all(page.counted(name) == told[:-1] for name, told in truth.items())


@pytest.fixture
async def watchers(site: Site, town: Town) -> AsyncIterator[Watchers]:
    await in_a_thread(site.wait)
    found = Watchers(site, town)
    await found.come(WATCHING)
    yield found
    await found.leave()


async def break_it(valkey: Valkey, seconds: float) -> None:
    """Kill it, start it, flush it, pause it, one after the other."""
    await asyncio.sleep(seconds)
    valkey.kill()
    await asyncio.sleep(seconds)
    valkey.start()
    await asyncio.sleep(seconds)
    valkey.say("FLUSHALL")
    await asyncio.sleep(seconds)
    valkey.signal(signal.SIGSTOP)
    await asyncio.sleep(seconds)
    valkey.signal(signal.SIGCONT)


async def test_whatever_happens_to_redis_no_write_fails_and_no_page_is_lost(
    valkey: Valkey,
    site: Site,
    town: Town,
    watchers: Watchers,
    record_property: Callable[[str, Any], None],
    is_long: bool,
) -> None:
    crowd = Crowd(site, town, random.Random(7))  # noqa: S311
    crowd.start()
    await break_it(valkey, 10.0 if is_long else 2.0)

    await crowd.finish()
    late = await watchers.equal(since=0)
    apart = await crowd.agree()
    await crowd.leave()

    record_property("redis", f"{crowd.ledger.acknowledged} acknowledged, equal after {late:.2f} s")
    assert crowd.ledger.odd == []
    assert few(crowd.ledger, is_long=is_long), crowd.ledger.retries
    assert watchers.closed() == []
    assert apart == []
    assert (await in_a_thread(compare, crowd.ledger, town)).all() == []
    if is_long:
        assert late <= EQUAL_WITHIN


async def test_a_site_that_never_had_redis_keeps_everything(
    home: Path, town: Town, record_property: Callable[[str, Any], None], is_long: bool
) -> None:
    site = Site(home / "without.log", "unix:///nowhere/valkey.sock")
    watchers = Watchers(site, town)
    try:
        await in_a_thread(site.wait)
        await watchers.come(WATCHING)
        crowd = Crowd(site, town, random.Random(8))  # noqa: S311
        crowd.start()
        await asyncio.sleep(4)

        await crowd.finish()
        late = await watchers.equal(since=0)
        apart = await crowd.agree()
        await crowd.leave()
        closed = watchers.closed()
        await watchers.leave()
    finally:
        site.stop()

    record_property("never a redis", f"equal after {late:.2f} s")
    assert (crowd.ledger.odd, closed) == ([], [])
    assert few(crowd.ledger, is_long=is_long), crowd.ledger.retries
    assert apart == []
    assert (await in_a_thread(compare, crowd.ledger, town)).all() == []


def few(ledger: Ledger, *, is_long: bool) -> bool:
    """Whether nothing failed; a machine that runs other tests beside may be too slow at times."""
    return len(ledger.retries) <= (0 if is_long else ledger.acknowledged // 20)


async def test_idle_pages_are_left_alone(town: Town, watchers: Watchers) -> None:
    await watchers.come(20 - WATCHING)

    await asyncio.sleep(15)

    assert watchers.closed() == []
    assert len(watchers.pages) == 20
