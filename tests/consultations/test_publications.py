"""A publication: one per consultation, with who and when."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.test import Client

from consultations.models import Consultation, Publication
from portal.accounts.models import User
from portal.agencies.models import Member
from portal.journal.models import Entry
from tests.conftest import close
from tests.consultations.together import together
from tests.live import in_a_thread, watch

LIVE = pytest.mark.django_db(transaction=True)


def test_a_publication_says_who_and_when(consultation: Consultation, officer: User) -> None:
    publication = Publication.objects.get()

    assert (publication.consultation, publication.by) == (consultation, officer)
    assert str(publication).startswith("Jalur sepeda")
    assert publication.at >= consultation.drafted_at


def test_a_consultation_is_published_once(consultation: Consultation, officer: User) -> None:
    with pytest.raises(IntegrityError):
        Publication.objects.create(consultation=consultation, by=officer)


def test_publishing_shows_it_to_everybody(
    client: Client, draft: Consultation, officer: User
) -> None:
    assert client.get(f"/consultations/{draft.slug}/").status_code == 404
    client.force_login(officer)

    answer = client.post(f"/consultations/{draft.slug}/publication/")

    assert answer["Location"] == f"/consultations/{draft.slug}/"
    assert Client().get(f"/consultations/{draft.slug}/").status_code == 200
    assert Consultation.objects.visible_to(AnonymousUser()).get() == draft
    assert Entry.objects.filter(topic=draft.topic, verb="published").count() == 1


def test_publishing_twice_is_publishing_once(consultation: Consultation, officer: User) -> None:
    consultation.publish(by=officer)

    assert Entry.objects.filter(topic=consultation.topic, verb="published").count() == 1


@LIVE
def test_two_officers_publish_at_once(draft: Consultation, officer: User) -> None:
    outcomes = together(*[lambda: Consultation.objects.get(pk=draft.pk).publish(by=officer)] * 4)

    assert outcomes == [None] * 4
    assert Entry.objects.filter(topic=draft.topic, verb="published").count() == 1


@LIVE
async def test_publishing_is_pushed_to_the_page_of_the_draft(
    draft: Consultation, officer: User
) -> None:
    page, connected = await watch(draft, user=officer)
    assert connected

    await in_a_thread(draft.publish, by=officer)

    [[dom_id, _into, html]] = (await page.told())["put"]
    assert dom_id == draft.dom_id
    assert draft.title in html


@LIVE
async def test_a_publication_that_rolls_back_is_not_pushed(
    draft: Consultation, officer: User
) -> None:
    page, _ = await watch(draft, user=officer)

    def fail() -> None:
        with transaction.atomic():
            draft.publish(by=officer)
            transaction.set_rollback(True)

    await in_a_thread(fail)

    assert await page.receive_nothing()


def test_a_discussion_is_opened_before_publishing_and_seen_after(
    client: Client, draft: Consultation, officer: User
) -> None:
    client.force_login(officer)
    asked = client.get(f"/consultations/{draft.slug}/publication/").content.decode()
    client.post(
        f"/consultations/{draft.slug}/threads/", {"subject": "Lebar jalur", "key": str(uuid4())}
    )
    client.post(f"/consultations/{draft.slug}/publication/")

    assert "Belum ada utas untuk berkomentar." in asked
    assert "Lebar jalur" in Client().get(f"/consultations/{draft.slug}/").content.decode()


def test_an_officer_without_a_moderator_is_told_whom_to_ask(
    client: Client, draft: Consultation, officer: User, moderator: User
) -> None:
    Member.objects.filter(person=moderator).delete()
    client.force_login(officer)

    said = client.get(f"/consultations/{draft.slug}/publication/").content.decode()

    assert "penanggung jawab instansi dapat mengundang moderator" in said
    assert f"/agencies/{draft.agency.slug}/members/" not in said


def test_the_head_of_the_page_says_what_runs_and_until_when(
    client: Client, consultation: Consultation, officer: User
) -> None:
    client.force_login(officer)
    address = f"/en/consultations/{consultation.slug}/"
    head = client.get(address).content.decode().split("page-head__facts")[1].split("</p>")[0]
    assert ">Commenting</span>" in head
    assert head.count(" until ") == 1
    assert 'href="#phases-title"' in head

    close(consultation)
    page = client.get(address).content.decode()
    head = page.split("page-head__facts")[1].split("</p>")[0]
    assert "ended" in head
    assert "Commenting" not in head
    assert "Start the discussion" not in page
