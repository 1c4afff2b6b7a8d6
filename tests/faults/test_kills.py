"""Workers die without a word while fifty people use them; half of the writers die with them."""

import asyncio
import random
import time
from collections.abc import Callable
from secrets import randbits
from typing import Any

import pytest

from consultations.models import Consultation
from portal.accounts.models import User
from tests.faults.everybody import Crowd
from tests.faults.ledger import table
from tests.faults.site import Site
from tests.faults.town import Town
from tests.faults.truth import Findings, compare
from tests.live import in_a_thread

pytestmark = [pytest.mark.django_db(transaction=True)]

PEOPLE = 50
BACK_WITHIN = 5.0
"""For 95 of 100: a kill may fall into the start of the other worker, and then nobody serves."""
BETWEEN = (3.0, 5.5)


async def kill_again_and_again(
    crowd: Crowd,
    site: Site,
    say: Callable[[str], None],
    *,
    kills: int,
    acks: int,
) -> int:
    """Kill a worker at random moments, and half of the writers with it; gives how many died."""
    killed, ledger, dice = 0, crowd.ledger, crowd.dice
    await asyncio.sleep(BETWEEN[0])
    while killed < kills or ledger.acknowledged < acks:
        if killed < kills:
            victims = dice.sample(crowd.writers, len(crowd.writers) // 2)
            pid = site.kill_one(dice)
            killed += bool(pid)
            for writer in victims:
                await writer.crash()
        say(
            f"  {killed} of {kills} killed, {ledger.acknowledged} of {acks} acknowledged, "
            f"{len(ledger.retries)} retries, {len(ledger.odd)} odd"
        )
        await asyncio.sleep(dice.uniform(*BETWEEN))
    return killed


async def test_who_kills_a_worker_takes_nothing_that_was_acknowledged(
    site: Site,
    consultation: Consultation,
    officer: User,
    say: Callable[[str], None],
    record_property: Callable[[str, Any], None],
    is_long: bool,
) -> None:
    seed, began = randbits(32), time.monotonic()
    say(f"\n  seed {seed}")
    town = await in_a_thread(Town.of, consultation, officer, people=PEOPLE)
    await in_a_thread(site.wait)
    crowd = Crowd(site, town, random.Random(seed))  # noqa: S311
    crowd.start()
    form = {"kills": 100, "acks": 50_000} if is_long else {"kills": 5, "acks": 500}
    killed = await kill_again_and_again(crowd, site, say, **form)
    await crowd.finish()

    apart = await crowd.agree()
    await in_a_thread(start_cold, site)
    for writer in crowd.writers:
        await writer.forget()
    apart += await crowd.agree()
    found = await in_a_thread(compare, crowd.ledger, town)
    await crowd.leave()

    rows = {"seed": seed, "seconds": round(time.monotonic() - began), "kills": killed}
    told = rows | figures(crowd, found)
    say(table(told))
    record_property("kills", ", ".join(f"{name} {value}" for name, value in told.items()))
    assert (found.all(), apart, crowd.ledger.odd) == ([], [], [])
    assert crowd.ledger.comments
    if is_long:
        assert crowd.ledger.away_at_most(0.95) <= BACK_WITHIN


def figures(crowd: Crowd, found: Findings) -> dict[str, object]:
    """Give what the run is remembered by."""
    ledger = crowd.ledger
    return {
        "acknowledged": ledger.acknowledged,
        "of them comments": len(ledger.comments),
        "of them words": sum(map(len, ledger.words.values())),
        "retries": len(ledger.retries),
        "lost": len(found.lost),
        "doubled": len(found.doubled),
        "wrong": len(found.wrong),
        "away, median": f"{ledger.away_at_most(0.5):.2f} s",
        "away, 95 of 100": f"{ledger.away_at_most(0.95):.2f} s",
        "away, longest": f"{ledger.away_at_most(1):.2f} s",
    }


def start_cold(site: Site) -> None:
    """Kill every worker and wait until new ones answer."""
    dice = random.Random(1)  # noqa: S311
    for _worker in range(2):
        site.kill_one(dice)
    site.wait()
