"""A text with a row that nothing foresaw is read only at its last good state; the site lives."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from pycrdt import Doc, XmlElement, XmlFragment

from consultations.models import Consultation
from portal.accounts.models import User
from portal.refusals import Refused
from proposals import jobs
from proposals.coedit import replay, store
from proposals.coedit.crdt import Copy
from proposals.coedit.fanout import Rows, rows_message
from proposals.coedit.protocol import number, sized
from proposals.coedit.render import to_text
from proposals.coedit.rooms import the_rooms
from proposals.models import Document, Proposal
from tests.live import in_a_thread
from tests.proposals.editors import open_editor

GOOD = "Kalimat terakhir yang baik."


def nested(levels: int) -> bytes:
    """Elements that stand in one another."""
    doc: Doc[Any] = Doc(client_id=77)
    parent: Any = doc.get("default", type=XmlFragment)
    for _level in range(levels):
        parent = parent.children.append(XmlElement("blockquote"))
    return doc.get_update()


def tied() -> bytes:
    """Two structs that wait for each other for ever."""
    one = b"\x01\x07\x00\x84" + number(8) + b"\x00" + sized(b"a")
    other = b"\x01\x08\x00\x84" + number(7) + b"\x00" + sized(b"b")
    return b"\x02" + one + other + b"\x00"


POISONS: dict[str, bytes] = {
    "no update at all": b"\xff" * 40,
    "values 30,000 deep": bytes.fromhex("010105000801017401") + b"\x75\x01" * 30_000 + b"\x7e\x00",
    "counts of 2^26": bytes.fromhex("80808020010500"),
    "elements 60 deep": nested(60),
    "elements 3,000 deep": nested(3_000),
    "structs in a circle": tied(),
    "builds on what nobody has": b"\x01\x01\x09\x05\x84\x09\x04\x01a\x00",
}


@pytest.fixture(params=POISONS)
def poisoned(
    request: pytest.FixtureRequest, document: Document, siti: User, budi: User
) -> Document:
    """The row comes after the guard at the door, as from a broken disk or a hand in the table."""
    document.write_plain(by=budi, text=GOOD, key=uuid4())
    session = document.sessions.order_by("pk").values_list("pk", flat=True)[0]
    store.commit({document.pk: [store.Row(siti.pk, session, POISONS[request.param])]})
    document.refresh_from_db()
    return document


def test_it_is_loaded_up_to_its_last_good_row_and_shut(poisoned: Document) -> None:
    loaded = replay.load(poisoned.pk)

    assert loaded is not None
    assert (loaded.is_whole, loaded.head) == (False, 2)
    assert to_text(loaded.copy.blocks()) == GOOD
    assert Document.objects.get(pk=poisoned.pk).is_quarantined
    assert Document.objects.get(pk=poisoned.pk).loading == 0


def test_its_pages_stand_and_its_form_takes_nothing(
    poisoned: Document, proposal: Proposal, budi: User
) -> None:
    browser = Client()
    browser.force_login(budi)
    place = f"/proposals/{proposal.pk}/"
    sent = {"text": "Lagi.", "key": uuid4(), "base": 2}

    assert browser.post(f"{place}text/", sent).status_code == 409

    for address in (place, f"{place}edit/", f"{place}text/"):
        page = browser.get(address)
        assert page.status_code == 200
        assert GOOD in page.text
    assert "<textarea" not in browser.get(f"{place}text/").text
    assert Document.objects.get(pk=poisoned.pk).updates.count() == 3


@pytest.mark.parametrize("verb", [Document.render, Document.compact])
def test_the_jobs_shut_it_and_show_its_last_good_state(
    poisoned: Document, verb: Callable[[Document], bool]
) -> None:
    assert not verb(poisoned)

    after = Document.objects.get(pk=poisoned.pk)
    assert after.is_quarantined
    assert (after.text, after.checkpoint) == (GOOD, None)
    assert not Document.objects.behind_their_log().exists()
    assert not Document.objects.with_long_tail().exists()


def test_a_poisoned_beginning_under_a_checkpoint_shuts_no_text_but_takes_no_old_form(
    document: Document, budi: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows before a checkpoint are only read for a form of that time."""
    for words in ("Satu.", "Dua."):
        document.write_plain(by=budi, text=words, key=uuid4())
    assert document.compact()
    whole = store.tail

    def broken(pk: int, after: int, until: int | None = None) -> list[tuple[int, bytes]]:
        rows = whole(pk, after, until)
        return [(seq, b"\xff" if seq == 1 else payload) for seq, payload in rows]

    monkeypatch.setattr(replay, "tail", broken)

    with pytest.raises(Refused):
        document.write_plain(by=budi, text="Tiga.", key=uuid4(), base=2)
    document.write_plain(by=budi, text="Tiga.", key=uuid4(), base=3)
    assert Document.objects.get(pk=document.pk).text == "Tiga."


def test_the_third_load_that_never_came_back_shuts_the_text_for_forms_and_jobs_too(
    document: Document, budi: User
) -> None:
    Document.objects.filter(pk=document.pk).update(loading=replay.MAX_LOADS)

    assert not document.render()
    assert not document.compact()
    with pytest.raises(Refused):
        document.write_plain(by=budi, text="Baru.", key=uuid4())
    assert Document.objects.get(pk=document.pk).is_quarantined


def test_a_load_that_failed_in_a_living_process_is_not_counted(
    document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_pk: int) -> replay.Loaded:
        raise TimeoutError

    monkeypatch.setattr(replay, "build", away)
    for _attempt in range(replay.MAX_LOADS + 1):
        with pytest.raises(TimeoutError):
            replay.load(document.pk)

    document.refresh_from_db()
    assert (document.loading, document.quarantined_at) == (0, None)


def test_one_bad_text_keeps_no_other_from_being_mended(
    poisoned: Document, consultation: Consultation, siti: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Proposal.start(
        consultation=consultation, author=siti, title="Lain", summary="Lain", text="Lain.",
        key=uuid4(),
    )  # fmt: skip
    Document.objects.update(rendered_seq=0, text="")
    render = Document.render

    def failing(self: Document) -> bool:
        if self.pk == poisoned.pk:
            raise MemoryError
        return render(self)

    failing.__name__ = "render"
    monkeypatch.setattr(Document, "render", failing)

    jobs.mend_renderings.func(0)

    assert Document.objects.get(proposal=other).text == "Lain."


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("rooms")
async def test_who_opens_it_reads_the_last_good_state_and_cannot_write(
    poisoned: Document, siti: User
) -> None:
    reader = await open_editor(poisoned, siti)

    assert reader.text.words == GOOD
    await reader.type("lagi")
    await reader.until(lambda: reader.text.refused)
    assert reader.text.refused == "quarantined"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("rooms")
@pytest.mark.parametrize("poison", POISONS)
async def test_a_poisoned_frame_from_redis_changes_nothing(
    poison: str, document: Document, siti: User, budi: User
) -> None:
    first, second = await open_editor(document, siti), await open_editor(document, budi)
    place = the_rooms.places[document.pk]

    place.hear(rows_message(Rows(2, 1, POISONS[poison])))
    await first.type(" Sekarang juga.")
    await first.saved()
    await second.until(lambda: "Sekarang juga." in second.text.words)

    loaded = await in_a_thread(replay.load, document.pk)
    assert loaded is not None
    assert loaded.is_whole
    assert to_text(loaded.copy.blocks()) == first.text.words == second.text.words
    assert Copy([place.room.copy.since()]).state() == loaded.state
