"""The line is cut, falls silent, loses an answer or says things twice: nothing lost or doubled."""

from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, expect

from consultations.models import Comment
from portal.accounts.models import User
from tests.e2e.people import Person
from tests.faults.proxy import Line, Proxy
from tests.processes import Server, eventually

pytestmark = [
    pytest.mark.browser,
    pytest.mark.faults,
    pytest.mark.django_db(transaction=True),
]

SAID_WITHIN, GIVE_UP = 10.0, 60_000
OF_THE_CUT = ("htmx:", "ERR_", "WebSocket connection", "Failed to load resource")


@pytest.fixture
def proxy(comment: Comment, tmp_path: Path) -> Iterator[Proxy]:
    """A process of the site, and a line to it."""
    server = Server(settings.REDIS_URL, tmp_path / "server.log")
    server.wait()
    between = Proxy(server.port)
    yield between
    between.end()
    server.kill()


@pytest.fixture
def reader(browser: Browser, proxy: Proxy, comment: Comment, budi: User) -> Iterator[Person]:
    """Budi with an open discussion, behind the line."""
    person = Person(browser, proxy, budi).goes_to(comment.thread.get_absolute_url())
    yield person
    assert [each for each in person.complaints if not any(w in each for w in OF_THE_CUT)] == []
    person.leaves()


def chip_says(person: Person, state: str) -> float:
    """Wait for the chip; gives the seconds."""
    began = monotonic()
    chip = person.page.locator("[data-live-chip]")
    expect(chip).to_have_attribute("data-state", state, timeout=GIVE_UP)
    return monotonic() - began


def bodies(comment: Comment) -> list[str]:
    return list(comment.thread.comments.order_by("pk").values_list("body", flat=True))


def test_who_is_cut_off_while_typing_and_posting_keeps_every_word(
    reader: Person, proxy: Proxy, comment: Comment, siti: User, is_long: bool,
    record_property: Callable[[str, Any], None],
) -> None:  # fmt: skip
    field = reader.page.locator(".composer [name=body]")
    field.fill("Saya sedang menulis")

    proxy.turn(Line.CUT)
    field.press_sequentially(" di kereta.")
    told = chip_says(reader, "offline")
    reader.page.locator(".composer button[type=submit]").click()
    reader.sees("[data-send-state]:not(:empty)")
    reader.page.wait_for_timeout(60_000 if is_long else 1_000)
    proxy.turn(Line.OPEN)
    chip_says(reader, "live")

    expect(field).to_have_value("Saya sedang menulis di kereta.")
    assert bodies(comment) == [comment.body]
    reader.page.locator(".composer button[type=submit]").click()
    reader.finds("Saya sedang menulis di kereta.")
    assert bodies(comment) == [comment.body, "Saya sedang menulis di kereta."]
    record_property("chip after a cut", f"{told:.2f} s")
    if is_long:
        assert told <= SAID_WITHIN


def test_an_answer_that_was_lost_makes_no_second_comment(
    reader: Person, proxy: Proxy, comment: Comment
) -> None:
    field = reader.page.locator(".composer [name=body]")
    field.fill("Hanya sekali.")

    proxy.turn(Line.DEAF)
    reader.page.locator(".composer button[type=submit]").click()
    reader.sees("[data-send-state]:not(:empty)")
    expect(field).to_have_value("Hanya sekali.")
    proxy.turn(Line.OPEN)
    assert proxy.swallowed
    chip_says(reader, "live")
    reader.page.locator(".composer button[type=submit]").click()

    expect(field).to_have_value("", timeout=GIVE_UP)
    reader.finds("Hanya sekali.")
    assert bodies(comment) == [comment.body, "Hanya sekali."]


def test_what_is_delivered_twice_counts_once(
    reader: Person, proxy: Proxy, comment: Comment
) -> None:
    proxy.turn(Line.DOUBLE)
    reader.page.locator(".composer [name=body]").fill("Dua kali tiba.")
    reader.page.locator(".composer button[type=submit]").click()
    reader.finds("Dua kali tiba.")
    reader.page.locator(f"#{comment.dom_id} [name=opinion]").first.click()
    pressed = reader.page.locator(f"#{comment.dom_id} [name=opinion][aria-pressed=true]")
    expect(pressed).to_have_count(1, timeout=GIVE_UP)
    assert eventually(lambda: proxy.doubled >= 2, seconds=60)

    assert bodies(comment) == [comment.body, "Dua kali tiba."]
    comment.refresh_from_db()
    assert comment.agree_count + comment.disagree_count + comment.pass_count == 1
    assert comment.opinions.count() == 1
