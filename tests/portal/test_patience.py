"""Nobody waits for ever on the database: neither for a lock of the dead nor on a silent line."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from django.db import connection
from django.test import Client
from psycopg.conninfo import make_conninfo

from consultations.models import Comment, Thread
from portal.accounts.models import User
from portal.live.database.base import PATIENCE
from portal.watchdog import conninfo


@pytest.fixture
def frozen(thread: Thread) -> Iterator[psycopg.Connection]:
    """A process that was stopped in the middle of an act on the thread."""
    with psycopg.connect(make_conninfo("", **conninfo())) as other:
        other.execute("SELECT FROM consultations_thread WHERE id = %s FOR UPDATE", [thread.pk])
        yield other


@pytest.mark.django_db(transaction=True)
def test_a_lock_that_is_not_given_back_gives_back_the_words_and_the_thread_of_the_server(
    frozen: psycopg.Connection, thread: Thread, siti: User
) -> None:
    browser = Client()
    browser.force_login(siti)
    words = {"body": "Kata saya.", "key": uuid4()}

    answer = browser.post(f"/threads/{thread.pk}/comments/", words)
    frozen.rollback()
    again = browser.post(f"/threads/{thread.pk}/comments/", words)

    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert "Kata saya." in answer.content.decode()
    assert again.status_code == 302
    assert Comment.objects.filter(body="Kata saya.").count() == 1


def test_who_holds_rows_and_does_nothing_is_let_go() -> None:
    assert "idle_in_transaction_session_timeout=60s" in str(PATIENCE["options"])


@pytest.mark.django_db
def test_a_line_that_went_silent_is_given_up_after_seconds() -> None:
    connection.ensure_connection()

    known = connection.connection.info.get_parameters()

    assert known["tcp_user_timeout"] == "9000"
    assert (known["keepalives_idle"], known["keepalives_count"]) == ("3", "3")
