"""The page of an agency: what it asks and asked, to whom it may be shown."""

import re

import pytest
from django.test import Client

from consultations.models import Consultation
from portal.accounts.models import User
from portal.agencies.models import Agency
from portal.doors import agencies
from tests.conftest import close
from tests.portal.doors.test_home import publish


def page(agency: Agency, user: User | None = None, language: str = "") -> str:
    browser = Client()
    if user:
        browser.force_login(user)
    answer = browser.get(f"{language}/agencies/{agency.slug}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_everybody_reads_what_an_agency_asks(
    consultation: Consultation, other_agency: Agency
) -> None:
    assert consultation.title in page(consultation.agency)
    assert consultation.get_absolute_url() in page(consultation.agency)
    assert consultation.title not in page(other_agency)


def test_a_draft_stands_there_for_its_staff_only(
    draft: Consultation, officer: User, siti: User, foreign_officer: User
) -> None:
    assert draft.title in page(draft.agency, officer)
    for stranger in (None, siti, foreign_officer):
        assert draft.title not in page(draft.agency, stranger)


def test_an_agency_without_consultations_says_so_in_both_languages(agency: Agency) -> None:
    assert "This agency has not opened a consultation yet." in page(agency, language="/en")
    assert "This agency has not opened" not in page(agency)


def test_an_agency_that_is_not_there_is_a_404_like_an_odd_name(db: None) -> None:
    for slug in ("tidak-ada", "x" * 300, "-1"):
        assert Client().get(f"/agencies/{slug}/").status_code == 404


def test_the_page_says_what_is_open_and_until_when(consultation: Consultation) -> None:
    assert "open now" in page(consultation.agency, language="/en")
    assert "closes in" in page(consultation.agency, language="/en")

    close(consultation)

    assert "ended on" in page(consultation.agency, language="/en")


def test_an_officer_finds_the_way_to_a_new_draft_and_into_an_old_one(
    draft: Consultation, officer: User, moderator: User
) -> None:
    new, edit = f"/agencies/{draft.agency.slug}/consultations/new/", f"/{draft.slug}/edit/"

    assert new in page(draft.agency, officer)
    assert edit in page(draft.agency, officer)
    assert new not in page(draft.agency, moderator)
    assert new not in page(draft.agency)


def test_older_ones_are_reached_page_by_page(
    consultation: Consultation, agency: Agency, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agencies, "SHOWN", 1)
    newer = publish(agency, officer, "Taman kota", -1, 5)

    first = page(agency)
    older = re.search(r'href="(\?before=\d+)"', first)
    assert older
    second = Client().get(f"/agencies/{agency.slug}/{older[1]}").content.decode()

    assert newer.title in first
    assert consultation.title not in first
    assert consultation.title in second
    assert 'href="?before=' not in second
