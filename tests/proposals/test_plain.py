"""The plain form takes what can be kept, quickly, and says in a sentence what it does not take."""

from uuid import uuid4

import pytest
from django.test import Client

from consultations.models import Consultation
from portal.accounts.models import User
from portal.refusals import KeyReused, Refused
from proposals.coedit import replay
from proposals.coedit.blocks import paragraph
from proposals.coedit.crdt import Copy
from proposals.models import Document, Proposal, Update


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_text_of_too_many_paragraphs_comes_back_with_a_sentence_and_its_words(
    document: Document, proposal: Proposal, budi: User
) -> None:
    words = "\n\n".join(["kata"] * 2_001)

    answer = signed_in(budi).post(
        f"/proposals/{proposal.pk}/text/", {"text": words, "key": uuid4(), "base": 1}
    )

    assert answer.status_code == 422
    assert "2.000" in answer.text
    assert "kata\n\nkata" in answer.text.replace("\r\n", "\n")
    assert document.updates.count() == 1


def test_a_proposal_of_too_many_paragraphs_comes_back_too(
    consultation: Consultation, budi: User
) -> None:
    answer = signed_in(budi).post(
        f"/consultations/{consultation.slug}/proposals/new/",
        {"title": "Judul", "summary": "Ringkas", "text": "a\n\n" * 13_000, "key": uuid4()},
    )

    assert answer.status_code == 422
    assert not Proposal.objects.exists()


def test_the_verb_refuses_it_at_every_other_door(document: Document, budi: User) -> None:
    with pytest.raises(Refused, match=r"2[.,]000"):
        document.write_plain(by=budi, text="kata\n\n" * 5_000, key=uuid4())

    with pytest.raises(Refused, match="9"):
        document.write_plain(by=budi, text="> " * 25 + "a", key=uuid4())


def test_nothing_is_parsed_or_loaded_while_the_row_is_held(
    document: Document, budi: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    monkeypatch.setattr(Document, "lock", lambda _self: steps.append("lock"))
    load = replay.load

    def told(pk: int) -> replay.Loaded | None:
        steps.append("load")
        return load(pk)

    monkeypatch.setattr(replay, "load", told)

    document.write_plain(by=budi, text="Baru.", key=uuid4(), base=1)

    assert steps == ["load", "lock"]


def test_the_same_key_in_two_texts_is_two_updates(
    consultation: Consultation, document: Document, siti: User, budi: User
) -> None:
    other = Proposal.start(
        consultation=consultation, author=siti, title="Lain", summary="Lain", text="Lain.",
        key=uuid4(),
    )  # fmt: skip
    key = uuid4()

    for each in (document, Document.objects.get(proposal=other)):
        each.write_plain(by=budi, text="Ditulis ulang.", key=key)

    assert Update.objects.filter(key=key, author=budi).count() == 2


def test_two_people_may_use_the_same_key(document: Document, siti: User, budi: User) -> None:
    key = uuid4()

    document.write_plain(by=siti, text="Satu.", key=key)
    document.write_plain(by=budi, text="Dua.", key=key)

    assert document.updates.count() == 3
    with pytest.raises(KeyReused):
        document.write_plain(by=budi, text="Tiga.", key=key)


def test_what_was_written_since_the_form_was_loaded_is_kept(
    document: Document, siti: User, budi: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's form comes in between loading and locking."""
    text, number = document.form_text()
    lock = Document.lock
    others = [text.replace("Cemara", "Kenari")]

    def after_another(self: Document) -> None:
        if others:
            Document.objects.get(pk=self.pk).write_plain(
                by=siti, text=others.pop(), key=uuid4(), base=number
            )
        lock(self)

    monkeypatch.setattr(Document, "lock", after_another)
    document.write_plain(
        by=budi, text=text.replace("keselamatan", "kesehatan"), key=uuid4(), base=number
    )

    document.refresh_from_db()
    assert "Kenari" in document.text
    assert "kesehatan" in document.text


def test_a_text_that_would_be_refused_when_it_is_loaded_is_not_kept(
    document: Document, budi: User
) -> None:
    """A link as long as a book stays words: as a mark it would have shut the text for everybody."""
    link = f"[sini](https://contoh.id/{'a' * 5_000})"

    document.write_plain(by=budi, text=link, key=uuid4())

    loaded = replay.load(document.pk)
    assert loaded is not None
    assert loaded.is_whole


def test_a_text_over_the_size_is_refused(
    document: Document, budi: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proposals.coedit.plain.LARGEST", 1_000)

    with pytest.raises(Refused, match=r"400[.,]000"):
        document.write_plain(by=budi, text="huruf " * 500, key=uuid4())


def test_blocks_are_put_from_the_end_so_that_no_place_is_searched_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    places: list[int] = []
    monkeypatch.setattr(
        "proposals.coedit.crdt._insert", lambda _parent, index, _node: places.append(index)
    )

    Copy().replace([(0, 0, [paragraph("kata")] * 2_000)])

    assert places == [0] * 2_000


def test_the_form_is_made_without_building_the_text(
    document: Document, proposal: Proposal, budi: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading a page neither loads a text into the library nor writes a count of it."""
    monkeypatch.setattr(replay, "build", lambda _pk: pytest.fail("built"))

    answer = signed_in(budi).get(f"/proposals/{proposal.pk}/text/")

    assert "**jalur sepeda**" in answer.text


def test_a_visitor_is_asked_to_sign_in(proposal: Proposal) -> None:
    assert Client().get(f"/proposals/{proposal.pk}/text/").status_code in {302, 404}
