"""A process of the site goes away under open pages and comes back."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from playwright.sync_api import Browser, expect

from consultations.models import Comment
from portal.accounts.models import User
from tests.e2e.people import PATIENCE, Person
from tests.processes import Server

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Start = Callable[..., Server]

OFFLINE = 15_000


@pytest.fixture
def start(comment: Comment, tmp_path: Path) -> Iterator[Start]:
    """Run a process of the site, on the port of an earlier one if need be."""
    running: list[Server] = []

    def one_more(port: int = 0) -> Server:
        log = tmp_path / f"server-{len(running)}.log"
        running.append(Server(settings.REDIS_URL, log, port=port))
        running[-1].wait()
        return running[-1]

    yield one_more
    for server in running:
        server.kill()


def test_a_page_says_that_the_site_is_away_keeps_what_is_typed_and_catches_up(
    browser: Browser, start: Start, comment: Comment, siti: User, budi: User
) -> None:
    server = start()
    person = Person(browser, server, budi).goes_to(comment.thread.get_absolute_url())
    chip = person.page.locator("[data-live-chip]")
    field = person.page.locator(".composer [name=body]")
    field.fill("Saya sedang menulis")

    server.kill()
    expect(chip).to_have_attribute("data-state", "offline", timeout=OFFLINE)
    comment.thread.post(author=siti, body="Ditulis saat situs mati.", key=uuid4())
    expect(field).to_have_value("Saya sedang menulis")
    expect(field).to_be_focused()
    start(port=server.port)

    expect(chip).to_have_attribute("data-state", "live", timeout=2 * PATIENCE)
    person.finds("Ditulis saat situs mati.")
    expect(field).to_have_value("Saya sedang menulis")
    person.page.locator(".composer button[type=submit]").click()
    person.finds("Saya sedang menulis")
    assert [each for each in person.complaints if "ERR_CONNECTION" not in each] == []
    person.leaves()
