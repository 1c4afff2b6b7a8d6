"""Who may write what: at the door, at every message, in every commit."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from consultations.models import Consultation
from portal.accounts.models import User
from portal.live.admission import NotAdmitted
from portal.live.hub import Hub
from portal.live.models import heads
from portal.live.publish import RIGHTS, revoke
from portal.live.socket import rights
from proposals.coedit.admission import Admission, Asked, admit_all
from proposals.coedit.consumer import admissions, wanted
from proposals.coedit.crdt import Copy
from proposals.coedit.member import QUESTIONS_BURST
from proposals.coedit.protocol import EMPTY_STATE, Sync, sync_frame
from proposals.coedit.rooms import the_rooms
from proposals.models import Document, EditSession, Proposal, Update
from tests.conftest import close
from tests.live import in_a_thread
from tests.proposals.editors import Editor, caret, editor, logged, open_editor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rooms")]


async def test_a_visitor_reads_along_and_cannot_write(document: Document, siti: User) -> None:
    reader, writer = await open_editor(document, None), await open_editor(document, siti)

    await writer.type(" Untuk semua.")
    await reader.until(lambda: "Untuk semua." in reader.text.words)
    await reader.type(" Oleh siapa?")
    await reader.until(lambda: reader.text.refused)

    assert reader.text.refused == "viewer"
    assert "siapa" not in await logged(document)
    await reader.type(" Tetap mencoba.")
    await reader.until(lambda: reader.code)
    assert reader.code == 4422


async def test_a_freeze_ends_writing_at_once_and_gives_the_reason(
    document: Document, siti: User, moderator: User
) -> None:
    """G6."""
    first = await open_editor(document, siti)

    await in_a_thread(document.freeze, by=moderator, reason="Pemungutan suara sudah dimulai.")
    await first.until(lambda: first.text.notices)
    assert first.text.notices == [{"kind": "frozen", "reason": "Pemungutan suara sudah dimulai."}]
    await first.type(" Masih?")
    await first.until(lambda: first.text.refused)

    assert first.text.refused == "frozen"
    assert "Masih" not in await logged(document)
    late = await open_editor(document, siti)
    assert late.text.notices[0]["kind"] == "frozen"
    await in_a_thread(document.thaw, by=moderator, reason="Pemungutan suara ditunda.")
    await late.until(lambda: late.text.notices[-1]["kind"] == "thawed")
    await late.type(" Lagi.")
    await late.saved()


async def test_a_freeze_that_the_room_has_not_heard_of_is_found_by_the_commit(
    document: Document, siti: User, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await open_editor(document, siti)
    monkeypatch.setattr("proposals.models.document.tell_notice", lambda *_anything: None)
    monkeypatch.setattr(the_rooms.places[document.pk].room, "take_standing", lambda _standing: None)

    await in_a_thread(document.freeze, by=moderator, reason="Selesai, menunggu keputusan.")
    await first.type(" Terlambat.")
    await first.until(lambda: first.text.refused)

    assert first.text.refused == "frozen"
    assert await Update.objects.acount() == 1
    late = await open_editor(document, siti)
    assert "Terlambat" not in late.text.words


async def test_the_end_of_the_phase_refuses_like_a_freeze(
    document: Document, consultation: Consultation, siti: User
) -> None:
    first = await open_editor(document, siti)

    await in_a_thread(close, consultation)
    await first.type(" Terlambat.")
    await first.until(lambda: first.text.refused)

    assert first.text.refused == "closed"


async def test_nobody_writes_under_the_client_id_of_another(
    document: Document, siti: User, budi: User
) -> None:
    """G7."""
    victim, thief = await open_editor(document, siti), await open_editor(document, budi)
    await victim.type(" Punya Siti.")
    await victim.saved()
    await thief.until(lambda: "Punya Siti." in thief.text.words)

    forged = type(thief.text)(victim.text.client)
    forged.doc.apply_update(thief.text.doc.get_update())
    forged.type(" Palsu.")
    for frame in forged.take_unsent():
        await thief.say(frame)
    await thief.until(lambda: thief.text.refused)

    assert thief.text.refused == "binding"
    assert "Palsu" not in await logged(document)


async def test_somebody_elses_client_id_is_refused_at_the_door(
    document: Document, siti: User, budi: User
) -> None:
    await open_editor(document, siti, client=4711)

    thief = await editor(document, budi, client=4711)
    await thief.connect()
    await thief.until(lambda: thief.code)

    assert thief.code == 4422


async def test_text_written_offline_by_an_earlier_page_is_taken(
    document: Document, siti: User
) -> None:
    first = await open_editor(document, siti)
    await first.leave()
    first.text.type(" Ditulis luring.")

    later = await editor(document, siti)
    later.text.doc.apply_update(first.text.doc.get_update())
    await later.join()
    await later.saved()

    assert "Ditulis luring." in await logged(document)
    bound = EditSession.objects.filter(document=document, user=siti)
    assert await bound.filter(client_id=first.text.client).aexists()


async def test_a_letter_on_nothing_is_refused(document: Document, siti: User) -> None:
    first = await open_editor(document, siti)
    first.text.type("a")
    first.text.type("b")
    _lost, second = first.text.take_unsent()

    await first.say(second)
    await first.until(lambda: first.text.refused)

    assert first.text.refused == "gap"


@pytest.mark.parametrize(
    ("frame", "code"), [(b"\x09", 4422), (b"", 4422), (b"\x00\x05\x00", 4422), (b"\x04\x01", 4422)]
)
async def test_what_no_editor_says_closes_the_socket(
    document: Document, siti: User, frame: bytes, code: int
) -> None:
    first = await open_editor(document, siti)

    await first.say(frame)
    await first.until(lambda: first.code)

    assert first.code == code


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"epoch": "00000000-0000-0000-0000-000000000000"}, 4409),
        ({"schema": 99}, 4426),
        ({"epoch": "nonsense"}, 4404),
        ({"schema": "9" * 5_000}, 4404),
        ({f"more{number}": 1 for number in range(9)}, 4404),
    ],
)
async def test_the_door_says_why(
    document: Document, siti: User, query: dict[str, Any], code: int
) -> None:
    odd = await editor(document, siti, **query)
    await odd.connect()
    await odd.until(lambda: odd.code)

    assert odd.code == code


@pytest.mark.parametrize("client", ["-1", "9007199254740992", "NaN", "1e3", "", "9" * 5_000])
def test_a_client_that_cannot_be_is_no_address(client: str) -> None:
    with pytest.raises(NotAdmitted) as refusal:
        wanted("/coedit/1/", f"epoch={uuid4()}&schema=1&client={client}".encode())

    assert refusal.value.code == 4404


@pytest.mark.parametrize("session", ["\0", "a\0b" * 11, "\xff" * 32, "' OR 1=1 --", "a" * 4_000])
async def test_a_login_session_that_cannot_be_is_nobodys(document: Document, session: str) -> None:
    reader = Editor(document, 4712, session)

    await reader.join()
    await reader.type(" Siapa?")
    await reader.until(lambda: reader.text.refused)

    assert (reader.code, reader.text.refused) == (None, "viewer")


async def test_not_there_and_not_yours_are_one_answer(
    document: Document, consultation: Consultation, siti: User
) -> None:
    await in_a_thread(consultation.publication.delete)

    stranger = await editor(document, siti)
    await stranger.connect()
    await stranger.until(lambda: stranger.code)

    assert stranger.code == 4404


async def test_a_foreign_page_is_not_let_in(document: Document, siti: User) -> None:
    foreign = await editor(document, siti, origin=b"https://elsewhere.example")

    assert not await foreign.connect()


async def test_a_lost_right_closes_the_editor(
    document: Document, consultation: Consultation, siti: User
) -> None:
    first = await open_editor(document, siti)

    def hide_from_everybody() -> None:
        with transaction.atomic():
            consultation.publication.delete()
            revoke(topic=consultation.topic)

    await in_a_thread(hide_from_everybody)
    await first.until(lambda: first.code)

    assert first.code == 4403


def hide(document: Document, by: User) -> None:
    proposal = Proposal.objects.get(pk=document.proposal_id)
    proposal.hide(by=by, rule=proposal.rules()[0], reason="Menghina sesama peserta forum.")


async def test_a_hidden_proposal_closes_its_editors_and_stays_closed(
    document: Document, siti: User, moderator: User
) -> None:
    first, visitor = await open_editor(document, siti), await open_editor(document, None)

    await in_a_thread(hide, document, moderator)
    for each in (first, visitor):
        await each.until(lambda: each.code)  # noqa: B023
        assert each.code == 4403

    again = await editor(document, siti)
    await again.connect()
    await again.until(lambda: again.code)
    assert again.code == 4404


async def test_of_a_hidden_text_moderators_stay_and_come_back_and_nobody_writes(
    document: Document, siti: User, moderator: User
) -> None:
    """One rule, at the door and afterwards: `Document.visible_to`."""
    there = await open_editor(document, moderator)

    await in_a_thread(hide, document, moderator)
    await there.until(lambda: there.text.notices)
    later = await open_editor(document, moderator)

    for each in (there, later):
        assert each.text.notices == [{"kind": "hidden"}]
        await each.type(" Masih?")
        await each.until(lambda: each.text.refused)  # noqa: B023
        assert (each.text.refused, each.code) == ("hidden", None)
    await later.type(" Lagi?")
    await later.until(lambda: later.code)
    assert later.code == 4422
    assert await Update.objects.acount() == 1

    hidden = await Proposal.objects.aget(pk=document.proposal_id)
    await in_a_thread(hidden.restore, by=moderator, reason="Ternyata tidak melanggar.")
    await there.until(lambda: there.text.notices[-1] == {"kind": "thawed"})
    writer = await open_editor(document, siti)
    await writer.type(" Kembali.")
    await writer.saved()


async def test_a_hide_that_no_message_tells_closes_the_editors_at_the_next_question(
    document: Document, siti: User, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every 2 s the database is asked how far revocations are."""
    first = await open_editor(document, siti)
    with monkeypatch.context() as silent:
        silent.setattr(Hub, "send_bytes", lambda *_anything, **_named: None)
        await in_a_thread(hide, document, moderator)
    await first.hear_all()
    assert first.code is None

    await rights.reaches((await in_a_thread(heads, [RIGHTS]))[RIGHTS])
    await first.until(lambda: first.code)

    assert first.code == 4403


async def test_a_right_lost_while_an_editor_is_being_admitted_closes_it(
    document: Document, siti: User, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def admitted_too_early(asked: Sequence[Asked]) -> list[Admission | NotAdmitted]:
        admitted = admit_all(asked)
        hide(document, moderator)
        return admitted

    await open_editor(document, moderator)  # the process listens to revocations already
    monkeypatch.setattr(admissions, "answer", admitted_too_early)
    late = await editor(document, siti)
    await late.connect()
    await late.until(lambda: late.code)

    assert late.code == 4403


async def test_of_a_flood_of_frames_none_is_lost(
    document: Document, siti: User, budi: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proposals.coedit.member.FRAMES_BURST", 20)
    monkeypatch.setattr("proposals.coedit.member.FRAMES", 100)
    first, second = await open_editor(document, siti), await open_editor(document, budi)

    for number in range(60):
        await first.point({"cursor": caret(number)}, clock=number + 1)
    await first.type(" Sampai juga.")
    await second.until(lambda: "Sampai juga." in second.text.words)

    await second.until(lambda: second.text.people[first.text.client]["cursor"] == caret(59))


async def test_who_asks_for_the_whole_text_again_and_again_waits_alone(
    document: Document, siti: User, budi: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty, other = await open_editor(document, siti), await open_editor(document, budi)
    asked, since = [], Copy.since

    def counted(copy: Copy, state_vector: bytes = EMPTY_STATE) -> bytes:
        asked.append(state_vector)
        return since(copy, state_vector)

    monkeypatch.setattr(Copy, "since", counted)

    for _question in range(50):
        await hasty.say(sync_frame(Sync.STEP1, EMPTY_STATE))
    await other.type(" Tetap jalan.")
    await other.saved()

    assert 0 < len(asked) <= QUESTIONS_BURST


async def test_a_reader_who_comes_back_repeats_old_deletions_and_is_not_refused(
    document: Document, siti: User, moderator: User
) -> None:
    """Once: comparing costs a copy of the text."""
    first = await open_editor(document, siti)
    first.text.delete(0, 4)
    await first.send_unsent()
    await first.saved()
    await first.leave()
    await in_a_thread(document.freeze, by=moderator, reason="Cukup untuk hari ini, terima kasih.")

    again = await editor(document, siti, client=first.text.client)
    again.text = first.text
    await again.join()
    await again.saved()
    assert (again.text.sent, again.text.refused) == (1, "")

    await again.say(sync_frame(Sync.STEP2, again.text.doc.get_update()))
    await again.until(lambda: again.text.refused)
    assert again.text.refused == "frozen"


async def test_a_new_epoch_ends_every_editor_of_the_old_one(document: Document, siti: User) -> None:
    """After a restore: clients hold others' text which the log lacks."""
    first = await open_editor(document, siti)
    epoch = uuid4()

    await Document.objects.filter(pk=document.pk).aupdate(epoch=epoch)
    the_rooms.ask_soon()
    await first.until(lambda: first.code)

    assert (first.text.notices, first.code) == ([{"kind": "epoch"}], 4409)
    again = await open_editor(document, siti, epoch=epoch)
    await again.type(" Baru.")
    await again.saved()
