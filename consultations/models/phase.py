"""A time span of a consultation in which one kind of act is possible."""

from datetime import UTC, datetime
from typing import ClassVar, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import BooleanField, ExpressionWrapper, F, Func, Q
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

from consultations.models.moment import moment_words
from portal.journal.models import ClockTimestamp

FIRST_YEAR, LAST_YEAR = 2000, 2100
# A day more on both sides: the year is that of the agency's clocks.
EARLIEST = datetime(FIRST_YEAR - 1, 12, 31, tzinfo=UTC)
LATEST = datetime(LAST_YEAR + 1, 1, 2, tzinfo=UTC)


class PhaseQuerySet(models.QuerySet["Phase"]):
    def running(self) -> Self:
        """Keep the phases in which the clock of the database lies now."""
        return self.filter(starts_at__lte=ClockTimestamp(), ends_at__gt=ClockTimestamp())

    def for_display(self) -> Self:
        """Mark what runs and what is past by the clock of the database, in order of time."""
        return self.annotate(
            is_running=_truth(Q(starts_at__lte=ClockTimestamp(), ends_at__gt=ClockTimestamp())),
            is_past=_truth(Q(ends_at__lte=ClockTimestamp())),
        ).order_by("starts_at", "pk")


def _truth(condition: Q) -> Combinable:
    return ExpressionWrapper(condition, output_field=BooleanField())


class Phase(models.Model):
    """One activity from a moment to a moment (end not included), judged by the database."""

    class Activity(models.TextChoices):
        INFORM = "inform", _("reading the documents")
        COMMENT = "comment", _("commenting")
        PROPOSE = "propose", _("making proposals")
        COEDIT = "coedit", _("writing together")
        SUPPORT = "support", _("supporting proposals")
        ANSWER = "answer", _("the agency answers")

    consultation = models.ForeignKey(
        "consultations.Consultation", on_delete=models.CASCADE, related_name="phases"
    )
    activity = models.CharField(max_length=10, choices=Activity)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    premoderated = models.BooleanField(default=False)

    objects: ClassVar[models.Manager["Phase"]] = PhaseQuerySet.as_manager()

    is_running: bool
    is_past: bool

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="phase_ends_after_its_start"
            ),
            models.CheckConstraint(
                condition=Q(starts_at__gte=EARLIEST, ends_at__lt=LATEST),
                name="phase_lies_between_the_years_2000_and_2100",
            ),
            ExclusionConstraint(
                name="phases_of_one_activity_do_not_overlap",
                expressions=[
                    ("consultation", RangeOperators.EQUAL),
                    ("activity", RangeOperators.EQUAL),
                    (
                        Func(
                            "starts_at",
                            "ends_at",
                            function="tstzrange",
                            output_field=DateTimeRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return (
            f"{self.get_activity_display()}: {self.starts_at:%Y-%m-%d} to {self.ends_at:%Y-%m-%d}"
        )

    @property
    def dom_id(self) -> str:
        return f"phase-{self.pk}"

    @property
    def starts_words(self) -> str:
        """The beginning in the agency's time zone."""
        return moment_words(self.starts_at, zone=self.consultation.agency.time_zone)

    @property
    def ends_words(self) -> str:
        """The end in the agency's time zone."""
        return moment_words(self.ends_at, zone=self.consultation.agency.time_zone)

    @property
    def starts_iso(self) -> str:
        return self.starts_at.isoformat(timespec="seconds")

    @property
    def ends_iso(self) -> str:
        return self.ends_at.isoformat(timespec="seconds")
