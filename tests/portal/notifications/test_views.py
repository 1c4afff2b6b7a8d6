"""The page of what one is told."""

from uuid import uuid4

import pytest
from django.test import Client

from consultations.models import Comment, Thread
from portal.accounts.models import User
from portal.notifications.jobs import tell_people
from portal.notifications.models import Notification

PAGE = "/me/notifications/"


@pytest.fixture
def told(thread: Thread, comment: Comment, budi: User) -> Notification:
    """Siti was told of a reply."""
    thread.post(author=budi, body="Balasan", key=uuid4(), parent=comment)
    tell_people(timestamp=0)
    return Notification.objects.get()


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def test_a_visitor_is_led_to_the_entrance(told: Notification) -> None:
    for answer in (Client().get(PAGE), Client().post(PAGE, {"until": told.pk})):
        assert answer.status_code == 302
        assert "/account/login/" in answer["Location"]
    assert Notification.objects.unread().exists()


def test_who_was_told_nothing_reads_what_will_be_here(budi: User) -> None:
    assert "Belum ada apa-apa" in signed_in(budi).get(PAGE).content.decode()


def test_the_page_stands_in_both_languages_and_in_no_cache(told: Notification, siti: User) -> None:
    browser = signed_in(siti)

    indonesian, english = browser.get(PAGE), browser.get(f"/en{PAGE}")

    assert "Ada balasan untuk komentar Anda." in indonesian.content.decode()
    assert "Somebody replied to your comment." in english.content.decode()
    assert f'href="/en/comments/{told.about.partition(":")[2]}/#' in english.content.decode()
    assert "no-store" in indonesian["Cache-Control"]


def test_a_notice_leads_to_the_place(told: Notification, siti: User) -> None:
    answer = signed_in(siti).get(told.address, follow=True)

    assert answer.status_code == 200
    assert "Balasan" in answer.content.decode()


def test_the_button_marks_what_was_on_the_page_and_goes(told: Notification, siti: User) -> None:
    browser = signed_in(siti)
    assert f'name="until" value="{told.pk}"' in browser.get(PAGE).content.decode()

    said = browser.post(PAGE, {"until": told.pk}, follow=True).content.decode()

    assert 'name="until"' not in said
    assert "Ada balasan untuk komentar Anda." in said


@pytest.mark.parametrize(
    "sent", [b"until=%00", b"until=%ED%A0%80", b"until=\xff", b"until=1&until=x"]
)
def test_broken_bytes_mark_nothing(told: Notification, siti: User, sent: bytes) -> None:
    answer = signed_in(siti).post(PAGE, sent, content_type="application/x-www-form-urlencoded")

    assert answer.status_code in {302, 400}
    assert Notification.objects.unread().exists()


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "\x00", "1.5"])
def test_an_odd_mark_in_the_address_is_no_accident(siti: User, before: str) -> None:
    assert signed_in(siti).get(PAGE, {"before": before}).status_code == 400
