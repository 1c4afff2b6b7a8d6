"""A proposal: put before the others, read, hidden, found again."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from consultations.models import Consultation, Phase, Thread
from portal.accounts.models import User
from portal.moderation.models import Rule
from portal.refusals import KeyReused, Refused
from proposals.models import Document, Proposal
from tests.conftest import close
from tests.consultations.together import together
from tests.live import in_a_thread, watch

REASON = "Usulan ini menyerang tetangga dengan menyebut namanya."
WORDS = {"title": "Rak sepeda", "summary": "Di pasar.", "text": "Teks **usulan**."}


def start(consultation: Consultation, author: User, **changed: Any) -> Proposal:
    words: dict[str, Any] = {**WORDS, "key": uuid4(), **changed}
    return Proposal.start(consultation=consultation, author=author, **words)


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def page(browser: Client, address: str) -> str:
    answer: HttpResponse = browser.get(address)  # type: ignore[assignment]
    assert answer.status_code == 200, address
    return answer.content.decode()


def hide(proposal: Proposal, moderator: User) -> None:
    rule = Rule.objects.of(proposal.consultation.topic)[0]
    proposal.hide(by=moderator, rule=rule, reason=REASON)


def test_a_proposal_comes_with_its_text_and_its_discussion(
    consultation: Consultation, siti: User
) -> None:
    proposal = start(consultation, siti)

    assert "<strong>usulan</strong>" in proposal.document.html
    assert Thread.objects.get(about=proposal.topic).consultation == consultation
    assert proposal.author_name == "Siti"


def test_the_same_key_gives_back_the_first_proposal(consultation: Consultation, siti: User) -> None:
    key = uuid4()
    first = start(consultation, siti, key=key)

    assert start(consultation, siti, key=key) == first
    assert Proposal.objects.count() == Document.objects.count() == 1


@pytest.mark.parametrize("changed", [{"title": "Lain"}, {"summary": "Lain"}])
def test_the_same_key_with_other_content_is_refused(
    consultation: Consultation, siti: User, changed: dict[str, str]
) -> None:
    key = uuid4()
    start(consultation, siti, key=key)

    with pytest.raises(KeyReused):
        start(consultation, siti, key=key, **changed)


def test_a_known_key_is_answered_after_the_phase_too(
    consultation: Consultation, siti: User
) -> None:
    key = uuid4()
    first = start(consultation, siti, key=key)
    close(consultation, Phase.Activity.PROPOSE)

    assert start(consultation, siti, key=key) == first


@pytest.mark.django_db(transaction=True)
def test_one_form_sent_ten_times_at_once_is_one_proposal(
    consultation: Consultation, siti: User
) -> None:
    key = uuid4()

    outcomes = together(*[lambda: start(consultation, siti, key=key).pk] * 10)

    assert set(outcomes) == {Proposal.objects.get().pk}
    assert Thread.objects.exclude(about="").count() == 1


def test_outside_of_its_phase_nothing_is_proposed(consultation: Consultation, siti: User) -> None:
    close(consultation, Phase.Activity.PROPOSE)

    with pytest.raises(Refused):
        start(consultation, siti)
    answer = signed_in(siti).post(
        f"/consultations/{consultation.slug}/proposals/new/", {**WORDS, "key": str(uuid4())}
    )

    assert answer.status_code == 409
    assert WORDS["text"] in answer.content.decode()
    assert not Proposal.objects.exists()


def test_a_citizen_proposes_without_scripts(consultation: Consultation, siti: User) -> None:
    browser = signed_in(siti)
    address = f"/consultations/{consultation.slug}/proposals/new/"
    assert 'name="key"' in page(browser, address)

    answer = browser.post(address, {**WORDS, "key": str(uuid4())})

    proposal = Proposal.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == proposal.get_absolute_url()
    assert "<strong>usulan</strong>" in page(Client(), proposal.get_absolute_url())
    assert "Rak sepeda" in page(Client(), f"/consultations/{consultation.slug}/proposals/")


@pytest.mark.parametrize(
    "changed",
    [
        {"title": ""},
        {"title": "nol\x00"},
        {"title": "balik\u202e"},
        {"summary": "x" * 1_001},
        {"text": ""},
        {"key": "bukan-kunci"},
        {"key": ""},
    ],
)
def test_a_form_with_a_mistake_comes_back_with_what_was_typed(
    consultation: Consultation, siti: User, changed: dict[str, str]
) -> None:
    sent = {**WORDS, "key": str(uuid4()), **changed}

    answer = signed_in(siti).post(f"/consultations/{consultation.slug}/proposals/new/", sent)

    assert answer.status_code == 422
    assert not Proposal.objects.exists()
    kept = "Teks **usulan**." if changed.get("text") != "" else "Di pasar."
    assert kept in answer.content.decode()


@pytest.fixture
def premoderated(consultation: Consultation) -> Consultation:
    consultation.phases.update(premoderated=True)
    return consultation


def test_a_held_proposal_is_there_for_its_author_and_moderators_only(
    premoderated: Consultation, siti: User, budi: User, moderator: User
) -> None:
    proposal = start(premoderated, siti)
    address = proposal.get_absolute_url()

    assert signed_in(budi).get(address).status_code == 404
    assert Client().get(address).status_code == 404
    assert signed_in(budi).get(f"{address}edit/").status_code == 404
    assert "Rak sepeda" in page(signed_in(siti), address)
    assert "Rak sepeda" in page(signed_in(moderator), address)

    proposal.approve(by=moderator)

    assert "Rak sepeda" in page(Client(), address)


@pytest.mark.django_db(transaction=True)
async def test_a_proposal_appears_in_open_lists_and_a_held_one_does_not(
    consultation: Consultation, siti: User, moderator: User
) -> None:
    socket, _connected = await watch(consultation)

    await in_a_thread(start, consultation, siti)
    told = await socket.told()
    await in_a_thread(consultation.phases.update, premoderated=True)
    held = await in_a_thread(start, consultation, siti, title="Ditahan")

    assert "Rak sepeda" in str(told["put"])
    assert "Ditahan" not in await socket.everything()
    assert "Ditahan" not in str(await in_a_thread(list_of, consultation))
    await in_a_thread(held.approve, by=moderator)
    while "Ditahan" not in (said := await socket.receive_from()):
        assert "put" not in said
    await socket.disconnect()


def list_of(consultation: Consultation) -> str:
    return page(Client(), f"/consultations/{consultation.slug}/proposals/")


@pytest.mark.django_db(transaction=True)
async def test_what_rolls_back_is_never_pushed(consultation: Consultation, siti: User) -> None:
    socket, _connected = await watch(consultation)

    def undone() -> None:
        with transaction.atomic():
            start(consultation, siti)
            transaction.set_rollback(True)

    await in_a_thread(undone)

    assert await socket.receive_nothing()
    assert not await Proposal.objects.aexists()
    await socket.disconnect()


SURFACES = [
    "/proposals/{proposal}/",
    "/en/proposals/{proposal}/",
    "/consultations/{slug}/proposals/",
    "/consultations/{slug}/",
    "/threads/{thread}/",
    "/?q=Kenari",
    "/",
]


@pytest.mark.parametrize("surface", SURFACES)
def test_a_hidden_proposal_leaves_every_page(
    consultation: Consultation, siti: User, budi: User, moderator: User, surface: str
) -> None:
    canary = "Kenari7391"
    proposal = start(
        consultation, siti, title=canary, summary=f"{canary} ringkas", text=f"{canary} teks"
    )
    hide(proposal, moderator)

    thread = Thread.objects.get(about=proposal.topic)
    address = surface.format(proposal=proposal.pk, thread=thread.pk, slug=consultation.slug)

    for browser in (Client(), signed_in(budi)):
        assert canary not in page(browser, address)


def test_a_hidden_proposal_stands_with_its_reason_and_is_not_edited(
    consultation: Consultation, siti: User, moderator: User
) -> None:
    proposal = start(consultation, siti)
    hide(proposal, moderator)

    assert REASON in page(Client(), proposal.get_absolute_url())
    assert signed_in(siti).get(f"/proposals/{proposal.pk}/edit/").status_code == 404
    assert signed_in(siti).get(f"/proposals/{proposal.pk}/text/").status_code == 404
    assert not proposal.document.writable_by(siti)


def test_the_list_goes_on_with_what_is_older(consultation: Consultation, siti: User) -> None:
    made = [start(consultation, siti, title=f"Usulan ke-{number}") for number in range(26)]

    first = list_of(consultation)
    second = page(Client(), f"/consultations/{consultation.slug}/proposals/?before={made[2].pk}")

    assert "Usulan ke-25" in first
    assert "Usulan ke-1<" not in first
    assert "Usulan ke-1<" in second
    assert "Usulan ke-25" not in second


@pytest.mark.parametrize("before", ["satu", "-1", "9" * 40, "", "1.5"])
def test_an_odd_mark_in_the_address_is_no_accident(consultation: Consultation, before: str) -> None:
    answer = Client().get(f"/consultations/{consultation.slug}/proposals/", {"before": before})

    assert answer.status_code in {200, 400}


def test_an_imported_proposal_is_read_without_a_text(consultation: Consultation) -> None:
    proposal = Proposal.objects.create(
        consultation=consultation, title="Dari luar", summary="Diambil alih.", origin="p1",
        supports_taken_over=1_204,
    )  # fmt: skip

    said = page(Client(), proposal.get_absolute_url())

    assert "Diambil alih." in said
    assert "1.204" in said or "1204" in said
    assert Client().get(f"/proposals/{proposal.pk}/edit/").status_code == 302


def test_the_text_is_written_with_a_plain_form(
    proposal: Proposal, document: Document, budi: User
) -> None:
    browser = signed_in(budi)
    address = f"/proposals/{proposal.pk}/text/"
    assert "jalur sepeda" in page(browser, address)
    words, base = document.form_text()

    sent = {"text": f"{words}\n\nDari formulir.", "base": base, "key": str(uuid4())}
    answer = browser.post(address, sent)
    again = browser.post(address, sent)

    assert answer.status_code == again.status_code == 302
    assert page(Client(), proposal.get_absolute_url()).count("Dari formulir.") == 1


def test_a_plain_form_that_collides_is_refused_and_kept(
    proposal: Proposal, document: Document, siti: User, budi: User
) -> None:
    words, base = document.form_text()
    mine = words.replace("keselamatan", "ketenangan")
    document.write_plain(
        by=siti, text=words.replace("keselamatan", "kecepatan"), key=uuid4(), base=base
    )

    answer = signed_in(budi).post(
        f"/proposals/{proposal.pk}/text/", {"text": mine, "base": base, "key": str(uuid4())}
    )

    assert answer.status_code == 409
    assert "ketenangan" in answer.content.decode()
    assert "kecepatan" in page(Client(), proposal.get_absolute_url())
