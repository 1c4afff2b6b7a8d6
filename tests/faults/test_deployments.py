"""SIGTERM in the middle of an edit and a vote: told first, drained, and nothing lost."""

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.everybody import Crowd
from tests.faults.site import Site
from tests.faults.town import Town
from tests.faults.truth import compare
from tests.live import in_a_thread
from tests.processes import Browser, eventually

pytestmark = [pytest.mark.django_db(transaction=True)]

DRAINED_WITHIN, RESTARTING = 10.0, 1012


async def restart(site: Site) -> float:
    """Replace it as a deployment does; gives the seconds until the old one had ended."""
    began = time.monotonic()
    site.terminate()
    assert await in_a_thread(eventually, site.has_ended, seconds=30)
    drained = time.monotonic() - began
    site.start()
    await in_a_thread(site.wait)
    return drained


async def test_a_deployment_in_mid_edit_and_mid_vote_loses_nothing(
    site: Site, town: Town, record_property: Callable[[str, Any], None], is_long: bool
) -> None:
    await in_a_thread(site.wait)
    pages = [await Browser.at(site, town.threads[0].topic) for _page in range(10)]
    crowd = Crowd(site, town, random.Random(31))  # noqa: S311
    crowd.start()
    await asyncio.sleep(3)

    drained = await restart(site)
    await asyncio.sleep(1)
    await crowd.finish()
    apart = await crowd.agree()
    found = await in_a_thread(compare, crowd.ledger, town)
    codes = set(crowd.ledger.codes)
    await crowd.leave()

    record_property("deployment", f"{crowd.ledger.acknowledged} acknowledged, {drained:.2f} s")
    assert (found.all(), apart, crowd.ledger.odd) == ([], [], [])
    assert codes == {RESTARTING}
    assert {page.code for page in pages} == {RESTARTING}
    assert all(page.said("bye") for page in pages)
    if is_long:
        assert drained <= DRAINED_WITHIN
