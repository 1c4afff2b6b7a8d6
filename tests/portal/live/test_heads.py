"""A page says how far it is before it reads its rows: what is committed in between is pushed."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consultations.models import Comment, Consultation
from consultations.views import pages
from portal.accounts.models import User
from portal.live.models import LiveTopic, addressed, heads

Address = Callable[[Comment], str]
ADDRESSES: dict[str, Address] = {
    "consultation": lambda comment: reverse(
        "consultations:show", args=[comment.thread.consultation.slug]
    ),
    "proposals": lambda comment: reverse(
        "proposals:index", args=[comment.thread.consultation.slug]
    ),
    "thread": lambda comment: reverse("consultations:thread", args=[comment.thread_id]),
    "comment": lambda comment: reverse("consultations:comment", args=[comment.pk]),
}
ROWS = ('"consultations_consultation"."title"', '"consultations_comment"."body_html"')


@pytest.mark.parametrize("name", sorted(ADDRESSES))
@pytest.mark.django_db
def test_numbers_are_read_before_the_rows(client: Client, comment: Comment, name: str) -> None:
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(ADDRESSES[name](comment))

    statements = [query["sql"] for query in asked]
    numbers = [place for place, sql in enumerate(statements) if '"live_topic"' in sql]
    rows = [place for place, sql in enumerate(statements) if any(row in sql for row in ROWS)]
    assert answer.status_code == 200
    assert numbers[0] < rows[0]


@pytest.mark.django_db
def test_a_comment_between_the_number_and_the_rows_is_shown_and_pushed_again(
    client: Client, comment: Comment, siti: User
) -> None:
    thread = comment.thread
    before = heads([thread.topic])[thread.topic]

    def and_then(*args: Any, **kwargs: Any) -> Any:
        found = heads(*args, **kwargs)
        thread.post(author=siti, body="Di tengah-tengah", key=uuid4(), parent=comment)
        return found

    with patch.object(pages, "heads", and_then):
        page = client.get(ADDRESSES["comment"](comment)).content.decode()

    assert "Di tengah-tengah" in page
    assert f"{thread.topic}@{before}" in page


@pytest.mark.django_db
def test_one_statement_reads_what_is_known_and_what_is_behind_an_address(
    consultation: Consultation,
) -> None:
    LiveTopic.objects.update_or_create(topic=consultation.topic, defaults={"seq": 7})
    LiveTopic.objects.update_or_create(topic="user:5", defaults={"seq": 3})
    rows = Consultation.objects.filter(slug=consultation.slug)

    with CaptureQueriesContext(connection) as asked:
        found = heads(["user:5"], behind=addressed("consultation", rows))
    nowhere = heads([], behind=addressed("consultation", rows.none()))

    assert found == {consultation.topic: 7, "user:5": 3}
    assert len(asked) == 1
    assert nowhere["consultation:1"] == 0
