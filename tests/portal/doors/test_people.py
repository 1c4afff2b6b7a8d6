"""How a person appears: the page, and what it changes elsewhere."""

import pytest
from django.test import Client

from consultations.models import Comment, Participant
from portal.accounts.models import User
from portal.journal.models import Entry

SETTINGS = {"pseudonym": "Siti A.", "language": "id", "time_zone": "Asia/Makassar"}

pytestmark = pytest.mark.django_db


def test_a_new_name_stands_beside_what_was_written_before(
    client: Client, siti: User, comment: Comment
) -> None:
    client.force_login(siti)

    client.post("/me/", SETTINGS)

    page = client.get(comment.thread.get_absolute_url()).content.decode()
    assert '<h3 class="comment__author">Siti A.</h3>' in page
    assert Participant.objects.get(person=siti).pseudonym == "Siti A."


def test_nobody_else_is_renamed(siti: User, budi: User, comment: Comment) -> None:
    comment.thread.consultation.participants.create(person=budi, pseudonym="Budi")

    Participant.appear_as(siti, **SETTINGS)

    assert Participant.objects.get(person=budi).pseudonym == "Budi"


def test_the_journal_says_that_somebody_took_another_name_not_which(siti: User) -> None:
    Participant.appear_as(siti, **SETTINGS)
    Participant.appear_as(siti, **(SETTINGS | {"language": "en"}))

    lines = Entry.objects.filter(topic=siti.topic).order_by("pk")
    assert [line.verb for line in lines] == ["renamed", "adjusted"]
    assert "Siti" not in str([line.details for line in lines])


def test_a_name_that_cannot_be_stored_changes_nothing(
    client: Client, siti: User, comment: Comment
) -> None:
    client.force_login(siti)

    answer = client.post("/me/", {**SETTINGS, "pseudonym": "Moderator1"})

    assert answer.status_code == 422
    assert Participant.objects.get(person=siti).pseudonym == "Siti"
    assert not Entry.objects.filter(topic=siti.topic).exists()
