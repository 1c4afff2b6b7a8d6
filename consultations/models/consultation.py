"""An open consultation of an agency: what is asked, when, and how it is decided."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, NamedTuple, Self
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from consultations.models.draft import digest_of, free_slug
from consultations.models.label import consultation_words
from consultations.models.participant import Participant
from consultations.models.phase import Phase
from consultations.models.publication import Publication
from consultations.models.standing import Standing, standing
from portal.accounts.models import User
from portal.agencies.models import Agency, Member
from portal.journal.models import ClockTimestamp, record
from portal.live.models import LiveModel
from portal.markup import HtmlField, to_html
from portal.moderation.models import Rule
from portal.refusals import KeyReused, Refused

STAFF = (Member.Role.OFFICER, Member.Role.ANSWERER, Member.Role.OWNER, Member.Role.MODERATOR)
EDITORS = (Member.Role.OFFICER, Member.Role.OWNER)
MODERATORS = (Member.Role.MODERATOR,)
COUNTED = 250


class Schedule(NamedTuple):
    """One phase as an officer plans it: aware times, the end is not included."""

    activity: str
    starts_at: datetime
    ends_at: datetime


class ConsultationQuerySet(models.QuerySet["Consultation"]):
    def published(self) -> Self:
        """Keep what the public may see."""
        return self.filter(publication__isnull=False)

    def visible_to(self, user: object) -> Self:
        """The one gate: published ones, and drafts for the staff of their agency."""
        if not isinstance(user, User):
            return self.published()
        return self.filter(Q(publication__isnull=False) | staffed_by(user, *STAFF))

    def editable_by(self, user: object) -> Self:
        """Keep those whose officers or owners include the person."""
        return self.filter(staffed_by(user, *EDITORS)) if isinstance(user, User) else self.none()

    def for_display(self) -> Self:
        """Fetch what a consultation's page shows of it in the same statement."""
        return self.select_related("agency", "publication")


NOWHERE = Q(pk__in=())


def staffed_by(user: User, *roles: str, prefix: str = "") -> Q:
    """The consultations for which the person holds a role now, agency-wide or for this one.

    `prefix` leads from another noun to its consultation, like `thread__consultation__`.
    """
    if user.holds_no_role:
        return NOWHERE
    own_topic = models.functions.Concat(
        models.Value("consultation:"),
        models.functions.Cast(OuterRef(f"{prefix}pk"), models.TextField()),
        output_field=models.TextField(),
    )
    held = Member.objects.acting().filter(
        Q(consultation_topic="") | Q(consultation_topic=own_topic),
        person=user,
        role__in=roles,
        agency=OuterRef(f"{prefix}agency_id"),
    )
    return Q(Exists(held))


class Consultation(LiveModel):
    """An open consultation: a question of an agency to the public, in phases."""

    partial: ClassVar[str] = "consultations/consultations/_consultation.html"

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="consultations")
    title = models.CharField(_("title"), max_length=160)
    slug = models.SlugField(max_length=90, unique=True)
    question = models.TextField(_("the decision at stake"), max_length=1000)
    how_decided = models.TextField(_("how this is decided"), max_length=2000, blank=True)
    background = models.TextField(_("background"), max_length=40_000, blank=True)
    background_html = HtmlField(blank=True)
    organiser = models.CharField(_("organiser"), max_length=160, blank=True)
    contact = models.CharField(_("contact"), max_length=200, blank=True)
    source = models.CharField(max_length=200, blank=True)
    participant_count = models.PositiveIntegerField(default=0)
    drafted_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    key = models.UUIDField()
    form_digest = models.BinaryField(null=True)
    drafted_at = models.DateTimeField(db_default=ClockTimestamp())

    objects: ClassVar[models.Manager["Consultation"]] = ConsultationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["drafted_by", "key"], name="one_consultation_per_officer_and_key"
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("consultations:show", args=[self.slug])

    @property
    def is_published(self) -> bool:
        """Say whether the public may see it."""
        return getattr(self, "publication", None) is not None

    @property
    def is_imported(self) -> bool:
        return bool(self.source)

    def journal_place(self) -> tuple[int, int]:
        return self.agency_id, self.pk

    @classmethod
    def counts_for(cls, pk: int) -> dict[str, list[int]]:
        """Participants, and the comments of each discussion; both only grow by their version."""
        place = cls.objects.filter(pk=pk).values_list("participant_count", flat=True)
        counts = {f"consultation-{pk}": [number, number] for number in place}
        threads = cls.objects.filter(pk=pk, threads__isnull=False).order_by("-threads")[:COUNTED]
        for thread, *values in threads.values_list(
            "threads", "threads__comment_count", "threads__count_version"
        ):
            counts[f"thread-{thread}"] = values
        return counts

    def partial_context(self) -> dict[str, object]:
        return {"consultation": self, "words": consultation_words()}

    @classmethod
    @transaction.atomic
    def draft(
        cls,
        *,
        agency: Agency,
        by: User,
        key: UUID,
        phases: Sequence[Schedule],
        premoderated: bool = False,
        **texts: str,
    ) -> "Consultation":
        """Write a draft only the agency's staff can see; the same key gives back the first one."""
        Agency.objects.select_for_update().get(pk=agency.pk)
        digest = digest_of(agency.pk, phases, premoderated=premoderated, texts=texts)
        if earlier := cls.objects.filter(drafted_by=by, key=key).first():
            if bytes(earlier.form_digest or b"") != digest:
                raise KeyReused(
                    _("This form was already sent with different content. Open it again.")
                )
            return earlier
        if not agency.has_member(by, *EDITORS):
            raise Refused(_("Only an officer of the agency may open a consultation."))
        consultation = cls(
            agency=agency,
            drafted_by=by,
            key=key,
            form_digest=digest,
            background_html=to_html(texts.get("background", ""), headings=True),
            **texts,
        )
        consultation._take_address()
        consultation.plan(phases, premoderated=premoderated)
        Rule.copy_site_rules(consultation.topic)
        record("drafted", consultation, by=by)
        return consultation

    def _take_address(self) -> None:
        """Save under a free slug; two drafts of one title at once get two."""
        for _attempt in range(5):
            self.slug = free_slug(self.title, taken=Consultation.objects)
            try:
                with transaction.atomic():
                    return self.save(force_insert=True)
            except IntegrityError:
                continue
        raise Refused(_("Many people are using this title right now. Try again."))

    def plan(self, phases: Sequence[Schedule], *, premoderated: bool) -> None:
        """Write the phases of a draft."""
        Phase.objects.bulk_create(
            Phase(consultation=self, premoderated=premoderated, **phase._asdict())
            for phase in phases
        )

    @transaction.atomic
    def revise(
        self, *, by: User, phases: Sequence[Schedule], premoderated: bool, **texts: str
    ) -> None:
        """Change a draft; what is published already stays as it was announced."""
        self.lock()
        self._refuse_unless_editor(by)
        self.refuse_once_published()
        for name, value in texts.items():
            setattr(self, name, value)
        self.background_html = to_html(self.background, headings=True)
        self.save()
        self.phases.all().delete()
        self.plan(phases, premoderated=premoderated)
        record("revised", self, by=by)

    def refuse_once_published(self) -> None:
        if self.is_published:
            raise Refused(_("This consultation is published. Its rules stay as announced."))

    @transaction.atomic
    def publish(self, *, by: User) -> None:
        """Show it to everybody; refused with the names of what is missing."""
        self.lock()
        self._refuse_unless_editor(by)
        if self.is_published:
            return
        if missing := self.missing():
            words = "; ".join(missing.values())
            raise Refused(_("Not ready yet. Missing: %(missing)s.") % {"missing": words})
        Publication.objects.create(consultation=self, by=by)
        record("published", self, by=by)
        self.broadcast_replace_on(self)

    def missing(self) -> dict[str, str]:
        """Name what a consultation must have before the public sees it (UU 12/2011 art. 96)."""
        has_moderator = self.moderators().exists()
        dates = self.phases.exclude(activity=Phase.Activity.INFORM).exists()
        checks = {
            "background": (bool(self.background.strip()), _("the background document")),
            "organiser": (bool(self.organiser.strip()), _("the organiser")),
            "dates": (dates, _("the dates of at least one phase in which people take part")),
            "moderator": (has_moderator, _("a moderator")),
        }
        return {name: str(words) for name, (is_there, words) in checks.items() if not is_there}

    def moderators(self) -> models.QuerySet[Member]:
        """Give those who moderate here now, agency-wide or for this consultation."""
        return Member.objects.current().filter(
            agency_id=self.agency_id,
            role__in=MODERATORS,
            consultation_topic__in=("", self.topic),
        )

    def has_staff(self, user: object, *roles: str) -> bool:
        """Say whether the person holds one of the roles here now."""
        return self.agency.has_member(user, *roles, topic=self.topic)

    def standing_of(self, user: object) -> Standing:
        """Say what the person is here: roles and participant, in one statement."""
        return standing(user, agency=self.agency_id, consultation=self.pk)

    def roles_of(self, user: object) -> tuple[str, ...]:
        """Give the roles the person holds here now."""
        return self.standing_of(user).roles

    def phase_of(self, activity: str) -> Phase | None:
        """Give the phase to speak of: the running one, else the next, else the last one past."""
        phases = list(self.phases.for_display().filter(activity=activity))
        for phase in phases:
            if phase.is_running or not phase.is_past:
                return phase
        return phases[-1] if phases else None

    def allows(self, activity: str) -> bool:
        """Say whether a phase of that activity runs now, by the clock of the database."""
        return self.is_published and self.phases.running().filter(activity=activity).exists()

    def premoderates(self, activity: str) -> bool:
        """Say whether what is written now waits for a moderator first."""
        running = self.phases.running().filter(activity=activity, premoderated=True)
        return running.exists()

    def participant_for(self, user: User) -> Participant:
        """Find or make the person's participant; call it inside the verb's transaction."""
        participant, _created = Participant.objects.get_or_create(
            consultation=self, person=user, defaults={"pseudonym": user.pseudonym}
        )
        return participant

    def lock(self) -> None:
        """Take the row: acts on the consultation take turns; what was read before is read anew."""
        Consultation.objects.select_for_update().get(pk=self.pk)
        self.refresh_from_db()

    def _refuse_unless_editor(self, by: User) -> None:
        if not self.has_staff(by, *EDITORS):
            raise Refused(_("Only an officer of the agency may do this."))
