"""The directory of consultations: what is open, soon or over by the clock of the database."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Case, CharField, Exists, Max, Min, OuterRef, QuerySet, Value, When
from django.utils.timesince import timeuntil
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from consultations.models import Consultation, Phase
from consultations.models.moment import moment_words
from portal.agencies.models import Agency
from portal.journal.models import ClockTimestamp
from portal.markup import CleanTextField

OPEN, SOON, CLOSED = "open", "soon", "closed"
STATES = ((OPEN, _("open now")), (SOON, _("opening soon")), (CLOSED, _("ended")))
TAKING_PART = (
    Phase.Activity.COMMENT,
    Phase.Activity.PROPOSE,
    Phase.Activity.COEDIT,
    Phase.Activity.SUPPORT,
)
SECTION = 12
PAGE = 24


class FilterForm(forms.Form):
    """What somebody looks for; every filter stands in the address."""

    # Nobody expects to have to fill a filter.
    without_optional = frozenset(("q", "state", "agency"))

    q = CleanTextField(
        label=_("Search"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    state = forms.ChoiceField(label=_("Status"), choices=(("", _("all")), *STATES), required=False)
    agency = forms.ModelChoiceField(
        label=_("Agency"),
        queryset=Agency.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label=_("all"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "filter-%s")
        super().__init__(*args, **kwargs)
        agency: Any = self.fields["agency"]
        agency.queryset = Agency.objects.order_by("name")

    @property
    def is_asked(self) -> bool:
        """Say whether something is looked for."""
        return self.is_valid() and any(self.cleaned_data.values())


@dataclass(frozen=True)
class Listed:
    """One line of the directory: the consultation, and its deadline in words."""

    consultation: Any

    @property
    def state(self) -> str:
        return str(self.consultation.clock_state)

    @property
    def state_words(self) -> str:
        return str(dict(STATES)[self.state])

    @property
    def moment(self) -> datetime | None:
        """The end of what is open, the beginning of what is soon, the end of what is over."""
        moments: dict[str, datetime | None] = {
            OPEN: self.consultation.closes_at,
            SOON: self.consultation.opens_at,
            CLOSED: self.consultation.closed_at,
        }
        return moments[self.state]

    @property
    def moment_iso(self) -> str:
        return self.moment.isoformat(timespec="seconds") if self.moment else ""

    @property
    def moment_words(self) -> str:
        zone = self.consultation.agency.time_zone
        return moment_words(self.moment, zone=zone) if self.moment else ""

    @property
    def deadline_words(self) -> str:
        """How long there is time, in words."""
        if self.moment is None:
            return ""
        if self.state == CLOSED:
            return _now("ended on %(moment)s") % {"moment": self.moment_words}
        span = {"span": timeuntil(self.moment, depth=1).replace("\xa0", " ")}
        return (
            _now("closes in %(span)s") if self.state == OPEN else _now("opens in %(span)s")
        ) % span


def directory() -> QuerySet[Any]:
    """Give what is public, with its state by the clock; drafts are no part of a directory."""
    return by_the_clock(Consultation.objects.published().for_display())


def lines(consultations: QuerySet[Consultation], *, most: int) -> list[Listed]:
    """Give public consultations as the directory shows them, newest first."""
    return [Listed(row) for row in by_the_clock(consultations).order_by("-pk")[:most]]


def by_the_clock(consultations: QuerySet[Any]) -> QuerySet[Any]:
    """Mark each with its state now, and with the moments of which a line speaks."""
    phases = Phase.objects.filter(consultation=OuterRef("pk"), activity__in=TAKING_PART)
    running = phases.running()
    coming = phases.filter(starts_at__gt=ClockTimestamp())
    state = Case(
        When(Exists(running), then=Value(OPEN)),
        When(Exists(coming), then=Value(SOON)),
        default=Value(CLOSED),
        output_field=CharField(),
    )
    found: QuerySet[Any] = consultations.annotate(
        clock_state=state,
        closes_at=_of(running, Max("ends_at")),
        opens_at=_of(coming, Min("starts_at")),
        closed_at=_of(phases, Max("ends_at")),
    )
    return found


def _of(phases: Any, moment: Max | Min) -> Any:
    grouped = phases.order_by().values("consultation").annotate(moment=moment)
    return grouped.values("moment")


def section(state: str) -> list[Listed]:
    """Give the beginning of one part of the front page, what ends or begins first on top."""
    order = {OPEN: "closes_at", SOON: "opens_at", CLOSED: "-closed_at"}[state]
    rows = directory().filter(clock_state=state).order_by(order, "-pk")[:SECTION]
    return [Listed(row) for row in rows]


def found(wanted: dict[str, Any], *, before: int | None) -> tuple[list[Listed], int | None]:
    """Give a page of what fits, newest first, and where the next one begins: by key."""
    rows = directory().order_by("-pk")
    if wanted["state"]:
        rows = rows.filter(clock_state=wanted["state"])
    if wanted["agency"]:
        rows = rows.filter(agency=wanted["agency"])
    if wanted["q"]:
        words = SearchQuery(plain(wanted["q"]), config="simple", search_type="websearch")
        rows = rows.annotate(
            words=SearchVector("title", "question", "agency__name", config="simple")
        ).filter(words=words)
    if before:
        rows = rows.filter(pk__lt=before)
    page = list(rows[: PAGE + 1])
    older = page[PAGE - 1].pk if len(page) > PAGE else None
    return [Listed(row) for row in page[:PAGE]], older


def plain(words: str) -> str:
    """Keep a hyphen before a word or a quotation only: a row of them is one too many for search."""
    return re.sub(r"-(?![\w\"])", " ", words)
