"""Phases: judged by the clock of the database, shown in the agency's zone, never overlapping."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from consultations.forms.consultations import ConsultationForm
from consultations.models import Consultation, Phase
from tests.conftest import close


def test_a_phase_runs_while_the_clock_lies_inside_it(consultation: Consultation) -> None:
    assert consultation.allows(Phase.Activity.COMMENT)

    close(consultation, Phase.Activity.COMMENT)

    assert not consultation.allows(Phase.Activity.COMMENT)
    assert consultation.allows(Phase.Activity.SUPPORT)


def test_the_clock_of_the_web_process_decides_nothing(consultation: Consultation) -> None:
    with time_machine.travel(timezone.now() + timedelta(days=30), tick=False):
        assert consultation.allows(Phase.Activity.COMMENT)
        assert consultation.phases.for_display()[0].is_running


def test_an_activity_without_a_phase_is_never_allowed(consultation: Consultation) -> None:
    assert not consultation.allows(Phase.Activity.ANSWER)


def test_nothing_is_allowed_in_a_draft(draft: Consultation) -> None:
    assert not draft.allows(Phase.Activity.COMMENT)


def test_past_running_and_coming_are_told_apart(consultation: Consultation) -> None:
    now = timezone.now()
    consultation.phases.all().delete()
    for start, end in ((-9, -8), (-1, 1), (8, 9)):
        Phase.objects.create(
            consultation=consultation,
            activity=Phase.Activity.COMMENT,
            starts_at=now + timedelta(days=start),
            ends_at=now + timedelta(days=end),
        )

    shown = [(each.is_past, each.is_running) for each in consultation.phases.for_display()]

    assert shown == [(True, False), (False, True), (False, False)]


def test_the_phase_to_speak_of_is_the_running_else_the_next_else_the_last(
    consultation: Consultation,
) -> None:
    now = timezone.now()
    consultation.phases.all().delete()
    assert consultation.phase_of(Phase.Activity.COMMENT) is None

    spans = {"past": (-9, -8), "next": (8, 9), "running": (-1, 1)}
    spoken_of = []
    for start, end in spans.values():
        Phase.objects.create(
            consultation=consultation,
            activity=Phase.Activity.COMMENT,
            starts_at=now + timedelta(days=start),
            ends_at=now + timedelta(days=end),
        )
        phase = consultation.phase_of(Phase.Activity.COMMENT)
        assert phase is not None
        spoken_of.append((phase.is_past, phase.is_running))

    assert spoken_of == [(True, False), (False, False), (False, True)]


def test_a_phase_ends_after_its_start(consultation: Consultation) -> None:
    now = timezone.now()

    with pytest.raises(IntegrityError, match="phase_ends_after_its_start"):
        Phase.objects.create(
            consultation=consultation, activity="answer", starts_at=now, ends_at=now
        )


def test_phases_of_one_activity_do_not_overlap(consultation: Consultation) -> None:
    first = consultation.phases.get(activity=Phase.Activity.COMMENT)

    with (
        pytest.raises(IntegrityError, match="phases_of_one_activity_do_not_overlap"),
        transaction.atomic(),
    ):
        Phase.objects.create(
            consultation=consultation,
            activity=first.activity,
            starts_at=first.ends_at - timedelta(minutes=1),
            ends_at=first.ends_at + timedelta(days=1),
        )
    Phase.objects.create(
        consultation=consultation,
        activity=first.activity,
        starts_at=first.ends_at,
        ends_at=first.ends_at + timedelta(days=1),
    )


def test_times_are_told_in_the_zone_of_the_agency(consultation: Consultation) -> None:
    consultation.agency.time_zone = "Asia/Jayapura"
    phase = Phase(
        consultation=consultation,
        activity="answer",
        starts_at=datetime(2026, 12, 2, 7, 2, tzinfo=UTC),
        ends_at=datetime(2026, 12, 3, 7, 2, tzinfo=UTC),
    )

    with translation.override("en"):
        assert phase.starts_words == "2 December 2026, 16:02 WIT"
    assert phase.starts_iso == "2026-12-02T07:02:00+00:00"


@pytest.mark.parametrize("year", [1, 1999, 2101, 9999])
def test_a_phase_in_a_year_of_nobody_is_refused(consultation: Consultation, year: int) -> None:
    phase = consultation.phases.filter(activity=Phase.Activity.COMMENT)
    moment = datetime(year, 6, 1, tzinfo=UTC)
    span = {"starts_at": moment, "ends_at": moment + timedelta(days=1)}

    with pytest.raises(IntegrityError, match="years_2000_and_2100"), transaction.atomic():
        phase.update(**span)


@pytest.mark.parametrize("year", ["0001", "1999", "2101", "9999"])
def test_the_form_says_which_years_there_are(year: str) -> None:
    form = ConsultationForm({"comment_starts_at": f"{year}-01-01T08:00"}, zone="Asia/Jayapura")

    with translation.override("en"):
        assert form.errors["comment_starts_at"] == ["Give a year between 2000 and 2100."]


@pytest.mark.parametrize("moment", ["2000-01-01T00:00", "2100-12-31T23:59"])
def test_the_first_and_the_last_minute_can_be_stored(
    consultation: Consultation, moment: str
) -> None:
    form = ConsultationForm({"comment_ends_at": moment}, zone="Asia/Jayapura")
    form.full_clean()
    ends = form.cleaned_data["comment_ends_at"]

    consultation.phases.update(starts_at=ends - timedelta(minutes=1), ends_at=ends)

    assert consultation.phases.for_display()[0].ends_at == ends
