"""The log: gapless, in commit order, one transaction for many texts; checked checkpoints."""

import threading
import zlib
from uuid import uuid4

import pytest
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consultations.models import Consultation
from portal.accounts.models import User
from proposals.coedit import replay, store
from proposals.coedit.blocks import Node, Run, named, paragraph
from proposals.coedit.render import to_html, to_text
from proposals.coedit.store import Row
from proposals.models import Document, EditSession, Proposal


def row_of(document: Document, user: User, payload: bytes = b"\x00\x00") -> Row:
    client = user.pk + 5_000
    session = EditSession.objects.bind(document.pk, user=user.pk, client=client)
    assert session is not None
    return Row(user.pk, session, payload)


def another(consultation: Consultation, siti: User) -> Document:
    proposal = Proposal.start(
        consultation=consultation, author=siti, title="Lain", summary="Lain", text="Lain.",
        key=uuid4(),
    )  # fmt: skip
    return Document.objects.get(proposal=proposal)


def test_one_transaction_keeps_the_batches_of_many_texts(
    document: Document, consultation: Consultation, siti: User, budi: User
) -> None:
    other = another(consultation, siti)
    batches = {
        document.pk: [row_of(document, siti), row_of(document, budi)],
        other.pk: [row_of(other, siti)],
    }

    with CaptureQueriesContext(
        connection,
    ) as statements:
        firsts = store.commit(batches)

    assert firsts == {document.pk: 2, other.pk: 2}
    kinds = [q["sql"].split()[0] for q in statements if "SAVEPOINT" not in q["sql"]]
    assert kinds == ["SELECT", "UPDATE", "INSERT"]


def test_a_frozen_text_does_not_hold_up_the_others(
    document: Document, consultation: Consultation, siti: User, moderator: User
) -> None:
    other = another(consultation, siti)
    document.freeze(by=moderator, reason="Cukup untuk hari ini, terima kasih.")

    firsts = store.commit({document.pk: [row_of(document, siti)], other.pk: [row_of(other, siti)]})

    assert firsts == {other.pk: 2}
    assert document.updates.count() == 1


def test_hidden_proposals_take_no_edits(
    document: Document, siti: User, proposal: Proposal, moderator: User
) -> None:
    proposal.hide(by=moderator, rule=proposal.rules()[0], reason="Menghina sesama peserta forum.")

    assert store.commit({document.pk: [row_of(document, siti)]}) == {}


@pytest.mark.django_db(transaction=True)
def test_two_processes_never_number_a_row_twice_and_leave_no_hole(
    document: Document, consultation: Consultation, siti: User
) -> None:
    other = another(consultation, siti)
    rows = {each.pk: [row_of(each, siti)] * 2 for each in (document, other)}

    def commit_often() -> None:
        try:
            for _round in range(25):
                store.commit(rows)
        finally:
            close_old_connections()

    threads = [threading.Thread(target=commit_often) for _process in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for each in (document, other):
        numbers = each.updates.order_by("seq").values_list("seq", flat=True)
        assert list(numbers) == list(range(1, 152))
        assert Document.objects.get(pk=each.pk).head == 151


def test_reading_on_gives_what_came_after(document: Document, siti: User) -> None:
    store.commit({document.pk: [row_of(document, siti, b"\x00\x00")] * 3})

    assert [seq for seq, _payload in store.tail(document.pk, 2)] == [3, 4]
    assert store.tail(document.pk, 4) == []


def test_how_texts_stand_is_one_statement(document: Document, moderator: User) -> None:
    document.freeze(by=moderator, reason="Cukup untuk hari ini, terima kasih.")

    with CaptureQueriesContext(connection) as statements:
        [standing] = store.standings([document.pk]).values()

    assert len(statements) == 1
    assert (standing.is_open, standing.is_frozen, standing.reason) == (
        False,
        True,
        "Cukup untuk hari ini, terima kasih.",
    )
    assert standing.head == 1


def test_loading_counts_only_those_that_died(document: Document) -> None:
    for _load in range(5):
        assert replay.load(document.pk) is not None
    Document.objects.filter(pk=document.pk).update(loading=2)

    assert replay.load(document.pk) is not None
    document.refresh_from_db()
    assert document.loading == 0

    Document.objects.filter(pk=document.pk).update(loading=3)
    assert replay.load(document.pk) is None
    document.refresh_from_db()
    assert document.is_quarantined


@pytest.mark.parametrize(
    "poison", [b"no zlib", zlib.compress(b"\xff" * 40), zlib.compress(bytes(40_000_000))]
)
def test_a_poisoned_checkpoint_is_read_past(document: Document, poison: bytes) -> None:
    words = document.text
    document.compact()
    Document.objects.filter(pk=document.pk).update(checkpoint=poison)

    loaded = replay.load(document.pk)

    assert loaded is not None
    assert not loaded.is_whole
    assert to_text(loaded.copy.blocks()) == words
    document.refresh_from_db()
    assert document.is_quarantined


def test_a_bad_row_ends_the_text_at_its_last_good_version(
    document: Document, siti: User, budi: User
) -> None:
    document.write_plain(by=budi, text="Baik.", key=uuid4())
    store.commit({document.pk: [row_of(document, siti, b"\x01\x01\x01")]})

    loaded = replay.load(document.pk)

    assert loaded is not None
    assert (loaded.is_whole, loaded.head) == (False, 2)
    assert to_text(loaded.copy.blocks()) == "Baik."


def test_a_compaction_that_would_change_the_text_is_not_kept(
    document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    """G8."""
    monkeypatch.setattr(replay, "_is_same", lambda _whole, _copy: False)

    assert not document.compact()

    document.refresh_from_db()
    assert (document.checkpoint, document.checkpoint_seq) == (None, 0)
    assert document.is_quarantined


def test_two_compactions_at_once_keep_one(
    document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = replay._keep

    def late(number: int, since: int, *rest: object) -> bool:
        Document.objects.filter(pk=number).update(checkpoint_seq=1)
        return keep(number, since, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(replay, "_keep", late)

    assert not document.compact()


steps = st.lists(
    st.tuples(st.sampled_from("wiadc"), st.integers(0, 9), st.text("abc é🌳", max_size=6)),
    min_size=1, max_size=25,
)  # fmt: skip


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=steps)
def test_compaction_at_any_point_of_a_history_shows_the_same(
    document: Document, siti: User, history: list[tuple[str, int, str]]
) -> None:
    """G8; `c` compacts, the others write, insert, add and delete."""
    Document.objects.filter(pk=document.pk).update(quarantined_at=None)
    copy = replay.build(document.pk).copy
    seen: dict[int, str] = {}
    for kind, place, words in history:
        if kind == "c":
            document.compact()
        elif update := copy.replace(_change(kind, place, words, copy.blocks())):
            [first] = store.commit({document.pk: [row_of(document, siti, update)]}).values()
            seen[first] = to_html(copy.blocks())

    loaded = replay.load(document.pk)

    assert loaded is not None
    assert loaded.is_whole
    assert to_html(loaded.copy.blocks()) == to_html(copy.blocks())
    for number, html in seen.items():
        assert to_html(replay.replay(document.pk, number, 1).blocks()) == html


def _change(
    kind: str, place: int, words: str, blocks: list[Node]
) -> list[tuple[int, int, list[Node]]]:
    at = min(place, len(blocks))
    if kind == "d":
        return [(at, min(at + 1, len(blocks)), [])]
    if kind == "w":
        return [(at, min(at + 1, len(blocks)), named([paragraph(words)]))]
    marked = Node("paragraph", content=[Run(words, {"bold": {}})] if words else [])
    return [(at, at, named([marked]))]
