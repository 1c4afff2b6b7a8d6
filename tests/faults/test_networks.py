"""The line between people and the site is cut, silent, deaf, and delivers twice."""

import asyncio
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.faults.everybody import Crowd
from tests.faults.proxy import Line, Proxy
from tests.faults.site import Site
from tests.faults.town import Town
from tests.faults.truth import compare
from tests.live import in_a_thread
from tests.proposals.editors import logged
from tests.proposals.servers import Remote

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def proxy(site: Site) -> Iterator[Proxy]:
    between = Proxy(site.wait().port)
    yield between
    between.end()


async def test_whatever_the_line_does_everything_arrives_once(
    proxy: Proxy, town: Town, record_property: Callable[[str, Any], None], is_long: bool
) -> None:
    crowd = Crowd(proxy, town, random.Random(41))  # noqa: S311
    crowd.start()
    for line in (Line.OPEN, Line.CUT, Line.DEAF, Line.DOUBLE, Line.SILENT):
        await in_a_thread(proxy.turn, line)
        await asyncio.sleep(15 if is_long else 2)
    await in_a_thread(proxy.turn, Line.OPEN)

    await crowd.finish()
    apart = await crowd.agree()
    found = await in_a_thread(compare, crowd.ledger, town)
    await crowd.leave()

    told = f"{proxy.swallowed} answers lost, {proxy.doubled} requests doubled"
    record_property("the line", f"{crowd.ledger.acknowledged} acknowledged, {told}")
    assert proxy.swallowed
    assert proxy.doubled
    assert (found.all(), apart, crowd.ledger.odd) == ([], [], [])


async def test_a_frame_that_arrives_twice_is_text_once(site: Site, town: Town) -> None:
    await in_a_thread(site.wait)
    document = town.documents[0]
    remote = await Remote(document, town.sessions[0], 77_001).join(site)
    remote.text.type(" Sekali.")
    remote.text.add_paragraph("Satu alinea.")
    frames = remote.text.take_unsent()
    assert remote._socket is not None

    for frame in [*frames, *frames]:
        await remote._socket.send(frame)
    remote.text.sent += len(frames)
    await remote.saved()
    await remote.leave()

    words = await logged(document)
    assert (words.count("Sekali."), words.count("Satu alinea.")) == (1, 1)
