"""The list of discussions: every one on exactly one page, and the way to it."""

import re

import pytest
from django.test import Client

from consultations.models import Consultation, Phase, Thread
from consultations.models.thread import LISTED

SUBJECT = re.compile(r'<a href="/threads/\d+/">(\d+)</a>')
NEXT = re.compile(r'href="([^"]+)" rel="next"')


@pytest.fixture
def many(consultation: Consultation) -> list[str]:
    """One discussion more than two pages hold."""
    subjects = [str(number) for number in range(2 * LISTED + 1)]
    Thread.objects.bulk_create(
        Thread(consultation=consultation, subject=subject) for subject in subjects
    )
    return subjects


def test_the_pages_together_show_every_discussion_once_newest_first(
    consultation: Consultation, many: list[str]
) -> None:
    found, address = [], consultation.get_absolute_url()
    while address:
        page = Client().get(address).text
        found.append(SUBJECT.findall(page))
        link = NEXT.search(page)
        address = link[1] if link else ""

    assert [len(page) for page in found] == [LISTED, LISTED, 1]
    assert [subject for page in found for subject in page] == many[::-1]


def test_the_list_opened_directly_is_a_whole_page(consultation: Consultation) -> None:
    page = Client().get(f"/consultations/{consultation.slug}/threads/").text

    assert page.count("<h1>") == 1
    assert "styles.css" in page
    assert f'id="{consultation.dom_id}-threads"' in page


def test_a_page_that_missed_something_gets_the_list_alone(
    consultation: Consultation, many: list[str]
) -> None:
    address, region = f"/consultations/{consultation.slug}/threads/", "consultation-discussions"
    oldest = Thread.objects.get(subject="1")

    first = Client().get(address, headers={"Live-Region": region}).text
    last = Client().get(f"{address}?before={oldest.pk}", headers={"Live-Region": region}).text

    assert "<h1>" not in first
    assert SUBJECT.findall(first)[0] == many[-1]
    assert SUBJECT.findall(last) == ["0"]
    assert f'data-live-region="{address}?before={oldest.pk}"' in last


def test_an_older_page_takes_in_no_newer_discussion(
    consultation: Consultation, many: list[str]
) -> None:
    middle = Thread.objects.get(subject=str(2 * LISTED))

    page = Client().get(f"/consultations/{consultation.slug}/threads/?before={middle.pk}").text

    first, last = (Thread.objects.get(subject=each) for each in (many[-2], many[LISTED]))
    assert f'data-live-from="{first.place}"' in page
    assert f'data-live-until="{last.place}"' in page


def test_proposals_are_offered_where_a_phase_is_about_them(consultation: Consultation) -> None:
    link = f'href="/consultations/{consultation.slug}/proposals/"'
    offered = Client().get(f"/consultations/{consultation.slug}/").text
    Phase.objects.exclude(activity=Phase.Activity.COMMENT).delete()

    assert link in offered
    assert link not in Client().get(consultation.get_absolute_url()).text
