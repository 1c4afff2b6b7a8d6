"""One discussion under a consultation."""

from typing import ClassVar, Self
from uuid import UUID

import pgtrigger
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from consultations.models.comment import Comment
from consultations.models.consultation import (
    EDITORS,
    MODERATORS,
    STAFF,
    Consultation,
    staffed_by,
)
from consultations.models.label import thread_words
from consultations.models.participant import Participant
from consultations.models.phase import Phase
from portal.accounts.models import User
from portal.journal.models import ClockTimestamp, record
from portal.live.models import LiveModel, live_model
from portal.markup import to_html
from portal.moderation.models.moderated import Moderated, State
from portal.refusals import KeyReused, Refused

COUNTED = 250
LISTED = 48


def follow_trigger(noun: str) -> pgtrigger.Trigger:
    """Make the trigger by which the thread about a thing is shut and opened with it."""
    return pgtrigger.Trigger(
        name="thread_follows",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("state"),  # type: ignore[no-untyped-call]
        func=f"""
            UPDATE consultations_thread SET state = NEW.state
            WHERE about = '{noun}:' || NEW.id AND state <> NEW.state;
            RETURN NULL;
        """,  # noqa: S608 (the word is the code's own)
    )


class ThreadQuerySet(models.QuerySet["Thread"]):
    def visible_to(self, user: object) -> Self:
        """The one gate: threads of the consultations the person may see.

        The thread of something that waits is for its author and the moderators, like the thing.
        """
        public, shown = Q(consultation__publication__isnull=False), ~Q(state=State.HELD)
        if not isinstance(user, User):
            return self.filter(public & shown)
        staff = staffed_by(user, *STAFF, prefix="consultation__")
        moderator = staffed_by(user, *MODERATORS, prefix="consultation__")
        return self.filter(public | staff).filter(shown | Q(started_by=user) | moderator)

    def general(self) -> Self:
        """Keep those about the consultation itself, newest first; others belong to their thing."""
        return self.filter(about="").order_by("-pk")

    def before(self, pk: int | None) -> Self:
        """Keep what is older than a discussion: keyset, never a page number."""
        return self.filter(pk__lt=pk) if pk else self

    def for_display(self) -> Self:
        """Fetch the consultation and its agency in the same statement."""
        return self.select_related("consultation__agency", "consultation__publication")


class Thread(LiveModel):
    """One discussion under a consultation."""

    partial: ClassVar[str] = "consultations/threads/_thread.html"

    consultation = models.ForeignKey(Consultation, on_delete=models.CASCADE, related_name="threads")
    subject = models.CharField(_("subject"), max_length=200)
    about = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.VISIBLE)
    """That of the thing it is about, which keeps it so."""
    key = models.UUIDField(null=True)
    last_number = models.PositiveIntegerField(default=0)
    comment_count = models.PositiveIntegerField(default=0)
    count_version = models.PositiveIntegerField(default=0)
    started_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    started_at = models.DateTimeField(db_default=ClockTimestamp())

    objects: ClassVar[models.Manager["Thread"]] = ThreadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["consultation", "key"], name="one_thread_per_consultation_and_key"
            ),
            models.UniqueConstraint(
                fields=["about"], condition=~Q(about=""), name="one_thread_about_a_thing"
            ),
            models.CheckConstraint(
                condition=Q(state=State.VISIBLE) | ~Q(about=""),
                name="only_a_thread_about_a_thing_is_shut",
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    def get_absolute_url(self) -> str:
        return reverse("consultations:thread", args=[self.pk])

    def journal_place(self) -> tuple[int, int]:
        return self.consultation.agency_id, self.consultation_id

    @classmethod
    @transaction.atomic
    def start(
        cls, *, consultation: Consultation, subject: str, by: User, key: UUID, about: str = "",
        state: str = State.VISIBLE,
    ) -> "Thread":  # fmt: skip
        """Open a discussion: an officer asks a question, or a proposal brings its own thread."""
        consultation.lock()
        if earlier := cls.objects.filter(consultation=consultation, key=key).first():
            if (earlier.subject, earlier.about) != (subject, about):
                raise KeyReused(
                    _("This form was already sent with different content. Open it again.")
                )
            return earlier
        if not about and not consultation.has_staff(by, *EDITORS):
            raise Refused(_("Only an officer of the agency may start a discussion here."))
        thread = cls.objects.create(
            consultation=consultation, subject=subject, started_by=by, key=key, about=about,
            state=state,
        )  # fmt: skip
        record("started", thread, by=by)
        if not about:
            thread.broadcast_append_to(consultation, target=f"{consultation.dom_id}-threads")
        return thread

    @transaction.atomic
    def post(self, *, author: User, body: str, key: UUID, parent: Comment | None = None) -> Comment:
        """Add a comment; the same key again gives back the first one, even after the close."""
        participant = self.lock_for(author)
        above = parent.pk if parent else None
        if earlier := Comment.objects.with_key(
            participant, key, body=body, thread=self.pk, parent=above
        ):
            return earlier
        self.refuse_unless_open()
        if parent is not None:
            parent = self._open_parent(parent)
        is_held = self.consultation.premoderates(Phase.Activity.COMMENT)
        comment = Comment.put(
            thread=self,
            author=participant,
            key=key,
            body=body,
            body_html=to_html(body),
            parent=parent,
            is_held=is_held,
        )
        record("posted", comment, by=author)
        if not is_held:
            self._count(self.comment_count + 1)
            comment.broadcast_append_to(self, target=f"{self.dom_id}-comments")
        return comment

    def lock_for(self, author: User) -> Participant:
        """Take the row, so that acts on the thread take turns; give the participant."""
        locked = Thread.objects.select_for_update(of=("self",)).for_display().get(pk=self.pk)
        self.last_number = locked.last_number
        self.comment_count, self.count_version = locked.comment_count, locked.count_version
        self.consultation, self.state = locked.consultation, locked.state
        return self.consultation.participant_for(author)

    @classmethod
    def counts_for(cls, pk: int) -> dict[str, list[int]]:
        """Opinions of the comments that stand first, and the number of comments."""
        shown = Comment.objects.filter(thread=pk, parent=None, state=State.VISIBLE)
        counted = shown.order_by("place")[:COUNTED]
        counts = {each.dom_id: [*each.counts, each.opinion_version] for each in counted}
        for thread in cls.objects.filter(pk=pk):
            counts[thread.dom_id] = [thread.comment_count, thread.count_version]
        return counts

    def reads_the_same_for_all(self) -> bool:
        """Say whether every viewer sees the same comments: public, and nothing waits for review."""
        return (
            self.consultation.is_published and not self.comments.filter(state=State.HELD).exists()
        )

    def partial_context(self) -> dict[str, object]:
        return {"thread": self, "words": thread_words()}

    @property
    def is_shut(self) -> bool:
        """Say whether what it is about is hidden or waits."""
        return self.state != State.VISIBLE

    @property
    def place(self) -> str:
        """Newest first in the list of discussions."""
        return f"{10**12 - self.pk:013d}"

    @cached_property
    def thing(self) -> LiveModel | None:
        """What is discussed, when it is not the consultation itself."""
        model = live_model(self.about)
        pk = self.about.partition(":")[2]
        found: LiveModel | None = model.objects.filter(pk=pk).first() if model else None
        return found

    @property
    def heading(self) -> str:
        """The subject, unless it is the title of something that is hidden or waits."""
        if not isinstance(self.thing, Moderated) or self.thing.state == State.VISIBLE:
            return self.subject
        return self.thing.tombstone if self.thing.is_hidden else _now("Waiting for review")

    def count_comments(self) -> None:
        """Count anew what everybody may read; the caller holds the thread's lock."""
        self._count(self.comments.shown().count())

    def _count(self, shown: int) -> None:
        self.comment_count, self.count_version = shown, self.count_version + 1
        self.save(update_fields=["comment_count", "count_version"])
        for place in (self, self.consultation):
            self.broadcast_count(place, version=self.count_version, values=[shown])

    def refuse_unless_open(self) -> None:
        """Nobody writes about what is hidden or waits, nor outside of the phase."""
        if self.is_shut:
            raise Refused(_("What is discussed here is not visible now. Nothing can be written."))
        if not self.consultation.allows(Phase.Activity.COMMENT):
            raise Refused(_("This consultation is not open for comments."))

    def _open_parent(self, parent: Comment) -> Comment:
        known = self.comments.filter(pk=parent.pk).first()
        if known is None or known.is_hidden:
            raise Refused(_("The comment you are replying to is no longer available."))
        if known.is_held:
            raise Refused(_("The comment you reply to waits for review. Reply once it is visible."))
        return known
