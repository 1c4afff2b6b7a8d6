"""The directory: what is open, soon or over by the clock; nothing that is not public."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from consultations.models import Consultation
from portal.accounts.models import User
from portal.agencies.models import Agency
from portal.doors.home import LIVE_CARDS
from tests.conftest import close, plan


def home(**wanted: str) -> str:
    answer = Client().get("/", wanted)
    assert answer.status_code == 200
    return answer.content.decode()


def publish(agency: Agency, officer: User, title: str, start: int, end: int) -> Consultation:
    made = Consultation.draft(
        agency=agency, by=officer, key=uuid4(), phases=plan("comment", start=start, end=end),
        title=title, question="Apa?", background="Latar.", organiser="Bidang",
    )  # fmt: skip
    made.publish(by=officer)
    return made


def test_without_anything_the_page_says_what_will_be_here(db: None) -> None:
    said = home()

    assert "<h1" in said
    assert "Saat ini tidak ada y" in said


def test_a_filter_is_not_called_optional(db: None) -> None:
    assert "opsional" not in home()


def test_a_draft_is_in_no_list(draft: Consultation) -> None:
    assert draft.title not in home()
    assert draft.title not in home(q="sepeda")


def test_the_clock_alone_moves_a_consultation_from_part_to_part(
    agency: Agency, officer: User, moderator: User
) -> None:
    publish(agency, officer, "Sedang berjalan", -1, 5)
    publish(agency, officer, "Akan datang", 3, 9)
    over = publish(agency, officer, "Baru saja selesai", -1, 5)
    close(over)

    assert "Sedang berjalan" in home(state="open")
    assert "Akan datang" not in home(state="open")
    assert "Akan datang" in home(state="soon")
    assert "Baru saja selesai" in home(state="closed")
    assert "Baru saja selesai" not in home(state="open")


def test_the_deadline_stands_in_words(consultation: Consultation) -> None:
    consultation.phases.update(ends_at=timezone.now() + timedelta(days=3, hours=2))

    assert "berakhir dalam 3 hari" in home()
    assert "closes in 3 days" in Client().get("/en/").content.decode()


def test_filters_stand_in_the_address(consultation: Consultation, other_agency: Agency) -> None:
    assert consultation.title in home(agency=consultation.agency.slug)
    assert consultation.title not in home(agency=other_agency.slug)
    assert consultation.title in home(q="sepeda cemara")
    assert consultation.title not in home(q="pasar malam")
    assert "pasar malam" in home(q="pasar malam")


@pytest.mark.parametrize(
    "wanted",
    [
        {"state": "lain"},
        {"agency": "tidak-ada"},
        {"q": "x" * 5_000},
        {"q": "nol\x00"},
        {"q": "sepeda", "before": "9" * 40},
        {"q": "\"' | & ! <-> :*"},
        {"q": "<script>alert(1)</script>"},
    ],
)
def test_an_odd_question_is_no_accident(consultation: Consultation, wanted: dict[str, str]) -> None:
    answer = Client().get("/", wanted)

    assert answer.status_code in {200, 400, 422}
    assert "<script>alert" not in answer.content.decode()


def test_a_long_list_goes_on_by_key(agency: Agency, officer: User, moderator: User) -> None:
    made = [publish(agency, officer, f"Nomor {number:02}", -1, 5) for number in range(26)]

    first = home(state="open")
    second = home(state="open", before=str(made[2].pk))

    assert "Nomor 25" in first
    assert "Nomor 01" not in first
    assert "Nomor 01" in second
    assert "Nomor 25" not in second


def test_the_help_is_a_page_in_both_languages(db: None) -> None:
    assert "Tata tertib partisipasi" in Client().get("/help/").content.decode()
    assert "House rules" in Client().get("/en/help/").content.decode()


def test_the_office_lists_what_one_may_edit(draft: Consultation, officer: User) -> None:
    browser = Client()
    browser.force_login(officer)

    assert draft.title in browser.get("/office/").content.decode()


def test_the_office_does_not_exist_for_who_edits_nothing(
    draft: Consultation, siti: User, foreign_officer: User
) -> None:
    browser = Client()
    assert browser.get("/office/").status_code == 302

    browser.force_login(siti)
    assert browser.get("/office/").status_code == 404

    browser.force_login(foreign_officer)
    assert draft.title not in browser.get("/office/").content.decode()


def test_the_page_listens_to_what_is_open_and_to_the_person(
    consultation: Consultation, agency: Agency, officer: User, moderator: User, siti: User
) -> None:
    coming = publish(agency, officer, "Akan datang", 3, 9)
    assert f"{consultation.topic}@" in home()
    assert f"{coming.topic}@" not in home()
    for number in range(LIVE_CARDS):
        publish(agency, officer, f"Nomor {number}", -1, 5)
    browser = Client()
    browser.force_login(siti)

    topics = re.findall(r"(\w+:\d+)@\d+", browser.get("/").content.decode())

    assert len(topics) == LIVE_CARDS + 1
    assert siti.topic in topics
    assert consultation.topic not in topics  # it ends last of all
    assert siti.topic not in home()
