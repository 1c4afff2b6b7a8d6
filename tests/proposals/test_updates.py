"""Rows of a text's log, and whose every character is: both only grow."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from pytest_django import DjangoAssertNumQueries

from portal.accounts.models import User
from portal.journal.models import ClockTimestamp
from portal.refusals import Refused
from proposals.coedit import store
from proposals.models import Document, EditSession, Update, update


@pytest.mark.parametrize(
    "harm",
    [
        lambda rows: rows.update(payload=b"\x00\x00"),
        lambda rows: rows.delete(),
    ],
)
def test_the_log_only_grows(document: Document, harm: Callable[[object], object]) -> None:
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
        harm(document.updates.all())


def test_a_client_id_belongs_to_one_person_for_good(
    document: Document, siti: User, budi: User
) -> None:
    first = EditSession.objects.bind(document.pk, user=siti.pk, client=77)

    assert EditSession.objects.bind(document.pk, user=siti.pk, client=77) == first
    assert EditSession.objects.bind(document.pk, user=budi.pk, client=77) is None


def test_not_even_an_emptying_gets_through(document: Document) -> None:
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match="only grows"):
            cursor.execute("TRUNCATE proposals_update CASCADE")
        transaction.set_rollback(True)


def test_one_number_is_one_row(document: Document, siti: User) -> None:
    row = document.updates.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        Update.objects.create(
            document=document, seq=row.seq, author=siti, session=row.session,
            kind=Update.Kind.EDIT, payload=b"", sha256=b"",
        )  # fmt: skip


def test_every_row_has_its_digest(document: Document, budi: User) -> None:
    document.write_plain(by=budi, text="Satu.", key=uuid4())

    for row in document.updates.all():
        assert bytes(row.sha256) == sha256(bytes(row.payload)).digest()


def test_nobody_collects_client_ids_without_end(
    document: Document, budi: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update, "MANY_SESSIONS", 3)
    for client in range(3):
        assert EditSession.objects.bind(document.pk, user=budi.pk, client=client)

    with pytest.raises(Refused):
        EditSession.objects.bind(document.pk, user=budi.pk, client=99)
    assert EditSession.objects.bind(document.pk, user=budi.pk, client=2)


def test_what_was_opened_before_today_shuts_nobody_out(
    document: Document, budi: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update, "MANY_SESSIONS", 3)
    for client in range(3):
        EditSession.objects.bind(document.pk, user=budi.pk, client=client)
    EditSession.objects.update(opened_at=ClockTimestamp() - timedelta(days=1))

    assert EditSession.objects.bind(document.pk, user=budi.pk, client=99)


def test_rows_say_who_wrote_when_by_the_clock_of_the_database(
    document: Document, siti: User
) -> None:
    row = store.Row(siti.pk, document.sessions.get().pk, b"\x00\x00")
    store.commit({document.pk: [row]})

    first, second = document.updates.order_by("seq")

    assert second.author == siti
    assert second.created_at > first.created_at


def test_a_crowd_is_bound_in_as_many_statements_as_one(
    document: Document, siti: User, budi: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    EditSession.objects.bind(document.pk, user=budi.pk, client=1)
    wishes = [(document.pk, person.pk, client) for person in (siti, budi) for client in range(20)]

    with django_assert_num_queries(2):
        bound = EditSession.objects.bind_all(wishes)

    assert bound[document.pk, siti.pk, 1] is None
    assert bound[document.pk, budi.pk, 1] is not None
    for client in range(20):
        owners = [bound[document.pk, person.pk, client] for person in (siti, budi)]
        assert owners.count(None) == 1
    with django_assert_num_queries(1):
        assert EditSession.objects.bind_all(wishes) == bound
