"""Every page a person can reach: axe, widths, colours, languages, bytes."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from playwright.sync_api import Browser

from consultations.models import Thread
from portal.accounts.models import User
from tests.e2e.pages import Load, barriers
from tests.e2e.people import EDITOR, Person
from tests.matrix import OWN_ROUTES, Town, arguments, is_entitled, town
from tests.processes import Server
from tests.test_budget import crowd

__all__ = ["town"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NOT_FOR_PEOPLE = frozenset(["healthz", "readyz"])
OFFICE = frozenset(["officer", "owner", "invited"])
"""Words of rows whose pages only an office shows; the others are seen as citizen or moderator."""

ENTRANCE = ("/account/login/", "/account/signup/", "/account/login/code/", "/tidak-ada/")
OWN = ("/account/email/", "/account/password/change/", "/account/sessions/", "/account/2fa/")
MOST_REQUESTS = 12
FOR_THE_EDITOR = 2
MOST_BYTES = 90_000


@pytest.fixture
def lively(town: Town) -> Town:
    """The town with everything that a discussion can hold: hidden, edited, answered, opined."""
    siti, budi, moderator = (town.people[name] for name in ("author", "citizen", "moderator"))
    first, second = crowd(town.thread, siti, 2)
    first.edit(by=siti, body="Di sisi kanan saja, **dekat** halte.")
    town.thread.post(author=budi, parent=first, body="Mengapa?", key=uuid4())
    second.hide(by=moderator, rule=second.rules()[0], reason="Memuat nomor telepon orang lain.")
    town.comment.edit(by=siti, body="Di sisi kiri saja, sampai pasar.")
    town.comment.opine(town.comment.pk, voter=siti, value=1)
    return town


def paths(town: Town, actor: str, words: frozenset[str] | None = None) -> Iterator[str]:
    """Every page that this kind of person may read; with words, those whose row says one."""
    for name, route in sorted(OWN_ROUTES.items()):
        row = route.rights.get("read", "")
        chosen = words is None or words & set(row.split("|"))
        if row and chosen and is_entitled(actor, row) and name not in NOT_FOR_PEOPLE:
            yield reverse(name, kwargs=arguments(route, town))


def walk(browser: Browser, server: Server, user: User | None, addresses: list[str]) -> str:
    """Visit every page; gives everything that is wrong with them, a line each."""
    person = Person(browser, server, user)
    found: list[str] = []
    for address in addresses:
        html = person.context.request.get(address).text()
        if "<html" in html:
            english = person.context.request.get(f"/en{address}").text()
            found += wrong_words(address, html, "id") + wrong_words(address, english, "en")
            found += seen(person, address)
    person.leaves()
    return "\n".join(found + person.complaints)


def wrong_words(address: str, html: str, language: str) -> list[str]:
    """Look at the words of a page: its language is said, and one heading is the first."""
    wrong = []
    if f'<html lang="{language}"' not in html:
        wrong.append(f"{address}: does not say that it is {language}")
    if (number := len(re.findall(r"<h1\b", html))) != 1:
        wrong.append(f"{address} {language}: {number} headings of the first level")
    return wrong


def seen(person: Person, address: str) -> list[str]:
    """Open the page in the browser and look for barriers."""
    load = Load(person, address)
    found = barriers(person.page)
    if load.requests > MOST_REQUESTS + FOR_THE_EDITOR * ("editor.js" in str(load)):
        found.append(f"{address}: {load.requests} requests: {load}")
    return found


def test_a_visitor_meets_no_barrier(
    browser: Browser, servers: tuple[Server, Server], lively: Town
) -> None:
    addresses = [*paths(lively, "visitor"), *ENTRANCE]

    assert walk(browser, servers[0], None, addresses) == ""


@pytest.mark.parametrize("actor", ["author", "moderator"])
def test_people_meet_no_barrier(
    browser: Browser, servers: tuple[Server, Server], lively: Town, actor: str
) -> None:
    addresses = [*paths(lively, actor), *OWN]

    assert walk(browser, servers[0], lively.people[actor], addresses) == ""


@pytest.mark.parametrize("actor", ["owner", "citizen"])
def test_an_office_meets_no_barrier(
    browser: Browser, servers: tuple[Server, Server], lively: Town, actor: str
) -> None:
    addresses = list(paths(lively, actor, OFFICE))

    assert walk(browser, servers[0], lively.people[actor], addresses) == ""


def test_what_opens_has_no_barrier(
    browser: Browser, servers: tuple[Server, Server], lively: Town
) -> None:
    person = Person(browser, servers[0], lively.people["moderator"])
    page = person.page
    person.goes_to(lively.thread.get_absolute_url())
    for form in ("replies", "hiding"):
        page.locator(f"#{lively.comment.dom_id} [href$='/{form}/']").click()
        person.sees(f"#{lively.comment.dom_id}-slot form")
        found = barriers(page)
        page.locator(f"#{lively.comment.dom_id}-slot [data-close-slot]").click()
    page.locator("details.menu > summary").click()
    found += barriers(page)

    person.goes_to(f"{lively.proposal.get_absolute_url()}edit/")
    person.sees(EDITOR)
    for opener, dialog in (("link", "link"), ("shortcuts", "shortcuts")):
        page.locator(f"[data-command={opener}]").click()
        person.sees(f"[data-editor-{dialog}]")
        found += barriers(page)
        page.keyboard.press("Escape")

    assert "\n".join(found + person.complaints) == ""
    person.leaves()


def test_a_discussion_of_fifty_comments_is_small(
    browser: Browser,
    servers: tuple[Server, Server],
    thread: Thread,
    siti: User,
    record_property: Any,
) -> None:
    thread.post(author=siti, body="Setuju.", key=uuid4())
    crowd(thread, siti, 49)
    person = Person(browser, servers[0], None)

    load = Load(person, thread.get_absolute_url())

    record_property(
        "bytes and requests of a discussion", f"{load.compressed_bytes} {load.requests}"
    )
    assert load.compressed_bytes <= MOST_BYTES, str(load)
    person.leaves()
