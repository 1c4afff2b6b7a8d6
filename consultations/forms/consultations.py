"""The one short form of a consultation, with its phases in the agency's time zone."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from consultations.models import Consultation, Phase
from consultations.models.consultation import Schedule
from consultations.models.phase import FIRST_YEAR, LAST_YEAR
from portal.markup import CleanTextField, NameField

TEXTS = ("title", "question", "how_decided", "background", "organiser", "contact")
MINUTES = "%Y-%m-%dT%H:%M"
OTHER_YEAR = _("Give a year between %(first)s and %(last)s.")
DATES = [f"{activity}_{edge}" for activity in Phase.Activity for edge in ("starts_at", "ends_at")]


class PlaceTimeField(forms.DateTimeField):
    """Date and time as the clocks of the agency show them."""

    def __init__(self, *, zone: ZoneInfo, full_label: str, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(format=MINUTES, attrs={"type": "datetime-local"})
        super().__init__(required=False, widget=widget, **kwargs)
        self.zone = zone
        self.full_label = full_label

    def to_python(self, value: Any) -> datetime | None:
        with timezone.override(self.zone):
            moment = super().to_python(value)
        if moment and not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise ValidationError(OTHER_YEAR % {"first": FIRST_YEAR, "last": LAST_YEAR})
        return moment

    def prepare_value(self, value: Any) -> Any:
        with timezone.override(self.zone):
            return super().prepare_value(value)


class PhaseRow(NamedTuple):
    """The two fields of one activity."""

    name: str
    starts_at: BoundField
    ends_at: BoundField


class ConsultationForm(forms.Form):
    """Everything a consultation needs before it can be published."""

    # A draft may lack these; to call them optional would mislead.
    without_optional = frozenset(("background", "organiser", "premoderated", *DATES))

    title = NameField(label=_("Title"), max_length=160)
    question = CleanTextField(
        label=_("The decision at stake"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("What will be decided, in one or two sentences."),
    )
    how_decided = CleanTextField(
        label=_("How this is decided"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Who decides, when, and how the input is used."),
    )
    background = CleanTextField(
        label=_("Background"),
        max_length=40_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text=_(
            "Required before publishing. You can use Markdown: ## heading, **bold**, - list, "
            "[link](https://…)."
        ),
    )
    organiser = NameField(
        label=_("Organiser"),
        max_length=160,
        required=False,
        help_text=_("Required before publishing. The unit responsible for this consultation."),
    )
    contact = NameField(
        label=_("Contact"),
        max_length=200,
        required=False,
        help_text=_("An email address or telephone number for questions."),
    )
    premoderated = forms.ChoiceField(
        label=_("Moderation"),
        widget=forms.RadioSelect,
        initial="",
        required=False,
        choices=[
            ("", _("Comments appear immediately; moderators act afterwards")),
            ("yes", _("Comments appear after a moderator has approved them")),
        ],
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("key", uuid4())
        self.zone = ZoneInfo(zone)
        for activity in Phase.Activity:
            for edge, words in (("starts_at", _("Starts")), ("ends_at", _("Ends"))):
                full = capfirst(f"{activity.label}, {str(words).lower()}")
                self.fields[f"{activity}_{edge}"] = PlaceTimeField(
                    label=words, zone=self.zone, full_label=full
                )

    @staticmethod
    def of(consultation: Consultation) -> dict[str, Any]:
        """Give what a draft holds, to begin editing with."""
        initial: dict[str, Any] = {name: getattr(consultation, name) for name in TEXTS}
        initial["key"] = consultation.key
        for phase in consultation.phases.all():
            initial[f"{phase.activity}_starts_at"] = phase.starts_at
            initial[f"{phase.activity}_ends_at"] = phase.ends_at
            initial["premoderated"] = "yes" if phase.premoderated else ""
        return initial

    def zone_words(self) -> str:
        """Name the zone as people say it: WIB, WITA, WIT."""
        return timezone.localtime(timezone=self.zone).tzname() or self.zone.key

    def text_fields(self) -> list[BoundField]:
        """Everything above the dates."""
        return [self[name] for name in TEXTS]

    def phase_rows(self) -> list[PhaseRow]:
        """The dates, one pair for each activity."""
        return [
            PhaseRow(
                str(activity.label), self[f"{activity}_starts_at"], self[f"{activity}_ends_at"]
            )
            for activity in Phase.Activity
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for activity in Phase.Activity:
            starts, ends = cleaned.get(f"{activity}_starts_at"), cleaned.get(f"{activity}_ends_at")
            if bool(starts) != bool(ends):
                self.add_error(
                    f"{activity}_{'ends_at' if starts else 'starts_at'}",
                    _("A phase needs both a start and an end."),
                )
            elif starts and ends and ends <= starts:
                self.add_error(f"{activity}_ends_at", _("The end is before the start."))
        return cleaned

    def texts(self) -> dict[str, str]:
        """What was written."""
        return {name: self.cleaned_data[name] for name in TEXTS}

    def schedule(self) -> list[Schedule]:
        """The phases that were given dates."""
        return [
            Schedule(activity.value, starts, self.cleaned_data[f"{activity}_ends_at"])
            for activity in Phase.Activity
            if (starts := self.cleaned_data[f"{activity}_starts_at"])
        ]

    def is_premoderated(self) -> bool:
        return bool(self.cleaned_data["premoderated"] == "yes")
