"""What pages of proposals say to whom: nothing of what is held or hidden, no accident whatever."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from consultations.models import Consultation, Thread
from portal.accounts.models import User
from portal.moderation.models import Rule
from proposals.models import Document, Proposal
from tests.conftest import person
from tests.live import in_a_thread, watch

CANARY = "Kenari7391"
REASON = "Usulan ini menyerang tetangga dengan menyebut namanya."
EVERYWHERE = [
    "/",
    "/?q=jalur",
    "/en/?state=open",
    "/agencies/{agency}/",
    "/consultations/{slug}/",
    "/consultations/{slug}/proposals/",
    "/en/consultations/{slug}/proposals/",
    "/threads/{thread}/",
]
Start = Callable[[], Proposal]


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def body(browser: Client, address: str, **data: Any) -> str:
    return browser.get(address, data, follow=True).content.decode()


@pytest.fixture
def start(consultation: Consultation, siti: User) -> Start:
    """Put a proposal before the others whose every word can be recognised."""

    def started() -> Proposal:
        return Proposal.start(
            consultation=consultation, author=siti, title=CANARY, summary=f"{CANARY} ringkas",
            text=f"{CANARY} teks", key=uuid4(),
        )  # fmt: skip

    return started


def hide(proposal: Proposal, moderator: User) -> None:
    rule = Rule.objects.of(proposal.consultation.topic)[0]
    proposal.hide(by=moderator, rule=rule, reason=REASON)


def filled(surface: str, proposal: Proposal) -> str:
    thread = Thread.objects.get(about=proposal.topic)
    place = proposal.consultation
    return surface.format(thread=thread.pk, slug=place.slug, agency=place.agency.slug)


@pytest.mark.parametrize("surface", EVERYWHERE)
def test_a_held_proposal_is_on_no_page_of_others(
    consultation: Consultation, start: Start, budi: User, surface: str
) -> None:
    consultation.phases.update(premoderated=True)
    address = filled(surface, start())

    for browser in (Client(), signed_in(budi)):
        answer = browser.get(address)
        assert answer.status_code == (404 if surface.startswith("/threads/") else 200)
        assert CANARY not in answer.content.decode()


def test_a_held_proposal_stands_marked_in_the_list_of_its_author(
    consultation: Consultation, start: Start, siti: User, moderator: User
) -> None:
    consultation.phases.update(premoderated=True)
    proposal = start()
    address = f"/consultations/{consultation.slug}/proposals/"

    for browser in (signed_in(siti), signed_in(moderator)):
        said = body(browser, address)
        assert CANARY in said
        assert "Menunggu pemeriksaan" in said
    approved = signed_in(moderator).post(f"/moderation/proposal/{proposal.pk}/approval/")

    assert approved.status_code == 302
    assert CANARY in body(Client(), address)


@pytest.mark.parametrize("door", ["supports/", "text/", "edit/", "freezing/", ""])
def test_a_held_proposal_does_not_exist_for_others_at_any_door(
    consultation: Consultation, start: Start, budi: User, door: str
) -> None:
    consultation.phases.update(premoderated=True)
    browser, address = signed_in(budi), f"/proposals/{start().pk}/{door}"
    sent = {"text": "x", "base": 0, "key": str(uuid4()), "reason": REASON}

    assert browser.get(address).status_code in {404, 405}
    assert browser.post(address, sent).status_code in {404, 405}


def test_a_hidden_proposal_is_gone_from_the_news_of_its_author_and_from_the_room_of_writers(
    start: Start, siti: User, budi: User, moderator: User
) -> None:
    proposal = start()
    hide(proposal, moderator)

    assert CANARY not in body(signed_in(siti), "/me/notifications/")
    assert CANARY not in body(signed_in(siti), f"/proposals/{proposal.pk}/")
    for door in ("edit/", "text/"):
        answer = signed_in(budi).get(f"/proposals/{proposal.pk}/{door}")
        assert (answer.status_code, CANARY in answer.content.decode()) == (404, False)


@pytest.mark.parametrize("who", ["visitor", "author", "citizen"])
@pytest.mark.parametrize("door", ["", "edit/", "text/", "supports/", "freezing/"])
def test_no_door_gives_anything_of_a_hidden_text(
    start: Start, siti: User, moderator: User, who: str, door: str
) -> None:
    proposal = start()
    hide(proposal, moderator)
    people = {"author": siti, "citizen": person("Wati")}
    browser = signed_in(people[who]) if who in people else Client()
    region = {"Live-Region": f"{proposal.dom_id}-place"}
    address = f"/proposals/{proposal.pk}/{door}"
    sent = {"text": "x", "base": 1, "key": str(uuid4()), "reason": REASON}

    for answer in (browser.get(address, headers=region), browser.post(address, sent)):
        assert answer.status_code in {200, 302, 403, 404, 405, 409}
        assert CANARY not in answer.text

    assert proposal.document.updates.count() == 1


def test_a_restored_proposal_is_back_with_everything(start: Start, moderator: User) -> None:
    proposal = start()
    hide(proposal, moderator)
    proposal.restore(by=moderator, reason="Sudah dibaca ulang, ternyata wajar saja.")

    said = body(Client(), f"/proposals/{proposal.pk}/")

    assert said.count(CANARY) >= 3
    assert REASON not in said


@pytest.mark.django_db(transaction=True)
async def test_hiding_takes_the_words_from_open_pages_and_sends_none_of_them(
    start: Start, budi: User, moderator: User
) -> None:
    proposal = await in_a_thread(start)
    page, _connected = await watch(proposal, user=budi)
    everybodys, _connected = await watch(proposal.consultation)

    await in_a_thread(hide, proposal, moderator)

    for socket in (page, everybodys):
        said = await socket.everything()
        assert REASON in said
        assert CANARY not in said
        await socket.disconnect()


def test_the_page_stands_in_both_languages(start: Start) -> None:
    proposal = start()

    assert "Pendukung usulan ini:" in body(Client(), f"/proposals/{proposal.pk}/")
    assert "Supporters of this proposal:" in body(Client(), f"/en/proposals/{proposal.pk}/")


def test_markup_in_a_title_is_shown_as_text(consultation: Consultation, siti: User) -> None:
    proposal = Proposal.start(
        consultation=consultation, author=siti, title="<script>alert(1)</script>",
        summary="<img src=x>", text="<b onclick=x>hai</b>", key=uuid4(),
    )  # fmt: skip

    for address in (f"/proposals/{proposal.pk}/", f"/consultations/{consultation.slug}/proposals/"):
        said = body(Client(), address)
        assert "<script>alert" not in said
        assert "<img src" not in said
        assert "<b onclick" not in said


def test_proposals_of_a_draft_do_not_exist(draft: Consultation, siti: User) -> None:
    address = f"/consultations/{draft.slug}/proposals/"

    assert Client().get(address).status_code == 404
    assert signed_in(siti).get(f"{address}new/").status_code == 404
    assert signed_in(siti).post(f"{address}new/", {"title": "x"}).status_code == 404


def test_a_visitor_is_led_to_the_entrance(proposal: Proposal) -> None:
    slug = proposal.consultation.slug
    for address in (
        f"/consultations/{slug}/proposals/new/",
        f"/proposals/{proposal.pk}/edit/",
        f"/proposals/{proposal.pk}/text/",
    ):
        for answer in (Client().get(address), Client().post(address)):
            assert answer.status_code in {302, 405}
            assert answer.status_code == 405 or "/account/login/" in answer["Location"]


def test_a_form_sent_twice_with_another_text_is_a_422_that_keeps_it(
    consultation: Consultation, siti: User
) -> None:
    browser, address = signed_in(siti), f"/consultations/{consultation.slug}/proposals/new/"
    sent = {"title": "Rak", "summary": "Di pasar.", "text": "Pertama.", "key": str(uuid4())}
    assert browser.post(address, sent).status_code == 302
    assert browser.post(address, sent).status_code == 302

    changed = browser.post(address, {**sent, "text": "Sudah saya perpanjang."})

    assert changed.status_code == 422
    assert "Sudah saya perpanjang." in changed.content.decode()
    assert Proposal.objects.count() == 1


def test_an_empty_form_is_a_mistake_too(
    consultation: Consultation, proposal: Proposal, siti: User
) -> None:
    browser = signed_in(siti)

    assert browser.post(f"/consultations/{consultation.slug}/proposals/new/").status_code == 422
    assert browser.post(f"/proposals/{proposal.pk}/text/").status_code == 422
    assert Document.objects.get().head == 1


DOORS = ["", "edit/", "text/", "supports/", "freezing/"]


@pytest.mark.parametrize("number", ["999999999", "9" * 18, "9" * 19, "9" * 40])
@pytest.mark.parametrize("door", DOORS)
def test_a_number_that_is_nobodys_is_a_404(moderator: User, door: str, number: str) -> None:
    browser, address = signed_in(moderator), f"/proposals/{number}/{door}"

    for answer in (browser.get(address), browser.post(address), Client().get(address)):
        assert answer.status_code in {302, 404, 405}


BROKEN = [
    b"title=%00&summary=a&text=b&base=1&reason=%00&key=x",
    b"title=%ED%A0%80&summary=%ED%B0%80&text=%ED%A0%80&base=1&reason=%ED%A0%80&key=%ED%A0%80",
    b"title=\xff\xfe&text=\xff&base=\xff&key=\xff",
    b"text=baru&base=99999999999999999999999&key=3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    b"text=baru&base=-1&key=3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    b"text=baru&base=7777&key=3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    b"_method=delete&reason=",
    b"&&&===%%%",
]


@pytest.mark.parametrize("sent", BROKEN)
def test_broken_bytes_break_nothing(proposal: Proposal, moderator: User, sent: bytes) -> None:
    browser, slug = signed_in(moderator), proposal.consultation.slug
    doors = [f"/proposals/{proposal.pk}/{door}" for door in ("text/", "freezing/")]

    for address in (f"/consultations/{slug}/proposals/new/", *doors):
        answer = browser.post(
            address, sent, content_type="application/x-www-form-urlencoded; charset=utf-8"
        )
        assert answer.status_code in {400, 405, 409, 422}, address

    document = Document.objects.get()
    assert (document.head, document.is_frozen, Proposal.objects.count()) == (1, False, 1)
