"""What is open, soon or over: by the clock of the database, in the order that helps."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from consultations.models import Consultation, Phase
from portal.accounts.models import User
from portal.agencies.models import Agency
from portal.doors.directory import CLOSED, OPEN, PAGE, SECTION, SOON, FilterForm, found, section
from tests.conftest import plan

ALL = {"q": "", "state": "", "agency": None}


@pytest.fixture
def opened(agency: Agency, officer: User, moderator: User) -> Consultation:
    """A consultation of one phase: comments, from an hour ago to in an hour."""
    made = Consultation.draft(
        agency=agency, by=officer, key=uuid4(), phases=plan(Phase.Activity.COMMENT),
        title="Pasar malam", question="Apa?", background="Latar.", organiser="Bidang",
    )  # fmt: skip
    made.publish(by=officer)
    move(made, -60, 60)
    return made


def move(consultation: Consultation, start: int, end: int) -> None:
    """Let its phases run between these minutes from now."""
    now = timezone.now()
    first, last = now + timedelta(minutes=start), now + timedelta(minutes=end)
    consultation.phases.update(starts_at=first, ends_at=last)


def another(opened: Consultation, officer: User, title: str) -> Consultation:
    made = Consultation.draft(
        agency=opened.agency, by=officer, key=uuid4(), phases=plan(Phase.Activity.COMMENT),
        title=title, question="Apa?", background="Latar.", organiser="Bidang",
    )  # fmt: skip
    made.publish(by=officer)
    return made


def titles(state: str) -> list[str]:
    return [str(line.consultation.title) for line in section(state)]


@pytest.mark.parametrize(
    ("start", "end", "state"),
    [(-60, 1, OPEN), (-1, 60, OPEN), (1, 60, SOON), (-60, -1, CLOSED)],
)
def test_the_state_follows_the_clock(
    opened: Consultation, start: int, end: int, state: str
) -> None:
    move(opened, start, end)

    by_state = {each: titles(each) for each in (OPEN, SOON, CLOSED)}

    assert by_state == {OPEN: [], SOON: [], CLOSED: []} | {state: ["Pasar malam"]}


def test_between_two_phases_the_next_one_is_coming(opened: Consultation) -> None:
    move(opened, -60, -1)
    later = timezone.now() + timedelta(days=2, minutes=5)
    opened.phases.create(
        activity=Phase.Activity.SUPPORT, starts_at=later, ends_at=later + timedelta(days=1)
    )

    (line,) = section(SOON)

    assert line.moment == later
    assert "2 hari" in line.deadline_words


def test_what_ends_first_stands_on_top(opened: Consultation, officer: User) -> None:
    sooner = another(opened, officer, "Segera berakhir")
    move(sooner, -60, 30)
    assert titles(OPEN) == ["Segera berakhir", "Pasar malam"]

    move(opened, -60, -20)
    move(sooner, -60, -40)
    assert titles(CLOSED) == ["Pasar malam", "Segera berakhir"]

    move(opened, 20, 60)
    move(sooner, 10, 60)
    assert titles(SOON) == ["Segera berakhir", "Pasar malam"]


def test_a_draft_is_nowhere_even_for_its_staff(draft: Consultation, officer: User) -> None:
    browser = Client()
    browser.force_login(officer)

    assert found(ALL, before=None) == ([], None)
    assert [titles(state) for state in (OPEN, SOON, CLOSED)] == [[], [], []]
    for query in ({}, {"q": "sepeda"}, {"agency": draft.agency.slug}):
        assert draft.get_absolute_url() not in browser.get("/", query).content.decode()


def test_sections_and_pages_end(opened: Consultation, officer: User) -> None:
    for number in range(PAGE):
        another(opened, officer, f"Nomor {number}")

    listed, older = found(ALL, before=None)
    rest, none = found(ALL, before=older)

    assert (len(section(OPEN)), len(listed)) == (SECTION, PAGE)
    assert [line.consultation for line in rest] == [opened]
    assert none is None


def test_the_way_to_older_ones_keeps_what_was_asked(opened: Consultation, officer: User) -> None:
    for number in range(PAGE):
        another(opened, officer, f"Pasar & taman {number}")

    said = Client().get("/", {"q": "pasar", "state": OPEN}).content.decode()

    older = found({**ALL, "q": "pasar"}, before=None)[1]
    assert f'href="/?q=pasar&amp;state=open&amp;agency=&amp;before={older}"' in said
    assert "Pasar malam" not in said
    rest = Client().get("/", {"q": "pasar", "state": OPEN, "agency": "", "before": str(older)})
    assert "Pasar malam" in rest.content.decode()


@pytest.mark.parametrize(
    ("wanted", "is_found"),
    [
        ("PASAR", True),
        ("malam pasar", True),
        ("contoh rembuk", True),
        ("pasar -malam", False),
        ('"malam pasar"', False),
        ("latar", False),
        ("   ", True),
    ],
)
def test_words_are_looked_for_in_title_question_and_agency(
    opened: Consultation, wanted: str, is_found: bool
) -> None:
    assert ("Pasar malam" in Client().get("/", {"q": wanted}).content.decode()) == is_found


def test_nothing_found_is_said_with_a_way_back(opened: Consultation) -> None:
    said = Client().get("/en/", {"q": "jembatan"}).content.decode()

    assert "No results." in said
    assert 'href="/en/"' in said


def test_a_form_without_a_wish_asks_nothing(db: None) -> None:
    assert not FilterForm({}).is_asked
    assert not FilterForm({"q": " ", "state": ""}).is_asked
    assert not FilterForm({"state": "lain"}).is_asked
    assert FilterForm({"state": OPEN}).is_asked
