"""Promise 11: read, comment and opine with keys alone, 320 pixels wide, without scripts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from consultations.models import Comment, Opinion
from portal.accounts.models import User
from tests.e2e.conftest import (
    browser_type_launch_args,
    rows_may_be_asked_beside_the_browser,
    servers,
)
from tests.e2e.people import Person
from tests.processes import Server

__all__ = ["browser_type_launch_args", "rows_may_be_asked_beside_the_browser", "servers"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NARROW = {"width": 320, "height": 640}
MOST_STEPS = 60
WORDS = "Sisi kanan lebih teduh."


@pytest.fixture
def budi_at_his_phone(
    browser: Browser, servers: tuple[Server, Server], budi: User
) -> Iterator[Person]:
    person = Person(browser, servers[0], budi, java_script_enabled=False, viewport=NARROW)
    yield person
    assert person.complaints == []
    person.leaves()


def tab_to(person: Person, place: str) -> None:
    """Press Tab until the focus is there; a place that keys do not reach fails."""
    for _step in range(MOST_STEPS):
        person.page.keyboard.press("Tab")
        if person.page.locator(f"{place}:focus").count():
            return
    raise AssertionError(f"{place} cannot be reached with keys on {person.page.url}")


def is_narrow_enough(person: Person) -> bool:
    """Whether nothing has to be scrolled sideways."""
    width = person.page.evaluate("document.documentElement.scrollWidth")
    return bool(width <= NARROW["width"])


def test_the_whole_way_with_keys_on_a_narrow_phone_without_scripts(
    budi_at_his_phone: Person, comment: Comment, budi: User
) -> None:
    person, page = budi_at_his_phone, budi_at_his_phone.page
    person.goes_to(comment.thread.consultation.get_absolute_url())
    assert is_narrow_enough(person)

    tab_to(person, f"main a[href='{comment.thread.get_absolute_url()}']")
    page.keyboard.press("Enter")
    person.sees(f"#{comment.dom_id}", comment.body)
    assert is_narrow_enough(person)

    tab_to(person, f"#{comment.dom_id} .opinion__button")
    page.keyboard.press("Enter")
    expect(page.locator(f"#{comment.dom_id} .opinion__count").first).to_have_text("1")

    tab_to(person, ".composer [name=body]")
    page.keyboard.type(WORDS)
    tab_to(person, ".composer button[type=submit]")
    page.keyboard.press("Enter")
    person.sees(f".comment >> text={WORDS}")
    assert is_narrow_enough(person)

    assert Opinion.objects.get().value == 1
    assert Comment.objects.filter(body=WORDS, author__person=budi).count() == 1
