"""How fast somebody may write: by person, by network, with and without Redis."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from consultations.models import Comment, Thread
from portal import limits
from portal.accounts.models import User
from portal.limits import CROWD, MINUTE, Pace, Rate, network


@pytest.fixture
def people_s_pace(settings: Any) -> None:
    settings.LIMITS_TIMES = 1


@pytest.fixture(params=["counted in Redis", "counted here"])
def counted(request: pytest.FixtureRequest, settings: Any, people_s_pace: None) -> None:
    if request.param == "counted here":
        settings.REDIS_URL = ""


def pace(number: int = 3) -> Pace:
    """A pace that no other test has spent anything of."""
    return Pace(uuid4().hex, (Rate(number, MINUTE),))


@pytest.mark.usefixtures("counted")
@pytest.mark.django_db
def test_a_person_waits_for_the_next_one_after_the_whole_number() -> None:
    slow = pace(3)

    waits = [slow.spend(person=1, address="192.0.2.1") for _each in range(5)]

    assert waits[:3] == [0, 0, 0]
    assert 18 <= waits[3] <= 20
    assert 18 <= waits[4] <= 20, "a refused one costs nothing"


@pytest.mark.usefixtures("counted")
@pytest.mark.django_db
def test_many_people_share_one_network_until_it_is_a_crowd() -> None:
    slow = pace(1)

    waits = [slow.spend(person=each, address=f"192.0.2.{each}") for each in range(CROWD + 1)]

    assert waits[:CROWD] == [0] * CROWD
    assert waits[CROWD] > 0
    assert slow.spend(person=99, address="198.51.100.1") == 0


@pytest.mark.usefixtures("counted")
@pytest.mark.django_db
def test_a_person_who_is_too_fast_takes_nothing_from_the_network() -> None:
    slow = pace(1)
    for _each in range(3 * CROWD):
        slow.spend(person=1, address="192.0.2.1")

    assert slow.spend(person=2, address="192.0.2.1") == 0


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("", "here"),
        ("unix:", "here"),
    ],
)
def test_an_address_stands_for_its_network(address: str, found: str) -> None:
    assert network(address) == found


@pytest.mark.usefixtures("people_s_pace")
@pytest.mark.django_db
def test_redis_away_is_asked_once_then_this_process_counts(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked = []

    def away(_buckets: object) -> int:
        asked.append(1)
        raise OSError("gone")

    monkeypatch.setattr(limits, "_counted", away)
    monkeypatch.setattr(limits, "_resting_until", [0.0])
    slow = pace(2)

    waits = [slow.spend(person=1, address="192.0.2.1") for _each in range(3)]

    assert waits[:2] == [0, 0]
    assert waits[2] > 0
    assert len(asked) == 1
    assert "counts by itself" in caplog.text


def test_a_shelf_forgets_full_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "KEPT", 10)
    shelf = limits.Shelf()

    for each in range(100):
        shelf.wait([(str(each), Rate(1_000_000, 1))])

    assert len(shelf._full) < 100


@pytest.fixture
def hasty(siti: User, people_s_pace: None, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A browser whose person has written just as much as one may."""
    monkeypatch.setattr(limits.WORDS.__class__, "spend", lambda *_a, **_k: 7)
    browser = Client()
    browser.force_login(siti)
    return browser


@pytest.mark.django_db
def test_too_fast_is_said_with_the_seconds_and_the_text_kept(hasty: Client, thread: Thread) -> None:
    address = reverse("consultations:comments", args=[thread.pk])

    for headers in ({}, {"HX-Request": "true"}):
        answer = hasty.post(address, {"body": "Jalur kiri", "key": uuid4()}, headers=headers)

        page = answer.content.decode()
        assert answer.status_code == 429
        assert answer["Retry-After"] == "7"
        assert "7 detik" in page
        assert "Jalur kiri" in page
    assert not Comment.objects.exists()


@pytest.mark.django_db
def test_nobody_is_too_fast_to_read(hasty: Client, thread: Thread) -> None:
    assert hasty.get(thread.get_absolute_url()).status_code == 200


@pytest.mark.usefixtures("people_s_pace")
@pytest.mark.django_db
def test_the_eleventh_comment_of_a_minute_waits(thread: Thread, siti: User) -> None:
    browser = Client(REMOTE_ADDR="203.0.113.9")
    browser.force_login(siti)
    address = reverse("consultations:comments", args=[thread.pk])

    statuses = [
        browser.post(address, {"body": f"Nomor {each}", "key": uuid4()}).status_code
        for each in range(11)
    ]

    assert statuses == [302] * 10 + [429]
    assert thread.comments.count() == 10
