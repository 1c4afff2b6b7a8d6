"""Late, doubled and shuffled: what was hidden stays hidden on an open page, in Chromium."""

import asyncio
from collections.abc import AsyncIterator, Callable
from itertools import permutations
from typing import Any

import pytest
from playwright.async_api import Route, expect

from tests.portal.live.stage import Stage, fulfill, item, on_stage, until

pytestmark = [pytest.mark.browser]

Word = Callable[[Stage], None]


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with on_stage() as stage:
        yield stage


def post(stage: Stage) -> None:
    stage.word(5, "asli", into="list")


def edit(stage: Stage) -> None:
    stage.word(6, "disunting")


def hide(stage: Stage) -> None:
    stage.word(7, "nisan")


def remove(stage: Stage) -> None:
    stage.push(s=[7], cut=["comment-9"], age={"comment-9": [7, 7]})


async def shown(stage: Stage) -> list[str]:
    texts: list[str] = await stage.page.locator("#list > li").all_inner_texts()
    return texts


async def test_posting_editing_and_hiding_end_in_the_tombstone_in_every_order(
    stage: Stage,
) -> None:
    for order in permutations([post, edit, hide]):
        await stage.open()

        for word in (*order, order[0]):
            word(stage)
        stage.push(typing=3)
        await expect(stage.page.locator("#typing")).to_have_text("3 orang mengetik")

        assert await shown(stage) == ["satu", "dua", "nisan"], [word.__name__ for word in order]
        assert stage.asked == 0


async def test_what_was_taken_away_stays_away_in_every_order(stage: Stage) -> None:
    for order in permutations([post, edit, remove]):
        await stage.open()

        for word in (*order, order[0]):
            word(stage)
        stage.push(typing=3)
        await expect(stage.page.locator("#typing")).to_have_text("3 orang mengetik")

        assert await shown(stage) == ["satu", "dua"], [word.__name__ for word in order]


async def test_what_waits_behind_the_pill_is_hidden_there_too(stage: Stage) -> None:
    page = await stage.open()
    await page.locator("#words").fill("Sedang menulis")

    for word in (post, hide, edit):
        word(stage)
    await expect(page.locator("[data-live-pill]")).to_have_text("1 baru")
    await page.locator("[data-live-pill]").click()

    assert await shown(stage) == ["satu", "dua", "nisan"]


async def test_of_two_topics_the_later_moment_wins(stage: Stage) -> None:
    stage.topics = " consultation:5@90"
    page = await stage.open()

    stage.word(5, "asli", into="list", when=100)
    stage.word(91, "nisan", when=300, topic="consultation:5")
    stage.word(6, "disunting", when=200)
    stage.push(typing=3)
    await expect(page.locator("#typing")).to_have_text("3 orang mengetik")

    assert await shown(stage) == ["satu", "dua", "nisan"]


async def test_a_page_that_was_made_after_the_word_does_not_take_it(stage: Stage) -> None:
    stage.items.append(item(9, "nisan"))
    stage.number = 7
    page = await stage.open()

    post(stage)
    edit(stage)
    stage.push(typing=3)
    await expect(page.locator("#typing")).to_have_text("3 orang mengetik")

    assert await shown(stage) == ["satu", "dua", "nisan"]


class Slow:
    """An answer that was drawn before, and comes when it is let go."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.go = asyncio.Event()
        self.asked = 0

    async def __call__(self, route: Route) -> None:
        html = self._stage.html()
        self.asked += 1
        await self.go.wait()
        await fulfill(route, html)


async def test_a_slow_answer_does_not_overwrite_what_was_pushed_meanwhile(stage: Stage) -> None:
    stage.items.append(item(9, "asli"))
    page = await stage.open()
    slow = Slow(stage)
    stage.region = slow
    stage.items[1] = item(2, "dua, disunting")
    stage.number = 5

    stage.push(moved=5, spread=1)
    await until(lambda: slow.asked == 1)
    stage.word(6, "nisan")
    await expect(page.locator("#comment-9")).to_have_text("nisan")
    stage.push(s=[7], put=[["comment-10", "list", item(10, "baru")]], age={"comment-10": [7, 7]})
    stage.push(s=[8], cut=["comment-1"], age={"comment-1": [8, 8]})
    slow.go.set()

    await expect(page.locator("#comment-2")).to_have_text("dua, disunting")
    assert await shown(stage) == ["dua, disunting", "nisan", "baru"]


async def test_what_comes_late_for_an_answer_is_dropped(stage: Stage) -> None:
    stage.items.append(item(9, "asli"))
    page = await stage.open()
    stage.number, stage.items[2] = 7, item(9, "nisan")

    stage.push(moved=7, spread=1)
    await expect(page.locator("#comment-9")).to_have_text("nisan")
    edit(stage)
    stage.push(typing=3)
    await expect(page.locator("#typing")).to_have_text("3 orang mengetik")

    assert await shown(stage) == ["satu", "dua", "nisan"]


async def test_answers_are_asked_for_one_after_the_other(stage: Stage) -> None:
    page = await stage.open()
    most, now = 0, 0

    async def answer(route: Route) -> None:
        nonlocal most, now
        now += 1
        most = max(most, now)
        html = stage.html()
        await asyncio.sleep(0.3)
        now -= 1
        await fulfill(route, html)

    stage.region = answer
    for number in range(5, 12):
        stage.number, stage.items[1] = number, item(2, f"dua {number}")
        stage.push(moved=number, spread=1)
        await asyncio.sleep(0.1)

    await expect(page.locator("#comment-2")).to_have_text("dua 11")
    assert most == 1
    assert stage.asked <= 5


def failing(stage: Stage, times: int, **how: Any) -> Callable[[Route], Any]:
    """Answer 503, or nothing at all, so many times."""

    async def answer(route: Route) -> None:
        if stage.asked > times:
            await stage.draw(route)
        elif how.get("is_cut"):
            await route.abort()
        else:
            await fulfill(route, "", status=503)

    return answer


@pytest.mark.parametrize("is_cut", [False, True])
async def test_an_answer_that_failed_is_asked_for_again_and_the_chip_does_not_say_live(
    stage: Stage, *, is_cut: bool
) -> None:
    page = await stage.open()
    chip = page.locator("[data-live-chip]")
    stage.region = failing(stage, 2, is_cut=is_cut)
    stage.number, stage.items[1] = 6, item(2, "diubah")

    stage.push(moved=6, spread=1)

    await expect(chip).to_have_text("behind")
    await expect(page.locator("#comment-2")).to_have_text("diubah", timeout=20_000)
    await expect(chip).to_have_text("live")
    assert stage.asked == 3


async def test_a_page_that_is_behind_says_so_when_it_connects_again(stage: Stage) -> None:
    page = await stage.open()
    stage.region = failing(stage, 99)
    stage.push(moved=6, spread=1)
    await expect(page.locator("[data-live-chip]")).to_have_text("behind")

    await stage.sockets[-1].close(code=1012)

    await until(lambda: len(stage.sockets) == 2)
    assert "topic=thread%3A81%404" in stage.sockets[-1].url
    await expect(page.locator("[data-live-chip]")).to_have_text("behind")
