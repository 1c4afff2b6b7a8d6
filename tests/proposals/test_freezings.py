"""Freezing a text: by moderators, with a reason, at every door."""

from uuid import uuid4

import pytest
from django.test import Client

from portal.accounts.models import User
from portal.refusals import Refused
from proposals.models import Document, Proposal
from tests.live import in_a_thread, watch

REASON = "Naskah ini sedang disunting berebut, tunggu sampai sore."


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def address_of(proposal: Proposal) -> str:
    return f"/proposals/{proposal.pk}/freezing/"


def test_a_moderator_freezes_and_thaws_through_the_page(
    proposal: Proposal, document: Document, siti: User, moderator: User
) -> None:
    browser = signed_in(moderator)
    assert browser.get(address_of(proposal)).status_code == 200

    frozen = browser.post(address_of(proposal), {"reason": REASON}, follow=True)
    document.refresh_from_db()
    assert document.frozen_reason == REASON
    assert REASON in frozen.content.decode()
    with pytest.raises(Refused):
        document.write_plain(by=siti, text="Lain", key=uuid4())

    browser.post(address_of(proposal), {"reason": REASON, "_method": "delete"})
    document.refresh_from_db()
    assert not document.is_frozen
    document.write_plain(by=siti, text="Lain", key=uuid4())


def test_readers_and_editors_are_told_why(
    proposal: Proposal, document: Document, siti: User, moderator: User
) -> None:
    document.freeze(by=moderator, reason=REASON)

    for address in (f"/proposals/{proposal.pk}/", f"/proposals/{proposal.pk}/edit/"):
        assert REASON in signed_in(siti).get(address).content.decode()


def test_a_plain_form_sent_into_a_frozen_text_is_refused_and_kept(
    proposal: Proposal, document: Document, siti: User, moderator: User
) -> None:
    words, base = document.form_text()
    document.freeze(by=moderator, reason=REASON)

    answer = signed_in(siti).post(
        f"/proposals/{proposal.pk}/text/",
        {"text": f"{words} Tambahan.", "base": base, "key": str(uuid4())},
    )

    assert answer.status_code == 409
    assert "Tambahan." in answer.content.decode()
    document.refresh_from_db()
    assert "Tambahan." not in document.text


@pytest.mark.parametrize("reason", ["", "pendek", "nol\x00 di dalam alasan yang panjang"])
def test_without_a_reason_nothing_is_frozen(
    proposal: Proposal, document: Document, moderator: User, reason: str
) -> None:
    answer = signed_in(moderator).post(address_of(proposal), {"reason": reason})

    document.refresh_from_db()
    assert answer.status_code == 422
    assert not document.is_frozen


def test_others_cannot_freeze_at_any_door(
    proposal: Proposal, document: Document, siti: User, officer: User, foreign_officer: User
) -> None:
    for user in (siti, officer, foreign_officer):
        browser = signed_in(user)
        assert browser.get(address_of(proposal)).status_code == 404
        assert browser.post(address_of(proposal), {"reason": REASON}).status_code == 404
        with pytest.raises(Refused):
            document.freeze(by=user, reason=REASON)

    document.refresh_from_db()
    assert not document.is_frozen


def test_a_second_freeze_is_refused(document: Document, moderator: User) -> None:
    document.freeze(by=moderator, reason=REASON)

    with pytest.raises(Refused):
        document.freeze(by=moderator, reason=REASON)


@pytest.mark.django_db(transaction=True)
async def test_open_pages_show_the_freeze_at_once(
    proposal: Proposal, document: Document, moderator: User
) -> None:
    socket, _connected = await watch(proposal)

    await in_a_thread(document.freeze, by=moderator, reason=REASON)

    assert REASON in await socket.receive_from()
    await socket.disconnect()
