"""PostgreSQL dies, stalls and fills its disk: 503 with the words kept, never 500, nothing lost."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from portal.doors.management import backups
from tests.faults.crowd import GONE
from tests.faults.disk import Disk, small_disk
from tests.faults.everybody import Crowd
from tests.faults.site import Door, Site
from tests.faults.town import Town
from tests.faults.truth import Findings, compare
from tests.live import in_a_thread
from tests.processes import Cluster, Valkey, forget_connections

pytestmark = [pytest.mark.django_db(transaction=True)]

EXCUSED_WITHIN, BACK_WITHIN = 5.0, 2.0
Record = Callable[[str, Any], None]


@pytest.fixture
def moved(town: Town, cluster: Cluster, tmp_path: Path) -> Cluster:
    """The town in a cluster of its own."""
    dump = tmp_path / "town.dump"
    backups.run("pg_dump", *backups.BARE, "--format=custom", f"--file={dump}")
    forget_connections()
    cluster.copy(dump)
    return cluster


@pytest.fixture
def site(moved: Cluster, home: Path, valkey: Valkey) -> Iterator[Site]:
    running = Site(home / "site.log", valkey.url, database_url=moved.url)
    yield running.wait()
    running.stop()


@pytest.fixture
def disk() -> Iterator[Disk]:
    with small_disk() as found:
        yield found


class Visitor:
    """Asks for a page without rest, and knows what came."""

    def __init__(self, site: Door, path: str) -> None:
        self.site, self.path = site, path
        self.answers: list[tuple[float, float, int, str]] = []
        self._asking = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        while True:
            began = time.monotonic()
            try:
                answer = await self.site.ask("GET", self.path)
                asked = answer.headers.get("retry-after", "")
                self._note(began, answer.status, asked)
            except GONE:
                self._note(began, 0, "")
            await asyncio.sleep(0.1)

    def _note(self, began: float, status: int, retry_after: str) -> None:
        now = time.monotonic()
        self.answers.append((now, now - began, status, retry_after))

    async def leave(self) -> None:
        self._asking.cancel()
        await asyncio.gather(self._asking, return_exceptions=True)

    def statuses(self) -> set[int]:
        return {status for _at, _took, status, _asked in self.answers}

    def slowest(self) -> float:
        return max(took for _at, took, _status, _asked in self.answers)

    def back_after(self, moment: float) -> float:
        """Seconds from a moment to the first page that was served again."""
        served = [at for at, _took, status, _asked in self.answers if status == 200]
        return min(at for at in served if at > moment) - moment


class Trial:
    """A crowd and a visitor before, during and after; everything is compared at the end."""

    def __init__(self, site: Site, cluster: Cluster, town: Town) -> None:
        self.cluster, self.town = cluster, town
        self.crowd = Crowd(site, town, random.Random(21))  # noqa: S311
        self._path = reverse("consultations:thread", args=[town.threads[0].pk])
        self._again = 0.0
        self.apart: list[str] = []

    async def begin(self) -> None:
        """Everybody acts; a moment later the harm may come."""
        self.visitor = Visitor(self.crowd.site, self._path)
        self.crowd.start()
        await asyncio.sleep(2)

    def mended(self) -> None:
        """From this moment on everything should work again."""
        self._again = time.monotonic()

    async def end(self) -> Findings:
        """Let everybody finish; compare what they were told with what is there."""
        await asyncio.sleep(3)
        await self.crowd.finish()
        await self.visitor.leave()
        await in_a_thread(self.cluster.be_asked)
        try:
            self.apart = await self.crowd.agree()
            found = await in_a_thread(compare, self.crowd.ledger, self.town)
        finally:
            await in_a_thread(self.cluster.be_left)
        await self.crowd.leave()
        assert isinstance(found, Findings)
        return found

    @property
    def slowest(self) -> float:
        excuses = [excuse.seconds for excuse in self.crowd.ledger.excuses]
        return max([self.visitor.slowest(), *excuses])

    @property
    def back(self) -> float:
        return self.visitor.back_after(self._again)

    def told(self) -> str:
        ledger = self.crowd.ledger
        return (
            f"{ledger.acknowledged} acknowledged, {len(ledger.excuses)} excuses, slowest answer "
            f"{self.slowest:.2f} s, pages back after {self.back:.2f} s"
        )

    def was_polite(self) -> bool:
        """Whether every 503 said when to come back and gave the words back."""
        pages = [asked for _at, _took, status, asked in self.visitor.answers if status == 503]
        excuses = self.crowd.ledger.excuses
        return all(pages) and all(each.retry_after and each.keeps_words for each in excuses)


@pytest.fixture
def trial(site: Site, moved: Cluster, town: Town) -> Trial:
    return Trial(site, moved, town)


@pytest.mark.parametrize("harm", ["stopped", "stalled"])
async def test_a_database_that_goes_away_costs_patience_only(
    trial: Trial, record_property: Record, is_long: bool, harm: str
) -> None:
    cluster = trial.cluster
    seconds = {"stopped": (3, 5), "stalled": (8, 20)}[harm][is_long]

    await trial.begin()
    await in_a_thread(cluster.stop if harm == "stopped" else cluster.stall)
    await asyncio.sleep(seconds)
    await in_a_thread(cluster.start if harm == "stopped" else cluster.go_on)
    trial.mended()
    found = await trial.end()

    record_property(f"PostgreSQL {harm} for {seconds} s", trial.told())
    assert (trial.crowd.ledger.odd, trial.apart, found.all()) == ([], [], [])
    statuses = trial.visitor.statuses()
    assert {200} <= statuses <= {200, 503}
    assert 503 in statuses or harm == "stopped", "short of a request's patience it only waits"
    assert trial.was_polite()
    if is_long:
        assert trial.slowest <= EXCUSED_WITHIN
        assert trial.back <= BACK_WITHIN


async def test_a_full_disk_stops_writing_and_nothing_else(
    moved: Cluster, home: Path, valkey: Valkey, town: Town, disk: Disk, record_property: Record
) -> None:
    disk.hold(moved)
    site = Site(home / "site.log", valkey.url, database_url=moved.url)
    await in_a_thread(site.wait)
    trial = Trial(site, moved, town)
    for talker in trial.crowd.talkers:
        talker.pace = 0.2  # there is a little room in the pages of the tables
    try:
        await trial.begin()
        disk.fill()
        await wait_for_excuses(trial)
        during = trial.visitor.statuses()
        disk.clear()
        trial.mended()
        found = await trial.end()
    finally:
        site.stop()

    record_property("disk full", f"{disk.way}; {trial.told()}")
    assert (trial.crowd.ledger.odd, trial.apart, found.all()) == ([], [], [])
    assert during == {200}
    assert trial.was_polite()


async def wait_for_excuses(trial: Trial) -> None:
    """Wait until the disk is full for a writer too; PostgreSQL has a little room in its pages."""
    async with asyncio.timeout(60):
        while len(trial.crowd.ledger.excuses) < 5:  # noqa: ASYNC110  a list that tasks fill
            await asyncio.sleep(0.1)
