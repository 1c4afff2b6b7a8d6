"""What leaves a verb: numbers in the order of commits, one partial per language, nothing early."""

import threading
from collections.abc import Callable
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import OperationalError, connection, transaction
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from consultations.models import Comment, Consultation, Thread
from portal.accounts.models import User
from portal.live import publish
from portal.live.frame import Payload
from portal.live.models import LiveTopic, Revocation, heads
from portal.live.wire import the_hub

Sent = list[tuple[str, Payload]]


@pytest.fixture
def sent() -> Any:
    """What is handed to the hub, in order."""
    handed: Sent = []
    with patch.object(the_hub(), "send", lambda topic, payload: handed.append((topic, payload))):
        yield handed


@pytest.mark.django_db(transaction=True)
def test_the_push_carries_the_bytes_of_the_page_in_both_languages(
    thread: Thread, siti: User, sent: Sent
) -> None:
    comment = thread.post(author=siti, body="Saya **setuju**.", key=uuid4())

    (put,) = next(payload["put"] for name, payload in sent if payload.get("put"))
    assert (put["id"], put["into"]) == (comment.dom_id, f"{thread.dom_id}-comments")
    for language in ("id", "en"):
        with translation.override(language):
            page = render_to_string(Comment.partial, comment.partial_context())
        assert put["html"][language] == page
    assert "<strong>setuju</strong>" in put["html"]["id"]


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gaps_and_one_message_tells_all_of_a_verb(
    thread: Thread, consultation: Consultation, siti: User, sent: Sent
) -> None:
    comment = thread.post(author=siti, body="Setuju", key=uuid4())
    with transaction.atomic():
        comment.broadcast_replace_on(thread)
        comment.broadcast_replace_on(thread, consultation)
        comment.broadcast_remove_from(consultation)

    assert heads([thread.topic]) == {thread.topic: 2}
    assert [number for name, p in sent if name == thread.topic for number in p.get("s", ())] == [
        1,
        2,
    ]
    (last,) = [payload for name, payload in sent if name == consultation.topic][-1:]
    assert [cut["id"] for cut in last.get("cut", ())] == [comment.dom_id]
    assert "put" not in last


@pytest.mark.django_db(transaction=True)
def test_what_a_savepoint_rolled_back_takes_no_number_and_is_not_told(
    thread: Thread, consultation: Consultation, siti: User, sent: Sent
) -> None:
    comment = thread.post(author=siti, body="Setuju", key=uuid4())
    before = heads([thread.topic, consultation.topic])
    sent.clear()

    with transaction.atomic():
        comment.broadcast_replace_on(consultation)
        with pytest.raises(RuntimeError), transaction.atomic():
            give_up(comment, thread)

    after = heads([thread.topic, consultation.topic])
    assert after[thread.topic] == before[thread.topic]
    assert after[consultation.topic] == before[consultation.topic] + 1
    assert [name for name, _payload in sent] == [consultation.topic]


def give_up(comment: Comment, thread: Thread) -> None:
    comment.broadcast_replace_on(thread)
    raise RuntimeError


@pytest.mark.django_db(transaction=True)
def test_all_topics_are_numbered_by_the_last_statement_in_sorted_order(
    thread: Thread, consultation: Consultation, siti: User, sent: Sent
) -> None:
    comment = thread.post(author=siti, body="Setuju", key=uuid4())

    with CaptureQueriesContext(connection) as asked, transaction.atomic():
        comment.broadcast_replace_on(thread)
        comment.broadcast_replace_on(siti, consultation)
        Comment.objects.filter(pk=comment.pk).exists()

    statements = [query["sql"] for query in asked]
    numbering = [sql for sql in statements if "live_topic" in sql]
    assert len(numbering) == 1
    assert statements.index(numbering[0]) == len(statements) - 2  # then COMMIT
    names = sorted([thread.topic, siti.topic, consultation.topic])
    assert [numbering[0].index(name) for name in names] == sorted(
        numbering[0].index(name) for name in names
    )


@pytest.mark.django_db(transaction=True)
def test_two_verbs_over_the_same_topics_in_two_orders_do_not_deadlock(
    thread: Thread, consultation: Consultation, siti: User, sent: Sent
) -> None:
    comment = thread.post(author=siti, body="Setuju", key=uuid4())
    before = heads([thread.topic, consultation.topic])
    start = threading.Barrier(2)
    failures: list[Exception] = []

    def verb(*parents: Any) -> Callable[[], None]:
        def run() -> None:
            try:
                start.wait(5)
                for _round in range(25):
                    with transaction.atomic():
                        for parent in parents:
                            comment.broadcast_replace_on(parent)
            except (OperationalError, threading.BrokenBarrierError) as error:
                failures.append(error)
            finally:
                connection.close()

        return run

    threads = [
        threading.Thread(target=verb(thread, consultation)),
        threading.Thread(target=verb(consultation, thread)),
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)

    assert failures == []
    after = heads([thread.topic, consultation.topic])
    assert {topic: after[topic] - before[topic] for topic in after} == dict.fromkeys(after, 50)


@pytest.mark.django_db(transaction=True)
def test_a_number_is_visible_only_with_its_rows_and_in_the_order_of_commits(
    thread: Thread, siti: User, sent: Sent
) -> None:
    comment = thread.post(author=siti, body="Setuju", key=uuid4())
    seen: list[int] = []

    with transaction.atomic():
        comment.broadcast_replace_on(thread)
        other = threading.Thread(target=lambda: seen.append(seen_by_another(thread.topic)))
        other.start()
        other.join(10)

    assert seen == [1]
    assert heads([thread.topic]) == {thread.topic: 2}


def seen_by_another(topic: str) -> int:
    try:
        return heads([topic])[topic]
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_counts_take_no_number_and_no_statement(comment: Comment, budi: User, sent: Sent) -> None:
    before = heads([comment.thread.topic])
    sent.clear()

    with CaptureQueriesContext(connection) as asked:
        Comment.opine(comment.pk, voter=budi, value=1)

    assert heads([comment.thread.topic]) == before
    assert not [query for query in asked if "live_topic" in query["sql"]]
    (message,) = [payload for _topic, payload in sent]
    assert message["n"][comment.dom_id][:3] == [1, 0, 0]


@pytest.mark.django_db(transaction=True)
def test_a_mishap_after_the_commit_does_not_reach_the_person(
    thread: Thread, siti: User, sent: Sent, caplog: pytest.LogCaptureFixture
) -> None:
    with patch.object(Comment, "partial_context", side_effect=RuntimeError("no partial")):
        comment = thread.post(author=siti, body="Setuju", key=uuid4())

    assert Comment.objects.filter(pk=comment.pk).exists()
    assert "could not be told" in caplog.text
    assert [payload["moved"] for _topic, payload in sent if "moved" in payload] == [1]


@pytest.mark.django_db(transaction=True)
def test_a_fragment_over_32_kilobytes_says_moved(thread: Thread, siti: User, sent: Sent) -> None:
    comment = thread.post(author=siti, body="Setuju", key=uuid4())
    sent.clear()

    with patch.object(publish, "render_to_string", return_value="x" * 33_000):
        comment.broadcast_replace_on(thread)

    assert sent == [(thread.topic, {"moved": 2})]


@pytest.mark.django_db(transaction=True)
def test_a_revocation_is_a_row_with_the_number_of_its_topic(siti: User, sent: Sent) -> None:
    with transaction.atomic():
        publish.revoke(user=siti)
        publish.revoke(topic="consultation:5")
    with pytest.raises(RuntimeError), transaction.atomic():
        revoke_and_give_up(siti)

    rows = Revocation.objects.order_by("pk").values_list("seq", "user_id", "topic")
    assert list(rows) == [(1, siti.pk, ""), (1, None, "consultation:5")]
    assert LiveTopic.objects.get(topic="rights").seq == 1


def revoke_and_give_up(user: User) -> None:
    publish.revoke(user=user)
    raise RuntimeError
