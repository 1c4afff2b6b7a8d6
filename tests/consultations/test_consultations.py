"""A consultation: drafted, revised, previewed, published, and who may do which."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone, translation

from consultations.models import Consultation, Phase
from consultations.models.draft import free_slug
from portal.accounts.models import User
from portal.agencies.models import Agency, Member
from portal.journal.models import Entry
from portal.moderation.models import Rule
from portal.refusals import KeyReused, Refused
from tests.conftest import plan
from tests.consultations.statements import counted
from tests.consultations.together import together
from tests.live import open_page

LIVE = pytest.mark.django_db(transaction=True)


def form(**changes: Any) -> dict[str, Any]:
    """What an officer types."""
    return {
        "title": "Taman di Jalan Kenanga",
        "question": "Apakah taman dibuka malam hari?",
        "how_decided": "Kepala dinas memutuskan.",
        "background": "## Latar\n\nTaman ditutup pukul 18.00.",
        "organiser": "Bidang Pertamanan",
        "contact": "taman@contoh.id.invalid",
        "comment_starts_at": "2026-12-01T08:00",
        "comment_ends_at": "2026-12-15T16:00",
        "premoderated": "",
        "key": str(uuid4()),
        **changes,
    }


def draft_of(agency: Agency, officer: User, **changes: Any) -> Consultation:
    texts = {"title": "Taman", "question": "Buka malam?", **changes}
    return Consultation.draft(agency=agency, by=officer, key=uuid4(), phases=[], **texts)


# Drafting


def test_an_officer_drafts_with_one_form(client: Client, agency: Agency, officer: User) -> None:
    client.force_login(officer)
    assert client.get(f"/agencies/{agency.slug}/consultations/new/").status_code == 200

    answer = client.post(f"/agencies/{agency.slug}/consultations/new/", form())

    consultation = Consultation.objects.get()
    assert answer["Location"] == "/consultations/taman-di-jalan-kenanga/publication/"
    assert "<h2>Latar</h2>" in consultation.background_html
    assert not consultation.is_published
    assert Entry.objects.get(topic=consultation.topic).verb == "drafted"
    assert Rule.objects.of(consultation.topic).count() == 5


def test_dates_are_read_in_the_zone_of_the_agency(
    client: Client, agency: Agency, officer: User
) -> None:
    Agency.objects.update(time_zone="Asia/Jayapura")
    client.force_login(officer)
    client.post(f"/agencies/{agency.slug}/consultations/new/", form())
    phase = Phase.objects.get()

    page = client.get(f"/consultations/{phase.consultation.slug}/edit/").content.decode()

    assert phase.starts_at.isoformat() == "2026-11-30T23:00:00+00:00"
    assert 'value="2026-12-01T08:00"' in page
    assert 'value="2026-12-15T16:00"' in page


def test_premoderation_is_chosen_in_the_form(client: Client, agency: Agency, officer: User) -> None:
    client.force_login(officer)
    client.post(f"/agencies/{agency.slug}/consultations/new/", form(premoderated="yes"))

    assert Phase.objects.get().premoderated


@pytest.mark.parametrize(
    "changes",
    [
        {"title": ""},
        {"question": ""},
        {"title": "a" * 161},
        {"comment_ends_at": ""},
        {"comment_starts_at": ""},
        {"comment_ends_at": "2026-11-01T08:00"},
        {"comment_ends_at": "besok"},
        {"background": "a\x00b"},
        {"key": "x"},
    ],
)
def test_a_form_with_an_error_keeps_what_was_typed(
    client: Client, agency: Agency, officer: User, changes: dict[str, str]
) -> None:
    client.force_login(officer)

    answer = client.post(f"/agencies/{agency.slug}/consultations/new/", form(**changes))

    assert answer.status_code == 422
    assert "Bidang Pertamanan" in answer.content.decode()
    assert not Consultation.objects.exists()


def test_the_form_names_the_phase_of_an_error_and_calls_nothing_needed_optional(
    client: Client, agency: Agency, officer: User
) -> None:
    client.force_login(officer)
    answer = client.post(
        f"/en/agencies/{agency.slug}/consultations/new/", form(comment_ends_at="")
    ).content.decode()

    assert ">Commenting, ends: A phase needs both a start and an end.</a>" in answer
    assert "Times are in WIB." in answer
    assert answer.count("(optional)") == 2


def test_only_officers_and_owners_of_the_agency_draft(
    client: Client, agency: Agency, siti: User, moderator: User, foreign_officer: User
) -> None:
    assert client.get(f"/agencies/{agency.slug}/consultations/new/").status_code == 302
    for user in (siti, moderator, foreign_officer):
        client.force_login(user)
        answer = client.post(f"/agencies/{agency.slug}/consultations/new/", form())
        assert answer.status_code == 404
        with pytest.raises(Refused):
            draft_of(agency, user)
    assert not Consultation.objects.exists()


def test_without_a_second_factor_no_officer_drafts(
    client: Client, agency: Agency, officer: User
) -> None:
    User.objects.filter(pk=officer.pk).update(is_demo=False)
    client.force_login(officer)

    answer = client.post(f"/agencies/{agency.slug}/consultations/new/", form())

    assert answer.status_code == 302
    assert not Consultation.objects.exists()


def test_the_same_key_gives_back_the_first_draft(agency: Agency, officer: User) -> None:
    key = uuid4()

    def draft(title: str) -> Consultation:
        return Consultation.draft(
            agency=agency, by=officer, key=key, phases=[], title=title, question="Buka?"
        )

    first = draft("Taman")

    again = draft("Taman")

    assert again == first
    with pytest.raises(KeyReused):
        draft("Lain")


@LIVE
def test_drafts_of_one_title_at_once_get_an_address_each(
    agency: Agency, other_agency: Agency, officer: User, foreign_officer: User
) -> None:
    outcomes = together(
        *[lambda: draft_of(agency, officer), lambda: draft_of(other_agency, foreign_officer)] * 3
    )

    assert sorted(each.slug for each in outcomes) == [
        "taman", "taman-2", "taman-3", "taman-4", "taman-5", "taman-6",
    ]  # fmt: skip


@LIVE
def test_one_form_at_once_is_one_draft(agency: Agency, officer: User) -> None:
    key = uuid4()

    def draft() -> Consultation:
        return Consultation.draft(
            agency=agency, by=officer, key=key, phases=[], title="Taman", question="Buka?"
        )

    outcomes = together(*[draft] * 6)

    assert len({each.pk for each in outcomes}) == 1


def test_a_title_without_latin_letters_still_has_an_address(db: None) -> None:
    assert free_slug("ꦧꦱꦗꦮ", taken=Consultation.objects) == "konsultasi"


# Revising


def test_a_draft_is_revised(client: Client, draft: Consultation, officer: User) -> None:
    client.force_login(officer)

    client.post(f"/consultations/{draft.slug}/edit/", form(title="Judul baru"))

    draft.refresh_from_db()
    assert draft.title == "Judul baru"
    assert [each.activity for each in draft.phases.all()] == ["comment"]
    assert Entry.objects.filter(topic=draft.topic, verb="revised").exists()


def test_what_is_published_stays_as_announced(
    client: Client, consultation: Consultation, officer: User
) -> None:
    client.force_login(officer)

    answer = client.post(f"/consultations/{consultation.slug}/edit/", form(title="Judul baru"))
    asked = client.get(f"/consultations/{consultation.slug}/edit/")

    assert answer.status_code == asked.status_code == 409
    assert "Ketentuannya tetap seperti yang diumumkan." in asked.content.decode()
    consultation.refresh_from_db()
    assert consultation.title == "Jalur sepeda di Jalan Cemara"


def test_others_do_not_revise(
    client: Client, draft: Consultation, siti: User, moderator: User, foreign_officer: User
) -> None:
    for user in (siti, moderator, foreign_officer):
        client.force_login(user)
        for room in ("edit", "preview", "publication"):
            assert client.get(f"/consultations/{draft.slug}/{room}/").status_code == 404
        with pytest.raises(Refused):
            draft.revise(by=user, phases=[], premoderated=False, title="Milik saya")
        with pytest.raises(Refused):
            draft.publish(by=user)


# Publishing


def test_what_is_missing_is_named_with_links(client: Client, agency: Agency, officer: User) -> None:
    draft = draft_of(agency, officer)
    client.force_login(officer)

    page = client.get(f"/consultations/{draft.slug}/publication/").content.decode()
    with translation.override("en"), pytest.raises(Refused) as refusal:
        draft.publish(by=officer)

    assert list(draft.missing()) == ["background", "organiser", "dates", "moderator"]
    for anchor in ("#id_background", "#id_organiser", "#dates"):
        assert f"/consultations/{draft.slug}/edit/{anchor}" in page
    assert "the background document; the organiser;" in str(refusal.value.reason)
    answer = client.post(f"/consultations/{draft.slug}/publication/")
    assert answer.status_code == 409
    assert not Consultation.objects.published().exists()


def test_dates_of_reading_alone_are_not_enough(
    agency: Agency, officer: User, moderator: User
) -> None:
    draft = Consultation.draft(
        agency=agency, by=officer, key=uuid4(), phases=plan(Phase.Activity.INFORM),
        title="Taman", question="Buka?", background="Ada.", organiser="Bidang",
    )  # fmt: skip

    assert list(draft.missing()) == ["dates"]


def test_a_moderator_for_another_consultation_or_of_the_past_does_not_count(
    draft: Consultation, moderator: User
) -> None:
    member = Member.objects.filter(person=moderator)
    for change in (
        {"consultation_topic": "consultation:0"},
        {"consultation_topic": "", "ends_at": timezone.now() - timedelta(days=1)},
    ):
        member.update(**change)
        assert list(draft.missing()) == ["moderator"]
    member.update(consultation_topic=draft.topic, ends_at=None)

    assert draft.missing() == {}


@LIVE
async def test_nobody_outside_listens_to_a_draft(draft: Consultation, siti: User) -> None:
    for user in (None, siti):
        page = await open_page([f"{draft.topic}@0"], user=user)
        assert await page.connect()
        assert await page.closing_code() == 4404


# The page


def test_the_page_tells_what_is_asked_and_how_it_is_decided(
    client: Client, consultation: Consultation
) -> None:
    page = client.get(f"/en/consultations/{consultation.slug}/").content.decode()

    for words in (
        "Apakah jalur sepeda dibangun?",
        "Kepala dinas memutuskan setelah membaca semua masukan.",
        "<h2>Latar belakang</h2>",
        "Bidang Lalu Lintas",
        'data-state="running"',
        "The decision at stake",
    ):
        assert words in page


def test_the_preview_is_what_a_citizen_sees_with_a_banner(
    client: Client, draft: Consultation, officer: User
) -> None:
    client.force_login(officer)

    page = client.get(f"/en/consultations/{draft.slug}/preview/").content.decode()

    assert "Preview: this is what a citizen sees." in page
    assert f"/en/consultations/{draft.slug}/publication/" in page
    assert 'data-roles=""' in page


@pytest.mark.parametrize("number", [1, 40])
def test_the_page_asks_the_database_a_fixed_number_of_times(
    client: Client, consultation: Consultation, officer: User, siti: User, number: int
) -> None:
    for each in range(number):
        consultation.threads.create(subject=f"Nomor {each}", key=uuid4())

    with counted() as anonymous:
        client.get(f"/consultations/{consultation.slug}/")
    client.force_login(siti)
    with counted() as signed_in:
        client.get(f"/consultations/{consultation.slug}/")

    assert len(anonymous) <= 5, anonymous
    assert len(signed_in) <= 8, signed_in


def test_the_card_is_the_same_for_page_and_push(consultation: Consultation) -> None:
    assert set(consultation.partial_context()) == {"consultation", "words"}


def test_counts_know_participants_and_comments(
    consultation: Consultation, thread: Any, comment: Any
) -> None:
    assert Consultation.counts_for(consultation.pk) == {
        consultation.dom_id: [1, 1],
        thread.dom_id: [1, 1],
    }
