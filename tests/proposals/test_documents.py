"""What is promised about the text of a proposal."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template.loader import render_to_string

from consultations.models import Consultation, Phase
from portal.accounts.models import User
from portal.journal.models import Entry
from portal.refusals import KeyReused, Refused
from proposals.coedit import replay, store
from proposals.coedit.blocks import paragraph
from proposals.coedit.render import to_text
from proposals.models import Document, Proposal, Update
from tests.conftest import close


def test_a_proposal_begins_with_its_text_as_one_row_of_the_log(
    document: Document, siti: User
) -> None:
    row = document.updates.get()

    assert (document.head, row.seq, row.kind, row.author) == (1, 1, Update.Kind.SEED, siti)
    assert "<strong>jalur sepeda</strong>" in document.html
    assert document.text == "Kami minta jalur sepeda di Jalan Cemara.\nAlasannya keselamatan."
    assert document.sessions.get().user == siti


def test_the_form_gives_the_text_back_as_it_was(document: Document) -> None:
    text, number = document.form_text()

    assert text == "Kami minta **jalur sepeda** di Jalan Cemara.\n\nAlasannya keselamatan."
    assert number == 1


def test_a_plain_form_changes_only_the_blocks_that_it_changed(
    document: Document, budi: User
) -> None:
    before = replay.build(document.pk).copy.blocks()
    text, number = document.form_text()

    document.write_plain(
        by=budi, text=text.replace("keselamatan", "kesehatan"), key=uuid4(), base=number
    )

    document.refresh_from_db()
    after = replay.build(document.pk).copy.blocks()
    assert document.head == document.rendered_seq == 2
    assert "Alasannya kesehatan." in document.text
    assert before[0].attributes == after[0].attributes
    assert before[1].attributes != after[1].attributes
    assert document.updates.get(seq=2).author == budi


def test_the_same_form_twice_is_one_update(document: Document, budi: User) -> None:
    key = uuid4()

    for _attempt in range(2):
        document.write_plain(by=budi, text="Pendek saja.", key=key)

    assert document.updates.count() == 2
    with pytest.raises(KeyReused):
        document.write_plain(by=budi, text="Lain.", key=key)


def test_two_forms_over_different_paragraphs_keep_both(
    document: Document, siti: User, budi: User
) -> None:
    text, number = document.form_text()

    document.write_plain(by=siti, text=text.replace("Cemara", "Kenari"), key=uuid4(), base=number)
    document.write_plain(
        by=budi, text=text.replace("keselamatan", "kesehatan"), key=uuid4(), base=number
    )

    document.refresh_from_db()
    assert "Kenari" in document.text
    assert "kesehatan" in document.text


def test_two_forms_over_the_same_paragraph_keep_the_first_and_tell_the_second(
    document: Document, siti: User, budi: User
) -> None:
    text, number = document.form_text()
    document.write_plain(by=siti, text=text.replace("Cemara", "Kenari"), key=uuid4(), base=number)

    with pytest.raises(Refused, match=r"paragra"):
        document.write_plain(
            by=budi, text=text.replace("Cemara", "Melati"), key=uuid4(), base=number
        )

    document.refresh_from_db()
    assert "Kenari" in document.text


def test_a_form_that_changes_nothing_writes_nothing(document: Document, budi: User) -> None:
    text, number = document.form_text()

    document.write_plain(by=budi, text=text, key=uuid4(), base=number)

    assert document.updates.count() == 1


def test_a_moderator_freezes_and_thaws_with_a_line_in_the_journal(
    document: Document, moderator: User, budi: User
) -> None:
    document.freeze(by=moderator, reason="Pemungutan suara dimulai.")

    document.refresh_from_db()
    assert document.is_frozen
    assert "Pemungutan suara dimulai." in document.why_closed_to(budi)
    with pytest.raises(Refused, match="Pemungutan suara"):
        document.write_plain(by=budi, text="Masih bisa?", key=uuid4())

    document.thaw(by=moderator, reason="Pemungutan suara ditunda.")
    document.write_plain(by=budi, text="Bisa lagi.", key=uuid4())
    lines = Entry.objects.filter(topic=document.topic).order_by("pk")
    assert list(lines.values_list("verb", flat=True)) == ["frozen", "thawed", "edited"]


def test_only_a_moderator_freezes(document: Document, siti: User, officer: User) -> None:
    for person in (siti, officer):
        with pytest.raises(Refused):
            document.freeze(by=person, reason="Saya ingin.")


def test_freezing_twice_and_thawing_what_is_open_are_refused(
    document: Document, moderator: User
) -> None:
    with pytest.raises(Refused):
        document.thaw(by=moderator, reason="Untuk apa?")
    with pytest.raises(Refused):
        document.freeze(by=moderator, reason="Terlalu pendek" + " " * 20)
    document.freeze(by=moderator, reason="Sudah disepakati bersama.")
    with pytest.raises(Refused):
        document.freeze(by=moderator, reason="Lagi.")


def test_nobody_writes_outside_the_phase(
    document: Document, consultation: Consultation, budi: User
) -> None:
    close(consultation, Phase.Activity.COEDIT)

    assert not document.writable_by(budi)
    with pytest.raises(Refused):
        document.write_plain(by=budi, text="Terlambat.", key=uuid4())


def test_a_stranger_does_not_see_the_text_of_a_draft(
    document: Document, consultation: Consultation, budi: User, moderator: User
) -> None:
    consultation.publication.delete()

    assert not Document.objects.visible_to(budi).exists()
    assert Document.objects.visible_to(moderator).get() == document


def test_an_older_rendering_never_replaces_a_newer_one(document: Document, budi: User) -> None:
    document.write_plain(by=budi, text="Baru.", key=uuid4())

    assert not document.show(seq=1, blocks=[paragraph("Lama.")])

    document.refresh_from_db()
    assert document.html.startswith("<p")
    assert document.text == "Baru."


def test_a_rendering_that_was_missed_is_made_from_the_log(document: Document, budi: User) -> None:
    document.write_plain(by=budi, text="Baru.", key=uuid4())
    Document.objects.filter(pk=document.pk).update(rendered_seq=1, html="", text="")

    [behind] = Document.objects.behind_their_log()
    assert behind.render()

    document.refresh_from_db()
    assert (document.text, document.rendered_seq) == ("Baru.", 2)


def test_compaction_keeps_the_rows_and_the_text(document: Document, budi: User) -> None:
    for number in range(5):
        document.write_plain(by=budi, text=f"Kalimat {number}.", key=uuid4())
    before = to_text(replay.build(document.pk).copy.blocks())

    assert document.compact()

    document.refresh_from_db()
    assert (document.checkpoint_seq, document.updates.count()) == (6, 6)
    assert to_text(replay.build(document.pk).copy.blocks()) == before
    assert not document.compact()


def test_the_text_of_an_earlier_number_is_what_was_seen_then(
    document: Document, budi: User
) -> None:
    seen = {1: document.text}
    for number in range(2, 6):
        document.write_plain(by=budi, text=f"Kalimat {number}.\n\nTetap.", key=uuid4())
        document.refresh_from_db()
        seen[number] = document.text
        document.compact()

    for number, text in seen.items():
        assert to_text(replay.replay(document.pk, number, 1).blocks()) == text


def test_a_long_tail_waits_for_compaction(document: Document) -> None:
    assert not Document.objects.with_long_tail().exists()

    Document.objects.filter(pk=document.pk).update(head=501)

    assert Document.objects.with_long_tail().get() == document


def test_the_commit_asks_the_database_whether_the_text_is_open(
    document: Document, moderator: User, siti: User, proposal: Proposal
) -> None:
    row = store.Row(siti.pk, document.sessions.get().pk, b"\x00\x00")
    assert store.commit({document.pk: [row]}) == {document.pk: 2}

    document.freeze(by=moderator, reason="Selesai, menunggu keputusan.")

    assert store.commit({document.pk: [row]}) == {}
    assert document.updates.count() == 2


def test_the_text_of_a_hidden_proposal_is_for_moderators_alone(
    document: Document, proposal: Proposal, siti: User, budi: User, moderator: User
) -> None:
    proposal.hide(by=moderator, rule=proposal.rules()[0], reason="Menghina sesama peserta forum.")

    for person in (siti, budi, AnonymousUser()):
        assert not Document.objects.visible_to(person).exists()
    assert Document.objects.visible_to(moderator).get() == document
    fresh = Document.objects.for_display().get(pk=document.pk)
    assert "jalur" not in render_to_string(fresh.partial, fresh.partial_context())
