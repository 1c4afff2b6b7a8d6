"""The chip tells the truth in time; the polite line says what is new in the words of its list."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Locator, expect

from tests.portal.live.stage import Stage, item, on_stage

pytestmark = [pytest.mark.browser]


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with on_stage() as stage:
        await stage.page.clock.install()
        yield stage


def chip(stage: Stage) -> Locator:
    return stage.page.locator("[data-live-chip]")


async def pass_time(stage: Stage, seconds: float) -> None:
    await stage.page.clock.run_for(int(seconds * 1000))


async def test_a_silent_line_is_noticed_within_a_minute_and_a_beat_keeps_it_live(
    stage: Stage,
) -> None:
    await stage.open()
    stage.is_answering = False

    await pass_time(stage, 45)
    stage.push(beat=1)
    await pass_time(stage, 45)
    await expect(chip(stage)).to_have_text("live")
    await pass_time(stage, 14)

    await expect(chip(stage)).to_have_text("offline")
    assert len(stage.sockets) == 2


async def test_a_cut_line_is_said_at_once_and_to_be_offline_within_ten_seconds(
    stage: Stage,
) -> None:
    await stage.open()
    stage.is_answering = False

    await stage.sockets[-1].close(code=1012)
    await expect(chip(stage)).to_have_text("retry")
    await pass_time(stage, 10.5)

    await expect(chip(stage)).to_have_text("offline")


@pytest.mark.parametrize("name", ["htmx:sendError", "htmx:timeout", "live:unsent"])
async def test_an_own_request_that_failed_is_said_at_once(stage: Stage, name: str) -> None:
    page = await stage.open()
    stage.is_answering = False

    await page.evaluate("name => document.dispatchEvent(new CustomEvent(name))", name)

    await expect(chip(stage)).to_have_text("offline")
    await pass_time(stage, 6)
    await expect(page.locator("#line")).to_have_text("belum terkirim")
    stage.push(here=1)
    await expect(chip(stage)).to_have_text("live")


async def test_what_is_new_is_told_in_the_words_of_its_list(stage: Stage) -> None:
    stage.list = 'data-say-new="{n} diskusi baru"'
    page = await stage.open()

    for number in (5, 6):
        put = [[f"thread-{number}", "list", item(number, "baru")]]
        stage.push(s=[number], put=put, age={f"thread-{number}": [number, number]})
    await expect(page.locator("#list > li")).to_have_count(4)
    await pass_time(stage, 6)

    await expect(page.locator("#line")).to_have_text("2 diskusi baru")


async def test_who_has_sent_her_words_types_no_longer(stage: Stage) -> None:
    page = await stage.open()
    await page.locator("#words").press_sequentially("Saya")

    await page.evaluate(
        """document.dispatchEvent(new CustomEvent("htmx:afterRequest", { detail: {
            elt: document.getElementById("form"), successful: true, requestConfig: { verb: "post" },
        } }))"""
    )
    stage.push(typing=1)

    await expect(page.locator("#typing")).to_have_text("1 orang mengetik")
    assert stage.heard == [{"typing": "thread:81"}, {"rested": "thread:81"}]
