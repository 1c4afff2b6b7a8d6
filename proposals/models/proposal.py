"""A citizens' proposal under a consultation: a text written together, supported, discussed."""

from typing import ClassVar, Self
from uuid import UUID, uuid5

from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from consultations.models import Consultation, Participant, Phase, Thread
from consultations.models.consultation import MODERATORS, STAFF, staffed_by
from consultations.models.place import next_place
from consultations.models.thread import follow_trigger
from portal.accounts.models import User
from portal.journal.models import ClockTimestamp, record
from portal.moderation.models import Moderated
from portal.moderation.models.moderated import State
from portal.refusals import KeyReused, Refused
from proposals.coedit import plain
from proposals.models.document import Document
from proposals.models.supported import Supported
from proposals.models.update import Update

WORDS_LOOKED_FOR = 8


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def visible_to(self, user: object) -> Self:
        """The one gate: proposals of visible consultations; held ones for author and moderators."""
        public = Q(consultation__publication__isnull=False)
        if not isinstance(user, User):
            return self.filter(public).exclude(state=State.HELD)
        staff = staffed_by(user, *STAFF, prefix="consultation__")
        moderator = staffed_by(user, *MODERATORS, prefix="consultation__")
        return self.filter(public | staff).filter(
            ~Q(state=State.HELD) | Q(author__person=user) | moderator
        )

    def moderated_by(self, user: User) -> Self:
        """Keep what stands where the person is a moderator."""
        return self.filter(staffed_by(user, *MODERATORS, prefix="consultation__"))

    def shown(self) -> Self:
        """Keep what everybody may read."""
        return self.filter(state=State.VISIBLE)

    def for_display(self) -> Self:
        """Fetch place, author, text and the rule of a hidden one in the same statement."""
        return self.select_related(
            "consultation__agency",
            "consultation__publication",
            "author",
            "document",
            "decision__rule",
        ).defer("document__checkpoint", "document__text", "document__source")

    def for_cards(self) -> Self:
        """Fetch what a list shows; texts stay where they are."""
        return self.select_related("author", "decision__rule")

    def with_key(
        self, author: Participant, key: UUID, *, title: str, summary: str, text: str
    ) -> "Proposal | None":
        """Give the proposal this form made before; other content under the same key is refused."""
        earlier = self.filter(author=author, key=key).first()
        if earlier is not None and not earlier.began_as(title, summary, text):
            raise KeyReused(_("This form was already sent with different content. Open it again."))
        return earlier

    def saying(self, words: str) -> Self:
        """Keep those that say every word in title or summary; nobody finds a hidden one by it."""
        found = self.exclude(state=State.HIDDEN) if words else self
        for word in words.split()[:WORDS_LOOKED_FOR]:
            found = found.filter(Q(title__icontains=word) | Q(summary__icontains=word))
        return found

    def before(self, pk: int | None) -> Self:
        """Keep what is older than a proposal, newest first: keyset, never a page number."""
        older = self.filter(pk__lt=pk) if pk else self
        return older.order_by("-pk")

    def most_supported(self, *, below: int | None, pk: int | None) -> Self:
        """Sort by supports, taken over or given here, from a place in that order on."""
        rest = self
        if below is not None and pk:
            is_later = Q(support_total__lt=below) | Q(support_total=below, pk__lt=pk)
            rest = self.filter(is_later, support_total__lte=below)
        return rest.order_by("-support_total", "-pk")


class Proposal(Supported, Moderated):
    """A citizens' proposal; its text is a document that many may write."""

    partial: ClassVar[str] = "proposals/proposals/_proposal.html"

    consultation = models.ForeignKey(
        Consultation, on_delete=models.CASCADE, related_name="proposals"
    )
    author = models.ForeignKey(
        Participant, on_delete=models.PROTECT, null=True, related_name="proposals"
    )
    key = models.UUIDField(null=True)
    origin = models.CharField(max_length=60, blank=True)
    title = models.CharField(_("title"), max_length=160)
    summary = models.TextField(_("summary"), max_length=1_000)
    started_at = models.DateTimeField(db_default=ClockTimestamp())
    objects: ClassVar[models.Manager["Proposal"]] = ProposalQuerySet.as_manager()

    class Meta(Moderated.Meta):
        indexes = Supported.Meta.indexes
        constraints = [
            *Moderated.Meta.constraints,
            models.UniqueConstraint(
                fields=["author", "key"], name="one_proposal_per_author_and_key"
            ),
            models.UniqueConstraint(
                fields=["consultation", "origin"],
                condition=~Q(origin=""),
                name="one_proposal_per_imported_one",
            ),
        ]
        triggers = [*Moderated.Meta.triggers, follow_trigger("proposal")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("proposals:show", args=[self.pk])

    def journal_place(self) -> tuple[int, int]:
        return self.consultation.agency_id, self.consultation_id

    @classmethod
    def counts_for(cls, pk: int) -> dict[str, list[int]]:
        """Its supports, for pages that join."""
        rows = cls.objects.filter(pk=pk).values_list("support_count", "support_version")
        return {f"proposal-{pk}": list(row) for row in rows}

    @classmethod
    @transaction.atomic
    def start(
        cls,
        *,
        consultation: Consultation,
        author: User,
        title: str,
        summary: str,
        text: str,
        key: UUID,
    ) -> "Proposal":
        """Put a proposal before the others, with its text and its thread; keyed like a comment."""
        seed = plain.seed(text)  # takes its time before any row is held
        place = Consultation.objects.select_for_update(of=("self",)).for_display()
        consultation = place.get(pk=consultation.pk)
        participant = consultation.participant_for(author)
        words = {"title": title, "summary": summary, "text": text}
        if earlier := cls.objects.with_key(participant, key, **words):
            return earlier
        if not consultation.allows(Phase.Activity.PROPOSE):
            raise Refused(_("This consultation is not taking proposals now."))
        is_held = consultation.premoderates(Phase.Activity.PROPOSE)
        proposal = cls.objects.create(
            consultation=consultation,
            author=participant,
            title=title,
            summary=summary,
            key=key,
            state=State.HELD if is_held else State.VISIBLE,
        )
        Document.begin_for(proposal, seed=seed, by=author)
        proposal.start_thread(by=author, key=uuid5(key, "thread"))
        record("proposed", proposal, by=author)
        if not is_held:
            proposal.join_list()
        return proposal

    def began_as(self, title: str, summary: str, text: str) -> bool:
        """Say whether a form with these words made it, whatever was written since."""
        seed = Update.objects.filter(document__proposal=self, kind=Update.Kind.SEED)
        is_text = seed.filter(form_digest=plain.digest_of(text)).exists()
        return is_text and (self.title, self.summary) == (title, summary)

    def start_thread(self, *, by: User, key: UUID) -> None:
        """Give the proposal its discussion."""
        Thread.start(
            consultation=self.consultation, subject=self.title, by=by, key=key, about=self.topic,
            state=self.state,
        )  # fmt: skip

    def join_list(self) -> None:
        """Show it in the list of its consultation's proposals, or anew where it stands already."""
        self.broadcast_append_to(self.consultation, target=f"{self.consultation.dom_id}-proposals")

    def writable_by(self, user: object) -> bool:
        """Say whether the person may write the text now: the phase runs and nothing is hidden."""
        is_open = self.state == State.VISIBLE and self.consultation.allows(Phase.Activity.COEDIT)
        return isinstance(user, User) and user.is_active and is_open

    def rules_topic(self) -> str:
        return self.consultation.topic

    def may_be_moderated_by(self, user: User) -> bool:
        return self.consultation.has_staff(user, *MODERATORS)

    def authors(self) -> list[User]:
        return [self.author.person] if self.author and self.author.person else []

    def is_by(self, person: User) -> bool:
        return self.author is not None and self.author.person_id == person.pk

    def lock_place(self) -> None:
        """The thread follows the state: its row comes first, as for who posts there."""
        Thread.objects.select_for_update().filter(about=self.topic).first()
        Consultation.objects.select_for_update(of=("self",)).get(pk=self.consultation_id)
        self.refresh_from_db()

    def moderation_changed(self) -> None:
        self.broadcast_replace_on(self)
        self.join_list()
        for document in Document.objects.for_display().filter(proposal=self):
            document.owner_changed()

    def partial_context(self) -> dict[str, object]:
        return {"proposal": self, "words": proposal_words()}

    def thread(self) -> Thread | None:
        """Where it is discussed."""
        return Thread.objects.filter(about=self.topic).first()

    @property
    def list_place(self) -> str:
        """Where it stands among its like, newest first, as text."""
        return next_place("", self.pk)

    @property
    def author_name(self) -> str:
        return self.author.pseudonym if self.author else ""


def proposal_words() -> dict[str, str]:
    """Every label of a proposal's card, asked once per page and language."""
    return {
        "at": reverse("proposals:show", args=[0]).removesuffix("0/"),
        "supports": _now("supports"),
        "supports_here": _now("supports here"),
        "taken_over": _now("supports carried over from the source"),
        "by": pgettext("author", "by"),
        "held": _now("Waiting for review"),
        "read": _now("Read the proposal"),
    }
