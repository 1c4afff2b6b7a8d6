"""Holes that others had, one test each, named by the advisory: Decidim, 2023 to 2026.

What does not exist here yet (uploads, embeds, exports, push addresses, identity papers, the voting
booth, version pages, amendments) has no test yet.
"""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consultations.models import Comment, Consultation, Opinion, Participant, Thread
from portal.accounts.models import User
from portal.agencies.models import Agency, Invitation, Member
from portal.live.admission import visible_heads
from portal.refusals import Refused
from tests.matrix import Town, clients, proposal_of, town

__all__ = ["town"]

SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(1)>'

pytestmark = pytest.mark.django_db


def page(browser: Client, address: str, **query: str) -> str:
    return browser.get(address, query).content.decode()


def holds_script(text: str) -> bool:
    return "<script>alert" in text or "<img src=x" in text


def test_cve_2023_32693_a_link_to_elsewhere_runs_nothing(thread: Thread, siti: User) -> None:
    body = "[a](javascript:alert(1)) [b](data:text/html,x) [c](https://contoh.id.invalid/)"

    comment = thread.post(author=siti, body=body, key=uuid4())

    assert 'href="javascript' not in comment.body_html
    assert 'href="data' not in comment.body_html
    assert 'rel="nofollow ugc noopener"' in comment.body_html


@pytest.mark.parametrize("name", ["q", "state", "agency", "before"])
def test_cve_2023_34089_a_filter_shows_no_markup(name: str, client: Client) -> None:
    for text in (SCRIPT, IMAGE):
        assert not holds_script(page(client, "/", **{name: text}))


def test_cve_2024_32469_a_page_number_shows_no_markup(town: Town) -> None:
    browser = clients(town)["author"]
    for address in (
        town.thread.get_absolute_url(),
        reverse("proposals:index", args=[town.consultation.slug]),
        reverse("notifications:index"),
    ):
        for name in ("after", "at", "before"):
            assert not holds_script(page(browser, address, **{name: SCRIPT}))


def test_cve_2024_39910_a_text_written_together_is_cleaned(
    consultation: Consultation, siti: User, client: Client
) -> None:
    proposal = proposal_of(consultation, siti)
    client.force_login(siti)
    address = reverse("proposals:text", args=[proposal.pk])
    base = client.get(address).context["form"].initial["base"]

    answer = client.post(address, {"text": f"{SCRIPT} {IMAGE}", "base": base, "key": uuid4()})

    assert answer.status_code in {302, 422}
    assert not holds_script(page(client, proposal.get_absolute_url()))


def test_cve_2026_23891_a_name_shows_no_markup(town: Town) -> None:
    Participant.objects.update(pseudonym=SCRIPT)
    User.objects.update(pseudonym=IMAGE)
    town.proposal.refresh_from_db()

    for browser in clients(town).values():
        for address in (
            town.thread.get_absolute_url(),
            town.proposal.get_absolute_url(),
            "/me/",
            f"/agencies/{town.agency.slug}/members/",
            "/moderation/",
        ):
            assert not holds_script(page(browser, address))


def test_cve_2026_45572_a_block_of_html_is_words(draft: Consultation, officer: User) -> None:
    Consultation.objects.filter(pk=draft.pk).update(title=SCRIPT, question=IMAGE)
    draft.refresh_from_db()
    draft.publish(by=officer)

    for address in ("/", draft.get_absolute_url()):
        assert not holds_script(page(Client(), address))


@pytest.mark.parametrize("name", ["consultations:edit", "consultations:preview"])
def test_cve_2023_36465_every_page_asks_for_the_right_of_this_agency(name: str, town: Town) -> None:
    address = reverse(name, args=[town.consultation.slug])

    assert clients(town)["foreign_officer"].get(address).status_code == 404


def test_cve_2026_45415_a_role_elsewhere_moderates_nothing_here(
    town: Town, other_agency: Agency
) -> None:
    foreign = town.people["foreign_officer"]
    Member.objects.create(agency=other_agency, person=foreign, role=Member.Role.MODERATOR)

    with pytest.raises(Refused):
        town.comment.hide(
            by=foreign, rule=town.comment.rules()[0], reason="Tanpa wewenang di sini."
        )


def test_cve_2024_27090_a_private_thing_is_shown_by_no_side_door(
    draft: Consultation, agency: Agency, siti: User
) -> None:
    for address in ("/", "/?q=sepeda", "/?state=closed", f"/agencies/{agency.slug}/"):
        assert draft.title not in page(Client(), address)
    assert visible_heads(siti, [draft.topic]) == {}


def test_cve_2026_40870_the_list_of_comments_asks_the_same_gate_as_the_page(town: Town) -> None:
    town.consultation.publication.delete()
    browser = clients(town)["citizen"]

    for name in ("consultations:comments", "consultations:opinions"):
        address = reverse(name, args=[town.thread.pk])
        assert browser.get(address).status_code == 404


def test_cve_2023_48220_an_invitation_ends(town: Town) -> None:
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    with pytest.raises(Refused):
        Invitation.accept(token=town.token, by=town.people["citizen"])


def test_cve_2026_45414_a_token_is_for_one_person_once(town: Town) -> None:
    with pytest.raises(Refused):
        Invitation.accept(token=town.token, by=town.people["author"])

    Invitation.accept(token=town.token, by=town.people["citizen"])

    with pytest.raises(Refused):
        Invitation.accept(token=town.token, by=town.people["citizen"])


@pytest.mark.parametrize(
    "name", ["agency__members__person__email", "drafted_by__password__startswith", "pk__gt"]
)
def test_cve_2023_34090_no_column_is_a_filter_that_we_did_not_name(
    name: str, consultation: Consultation, client: Client
) -> None:
    assert page(client, "/", **{name: "zzz"}) == page(client, "/", nothing="zzz").replace(
        "nothing=", f"{name}="
    )


def test_cve_2023_47634_two_votes_of_one_person_are_one(comment: Comment, budi: User) -> None:
    Comment.opine(comment.pk, voter=budi, value=1)
    given: Any = Opinion.objects.get(comment=comment, participant__person=budi)

    with pytest.raises(IntegrityError), transaction.atomic():
        Opinion.objects.create(comment=comment, participant=given.participant, value=-1)


def test_cve_2023_47635_an_answer_to_a_stranger_s_form_is_refused(
    thread: Thread, siti: User
) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(siti)
    address = reverse("consultations:comments", args=[thread.pk])

    answer = strict.post(address, {"body": "x", "key": uuid4()}, headers={"Origin": "null"})

    assert answer.status_code == 403
    assert not thread.comments.exists()


@pytest.mark.parametrize("text", ["' OR 1=1 --", "1); DROP TABLE x; --", "\\'; SELECT pg_sleep(9)"])
def test_cve_2026_45376_words_of_a_person_are_no_words_of_the_database(
    text: str, consultation: Consultation, client: Client
) -> None:
    for name in ("q", "state", "agency", "before"):
        assert client.get("/", {name: text}).status_code in {200, 400, 422}
    assert consultation.title not in page(client, "/", q=text)
