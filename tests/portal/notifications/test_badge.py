"""The number beside the bell: one's own, on every open page of one's own, and on no other."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory

from consultations.models import Comment, Thread
from portal.accounts.models import User
from portal.notifications.badge import unread
from portal.notifications.jobs import tell_people
from portal.notifications.models import Notification
from tests.live import in_a_thread, open_page, watch


def number_for(user: object) -> int:
    request = RequestFactory().get("/")
    request.user = user  # type: ignore[assignment]
    return unread(request)["unread_count"]()


@pytest.fixture
def told(thread: Thread, comment: Comment, budi: User) -> Notification:
    """Siti was told of a reply."""
    thread.post(author=budi, body="Balasan", key=uuid4(), parent=comment)
    tell_people(timestamp=0)
    return Notification.objects.get()


def test_everybody_has_their_own_number(told: Notification, siti: User, budi: User) -> None:
    assert (number_for(siti), number_for(budi), number_for(AnonymousUser())) == (1, 0, 0)

    Notification.read_all(siti, until=told.pk)

    assert number_for(siti) == 0


def test_the_number_stands_on_every_page_of_the_person(told: Notification, siti: User) -> None:
    browser = Client()
    browser.force_login(siti)

    for address in ("/", "/en/", "/me/notifications/", told.address):
        assert f'data-count="{siti.dom_id}:0"' in browser.get(address, follow=True).content.decode()
    assert siti.dom_id not in Client().get("/").content.decode()


@pytest.mark.django_db(transaction=True)
async def test_reading_empties_the_number_in_all_tabs_of_the_person_only(
    thread: Thread, comment: Comment, siti: User, budi: User
) -> None:
    await in_a_thread(thread.post, author=budi, body="Balasan", key=uuid4(), parent=comment)
    await in_a_thread(tell_people, timestamp=0)
    tabs = [(await watch(siti, user=siti))[0] for _each in range(2)]
    other, _connected = await watch(budi, user=budi)

    newest = await Notification.objects.aget()
    assert await in_a_thread(Notification.read_all, siti, until=newest.pk) == 1
    for tab in tabs:
        assert (await tab.told())["n"][siti.dom_id][0] == 0
    assert await other.receive_nothing()

    assert await in_a_thread(Notification.read_all, siti, until=newest.pk) == 0
    assert await tabs[0].receive_nothing()
    for page in (*tabs, other):
        await page.disconnect()


@pytest.mark.django_db(transaction=True)
async def test_a_stranger_may_not_listen_to_the_number(siti: User, budi: User) -> None:
    for user, code in ((budi, 4404), (None, 4401)):
        page = await open_page([f"{siti.topic}@0"], user=user)
        await page.connect()

        assert await page.closing_code() == code
