"""Days from today become moments: offices open at eight, nobody writes at night."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from portal.demo.past import AWAKE, OPENS, Calendar
from portal.demo.script import read_script

NOON = datetime(2026, 11, 24, 5, 30, tzinfo=UTC)
DEEP_NIGHT = datetime(2026, 11, 23, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize("now", [NOON, DEEP_NIGHT])
def test_what_was_earlier_stays_earlier_and_nothing_is_later_than_now(now: datetime) -> None:
    calendar = Calendar(now)
    days = [-14 + step / 40 for step in range(14 * 40 + 1)]

    moments = [calendar.awake(day) for day in days]

    assert moments == sorted(moments)
    assert len(set(moments)) == len(moments)
    assert moments[-1] <= now


@pytest.mark.parametrize("now", [NOON, DEEP_NIGHT])
def test_before_today_nobody_writes_at_night(now: datetime) -> None:
    calendar = Calendar(now)

    for step in range(1, 200):
        moment = timezone.localtime(calendar.awake(-1.01 - step / 23))
        since_midnight = timedelta(hours=moment.hour, minutes=moment.minute)
        assert OPENS <= since_midnight <= OPENS + AWAKE


def test_phases_begin_and_end_when_offices_open() -> None:
    calendar = Calendar(NOON)
    matter = next(matter for matter in read_script().matters if matter.slug == "jalur-sepeda")

    phases = calendar.plan(matter)

    assert [phase.activity for phase in phases] == ["inform", "comment", "answer"]
    assert {timezone.localtime(phase.starts_at).hour for phase in phases} == {8}
    assert phases[1].starts_at < NOON < phases[1].ends_at


def test_a_rehearsal_opens_what_is_planned_and_nothing_else() -> None:
    matter = next(matter for matter in read_script().matters if matter.slug == "nama-taman-kota")

    phases = Calendar(NOON).rehearsal(matter)

    assert [phase.activity for phase in phases] == ["comment", "propose", "support"]
    assert all(phase.starts_at < NOON < phase.ends_at for phase in phases)
