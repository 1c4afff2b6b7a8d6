"""Freezing a text: by moderators, with a reason, at every door."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from portal.accounts.models import User
from portal.journal.models import ClockTimestamp, Entry
from portal.refusals import Refused
from proposals.models import Document, Proposal
from tests.consultations.together import together
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

    pushed = await socket.receive_from()
    assert REASON in pushed
    assert "data-frozen" in pushed
    await socket.disconnect()


def test_thawing_what_is_open_is_refused_with_a_sentence(
    proposal: Proposal, moderator: User
) -> None:
    answer = signed_in(moderator).post(
        address_of(proposal), {"reason": REASON, "_method": "delete"}
    )

    assert answer.status_code == 409
    assert "tidak dikunci" in answer.content.decode()


def test_a_visitor_and_others_cannot_thaw(
    proposal: Proposal, document: Document, siti: User, officer: User, moderator: User
) -> None:
    document.freeze(by=moderator, reason=REASON)
    sent = {"reason": REASON, "_method": "delete"}

    assert Client().post(address_of(proposal), sent).status_code in {302, 404}
    for user in (siti, officer):
        assert signed_in(user).post(address_of(proposal), sent).status_code == 404
        with pytest.raises(Refused):
            document.thaw(by=user, reason=REASON)

    document.refresh_from_db()
    assert document.is_frozen


def test_the_editor_of_a_frozen_text_only_reads(
    proposal: Proposal, document: Document, siti: User, moderator: User
) -> None:
    browser, address = signed_in(siti), f"/proposals/{proposal.pk}/edit/"
    assert "data-read-only" not in browser.get(address).content.decode()

    document.freeze(by=moderator, reason=REASON)

    said = browser.get(address).content.decode()
    assert "data-read-only" in said
    assert "data-frozen" in said
    shown = browser.get(f"/proposals/{proposal.pk}/").content.decode()
    assert address not in shown


def test_the_page_offers_the_freeze_to_moderators_only(
    proposal: Proposal, siti: User, officer: User, moderator: User
) -> None:
    page = f"/proposals/{proposal.pk}/"

    assert address_of(proposal) in signed_in(moderator).get(page).content.decode()
    for browser in (Client(), signed_in(siti), signed_in(officer)):
        assert address_of(proposal) not in browser.get(page).content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_moderators_at_once_are_one_freeze(document: Document, moderator: User) -> None:
    outcomes = together(*[lambda: document_of(document).freeze(by=moderator, reason=REASON)] * 4)

    refused = [each for each in outcomes if isinstance(each, Refused)]
    assert (outcomes.count(None), len(refused)) == (1, 3)
    assert Entry.objects.filter(verb="frozen").count() == 1


def document_of(document: Document) -> Document:
    return Document.objects.for_display().get(pk=document.pk)


@pytest.mark.django_db(transaction=True)
async def test_a_freeze_that_rolls_back_is_never_pushed(
    proposal: Proposal, document: Document, moderator: User
) -> None:
    socket, _connected = await watch(proposal)

    def undone() -> None:
        with transaction.atomic():
            document_of(document).freeze(by=moderator, reason=REASON)
            transaction.set_rollback(True)

    await in_a_thread(undone)

    assert await socket.receive_nothing()
    await socket.disconnect()


# The record, and one's own cause


def test_both_reasons_stay_after_the_end(
    proposal: Proposal, document: Document, moderator: User
) -> None:
    document.freeze(by=moderator, reason=REASON)
    document.thaw(by=moderator, reason="Sudah tenang, silakan menulis lagi.")

    kept = [(each.verb, each.reason, each.by) for each in document.decisions()]
    assert kept == [
        ("thaw", "Sudah tenang, silakan menulis lagi.", moderator),
        ("freeze", REASON, moderator),
    ]
    page = signed_in(moderator).get(address_of(proposal)).content.decode()
    assert REASON in page
    assert "Sudah tenang" in page


def test_nobody_freezes_or_thaws_their_own_text(
    proposal: Proposal, document: Document, siti: User, moderator: User
) -> None:
    proposal.consultation.agency.members.create(person=siti, role="moderator")
    User.objects.filter(pk=siti.pk).update(is_demo=True)
    siti.refresh_from_db()

    with pytest.raises(Refused):
        document.freeze(by=siti, reason=REASON)
    answer = signed_in(siti).post(address_of(proposal), {"reason": REASON})
    assert answer.status_code == 409
    document.freeze(by=moderator, reason=REASON)
    with pytest.raises(Refused):
        document.thaw(by=siti, reason=REASON)

    document.refresh_from_db()
    assert document.frozen_by == moderator


def test_the_database_refuses_a_freeze_of_ones_own(document: Document, siti: User) -> None:
    with pytest.raises(IntegrityError, match="nobody freezes their own"), transaction.atomic():
        Document.objects.filter(pk=document.pk).update(
            frozen_at=ClockTimestamp(), frozen_by=siti, frozen_reason=REASON
        )
