"""The browser side in Chromium, under the policy of the site: manners of a page that is live."""

import random
import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from shutil import which
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Page, Route, async_playwright, expect

from consultations.models import Thread
from portal.accounts.models import User
from portal.live.frame import Put
from portal.live.wire import Postcard, plain_client, the_hub
from tests.live import in_a_thread
from tests.processes import Server, Valkey, two_servers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

OWN_PAGE = "--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets"
"""The page is made by the test; Chromium would not let it speak to this machine otherwise."""

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"
WORDS = (
    'data-word-live="langsung" data-word-slow="lebih lambat" data-word-connecting="menyambung"'
    ' data-word-retry="menyambung lagi {n} dtk" data-word-offline="luring"'
    ' data-word-stopped="berhenti" data-word-new="{n} baru" data-word-draft="tersimpan"'
    ' data-word-typing="{n} orang mengetik" data-word-here="{n} orang di sini"'
    ' data-say-new="{n} komentar baru" data-say-lost="terputus" data-say-back="tersambung"'
)
PAGE = """<!DOCTYPE html><html lang="id"><title>Uji</title>
<link rel="stylesheet" href="/static/css/rembuk.css">
<link rel="stylesheet" href="/static/css/components.css">
<body data-participant="7">
<p hidden data-live-chip {words}><span data-live-chip-word></span></p>
<main data-live="{topic}@{number}" data-lang="id">
<section id="room" data-live-region="/uji/">
<p id="here" data-live-here="{topic}"></p><p id="typing" data-live-typing="{topic}"></p>
<ol id="list" {list}>{items}</ol></section>
<form><textarea id="words" rows="4" data-draft="room" data-typing></textarea>
<span id="kept" data-draft-state></span></form>
<p id="tall">{tall}</p>
</main><p id="line" data-live-line aria-live="polite"></p>
<script type="module" src="/static/live/live.js"></script></body></html>"""


def item(number: int, text: str = "Isi", extra: str = "", attributes: str = "") -> str:
    """Draw one comment."""
    count = f'<b data-count="comment-{number}:0">0</b>'
    return f'<li id="comment-{number}" {attributes}><p>{text} {number}</p>{count}{extra}</li>'


class Room:
    """A page of our own on the real server, and what is pushed to it."""

    def __init__(self, page: Page, server: Server, topic: str) -> None:
        self.page = page
        self.server = server
        self.topic = topic
        self.number = 0
        self.items = [item(n) for n in range(1, 4)]
        self.fetched = 0
        self.list = ""
        self.complaints: list[str] = []

    async def open(self, *, tall: bool = False, chip: str = "langsung") -> Page:
        """Load it and wait until its chip says so."""
        self._tall = "<br>" * 200 if tall else ""
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._console)
        await self.page.route("**/uji/", self._answer)
        await self.page.goto(f"http://127.0.0.1:{self.server.port}/uji/")
        await expect(self.page.locator("[data-live-chip]")).to_have_text(chip, timeout=15_000)
        return self.page

    def _console(self, message: Any) -> None:
        if message.type == "error" and "favicon" not in message.location.get("url", ""):
            self.complaints.append(message.text)

    async def _answer(self, route: Route) -> None:
        self.fetched += 1
        body = PAGE.format(
            words=WORDS,
            topic=self.topic,
            number=self.number,
            items="".join(self.items),
            tall=self._tall,
            list=self.list,
        )
        headers = {"Content-Security-Policy": POLICY, "Content-Type": "text/html; charset=utf-8"}
        await route.fulfill(body=body, headers=headers)

    def put(self, number: int, html: str, *, seq: int | None = None) -> None:
        """Push one element to the list."""
        self.number = seq or self.number + 1
        html_per_language = {"id": html, "en": html}
        put = Put(id=f"comment-{number}", into="list", html=html_per_language)
        the_hub().send(self.topic, {"s": [self.number], "put": [put]})

    def count(self, number: int, value: int, version: int) -> None:
        """Push a figure."""
        the_hub().send(self.topic, {"n": {f"comment-{number}": [value, version]}})


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    with tempfile.TemporaryDirectory(prefix="rembuk-") as home:
        server = Valkey(Path(home))
        server.start()
        yield server
        server.kill()


@pytest.fixture(scope="module")
def server(django_db_setup: None, valkey: Valkey, tmp_path_factory: Any) -> Iterator[Server]:
    with two_servers(tmp_path_factory.mktemp("pages"), valkey.url) as (first, _second):
        yield first


@pytest.fixture
async def room(
    server: Server, valkey: Valkey, thread: Thread, settings: Any
) -> AsyncIterator[Room]:
    settings.REDIS_URL = valkey.url
    plain_client.cache_clear()
    the_hub().unbind()
    the_hub().outside = Postcard(the_hub().process)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=which("chromium"), args=["--no-sandbox", OWN_PAGE]
        )
        page = await browser.new_page(viewport={"width": 800, "height": 600})
        room = Room(page, server, thread.topic)
        yield room
        assert room.complaints == []
        await browser.close()
    plain_client.cache_clear()


async def test_fifty_comments_while_somebody_types_move_nothing_and_wait_behind_the_pill(
    room: Room,
) -> None:
    page = await room.open(tall=True)
    await page.locator("#words").fill("Saya kira jalur ini")
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator("#here")).not_to_be_empty()
    before = await state_of(page)

    for number in range(101, 151):
        room.put(number, item(number))
    await expect(page.locator("[data-live-pill]")).to_have_text("50 baru")

    assert await state_of(page) == before
    await expect(page.locator("#list > li")).to_have_count(3)
    await page.locator("[data-live-pill]").click()
    await expect(page.locator("#list > li")).to_have_count(53)
    await expect(page.locator("#line")).to_have_text("50 komentar baru", timeout=9_000)
    await expect(page.locator("[data-live-pill]")).to_be_hidden()


async def state_of(page: Page) -> list[object]:
    """Where the reader is and what stands in the field."""
    field = page.locator("#words")
    return [
        await field.input_value(),
        await field.evaluate("field => [field.selectionStart, document.activeElement === field]"),
        await page.evaluate("[scrollX, scrollY]"),
        await field.bounding_box(),
    ]


async def test_a_comment_at_the_end_of_the_list_appears_by_itself_and_once(room: Room) -> None:
    page = await room.open()

    room.put(101, item(101, "Baru"))
    await expect(page.locator("#comment-101")).to_be_visible()
    room.put(101, item(101, "Disunting"))

    await expect(page.locator("#comment-101")).to_contain_text("Disunting")
    await expect(page.locator("#list > li")).to_have_count(4)
    await expect(page.locator("[data-live-pill]")).to_have_count(0)


async def test_ones_own_comment_does_not_wait(room: Room) -> None:
    page = await room.open(tall=True)
    await page.locator("#words").focus()

    room.put(101, item(101))
    room.put(102, item(102, "Milik saya", attributes='data-author="7"'))

    await expect(page.locator("#comment-102")).to_have_count(1)
    await expect(page.locator("#comment-101")).to_have_count(0)
    await expect(page.locator("[data-live-pill]")).to_have_text("1 baru")
    await expect(page.locator("#words")).to_be_focused()


async def test_a_hidden_comment_loses_its_text_and_not_the_reply_under_it(room: Room) -> None:
    reply = '<form class="reply"><textarea class="answer"></textarea></form>'
    room.items = [item(1, "Rahasia", reply), item(2)]
    page = await room.open()
    await page.locator(".answer").fill("Jawaban saya")

    room.put(1, '<li id="comment-1" data-tombstone><p>Disembunyikan moderator</p></li>')

    await expect(page.locator("#comment-1")).to_contain_text("Disembunyikan moderator")
    await expect(page.locator("#comment-1")).not_to_contain_text("Rahasia")
    await expect(page.locator(".answer")).to_have_value("Jawaban saya")
    await expect(page.locator(".answer")).to_be_focused()


async def test_a_gap_fetches_the_region_and_merges_it_by_id(room: Room) -> None:
    page = await room.open()
    room.items = [item(1), item(2, "Diubah"), item(3), item(4, "Terlewat"), item(5)]

    room.put(5, item(5), seq=3)

    await expect(page.locator("#comment-2")).to_contain_text("Diubah")
    await page.locator("[data-live-pill]").click()
    await expect(page.locator("#list > li")).to_contain_text(
        ["Isi 1", "Diubah 2", "Isi 3", "Terlewat 4", "Isi 5"]
    )
    assert room.fetched == 2


async def test_frames_dropped_doubled_and_shuffled_make_the_same_page(room: Room) -> None:
    page = await room.open()
    numbers = [*range(101, 121)]
    drawn = {number: item(number, attributes=f'data-place="{number}"') for number in numbers}
    room.items += drawn.values()
    frames = [*numbers, 105, 109]
    random.Random(3).shuffle(frames)  # noqa: S311  the same disorder every time

    for number in [number for number in frames if number % 5 or number == 120]:
        room.put(number, drawn[number], seq=number - 100)

    shown = page.locator("#list > li")
    for _look in range(50):
        if await page.locator("[data-live-pill]:visible").count():
            await page.locator("[data-live-pill]").click()
        await page.wait_for_timeout(100)
        if await shown.count() == 23:
            break
    ids = await shown.evaluate_all("items => items.map((item) => item.id)")
    assert ids == [f"comment-{number}" for number in [1, 2, 3, *numbers]]


async def test_counts_change_text_and_the_newest_version_stays(room: Room) -> None:
    page = await room.open()
    count = page.locator("#comment-2 b")

    room.count(2, 1_204, 9)
    await expect(count).to_have_text("1.204")
    room.count(2, 3, 8)
    room.put(2, item(2, "Disunting"))

    await expect(page.locator("#comment-2")).to_contain_text("Disunting")
    await expect(count).to_have_text("1.204")


async def test_what_belongs_to_another_page_of_the_list_stays_there(room: Room) -> None:
    room.list = 'data-live-from="b" data-live-until="d"'
    page = await room.open()

    room.put(101, item(101, attributes='data-place="a"'))
    room.put(102, item(102, attributes='data-place="e"'))
    room.put(103, item(103, attributes='data-place="c"'))

    await expect(page.locator("#comment-103")).to_have_count(1)
    await expect(page.locator("#list > li")).to_have_count(4)


async def test_a_draft_survives_a_reload(room: Room) -> None:
    page = await room.open()
    await page.locator("#words").fill("Belum selesai")
    await expect(page.locator("#kept")).to_have_text("tersimpan")

    await page.reload()

    await expect(page.locator("#words")).to_have_value("Belum selesai")


async def test_offline_is_said_and_the_page_catches_up(room: Room) -> None:
    page = await room.open()
    chip = page.locator("[data-live-chip]")
    await page.locator("#words").fill("Tetap di sini")

    await page.context.set_offline(offline=True)
    await expect(chip).to_have_text("luring", timeout=10_000)
    await page.context.set_offline(offline=False)

    await expect(chip).to_have_text("langsung", timeout=10_000)
    await expect(page.locator("#words")).to_have_value("Tetap di sini")


async def test_who_may_not_listen_stops_and_reads_why(room: Room) -> None:
    room.topic = "thread:999999"

    await room.open(chip="berhenti")


async def test_people_are_told_in_words(room: Room, thread: Thread, siti: User) -> None:
    page = await room.open()

    await expect(page.locator("#here")).to_have_text(re.compile(r"\d orang di sini"))
    the_hub().send(room.topic, {"typing": 2})
    await expect(page.locator("#typing")).to_have_text("2 orang mengetik")
    await expect(page.locator("#typing")).to_have_text("", timeout=9_000)
    await in_a_thread(thread.post, author=siti, body="Selesai", key=uuid4())
