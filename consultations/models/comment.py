"""What somebody says in a thread, and what others think of it."""

from typing import Any, ClassVar, Self
from uuid import UUID

from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from consultations.models.consultation import MODERATORS, STAFF, staffed_by
from consultations.models.label import comment_words
from consultations.models.moment import moment_words
from consultations.models.opined import Opined
from consultations.models.opinion import Opinion
from consultations.models.participant import Participant
from consultations.models.phase import Phase
from consultations.models.place import DEEPEST, next_place
from consultations.models.revision import CommentRevision
from consultations.models.rewording import Rewording
from portal.accounts.models import User
from portal.journal.models import ClockTimestamp, Entry, record
from portal.markup import HtmlField, to_html, to_text
from portal.moderation.models.moderated import State, mark_of, shortened
from portal.notifications.renewal import renew
from portal.refusals import KeyReused, Refused

LONGEST = 5_000
INDENTS = 4
PAGE = 50


class CommentQuerySet(models.QuerySet["Comment"]):
    def visible_to(self, user: object) -> Self:
        """The one gate: comments of visible consultations; held ones for author and moderators.

        A hidden comment stays in its place as a tombstone, so it passes the gate.
        """
        public = Q(thread__consultation__publication__isnull=False)
        if not isinstance(user, User):
            return self.filter(public).exclude(state=State.HELD)
        place = "thread__consultation__"
        staff, moderator = (
            staffed_by(user, *STAFF, prefix=place),
            staffed_by(user, *MODERATORS, prefix=place),
        )
        return self.filter(public | staff).filter(
            ~Q(state=State.HELD) | Q(author__person=user) | moderator
        )

    def shown(self) -> Self:
        """Keep what everybody may read."""
        return self.filter(state=State.VISIBLE)

    def moderated_by(self, user: User) -> Self:
        """Keep what stands where the person is a moderator."""
        return self.filter(staffed_by(user, *MODERATORS, prefix="thread__consultation__"))

    def readable_by(self, user: object) -> Self:
        """Keep those whose words the person may read: hidden ones for author and moderators."""
        if not isinstance(user, User):
            return self.shown()
        moderator = staffed_by(user, *MODERATORS, prefix="thread__consultation__")
        return self.filter(~Q(state=State.HIDDEN) | Q(author__person=user) | moderator)

    def written_by(self, user: User) -> Self:
        """Keep the person's own."""
        return self.filter(author__person=user)

    def for_display(self) -> Self:
        """Fetch the author and the rule of a hidden one in the same statement."""
        return self.select_related("author", "decision__rule").order_by("place")

    def with_place(self) -> Self:
        """Fetch the discussion and the consultation in the same statement as well."""
        return self.select_related(
            "thread__consultation__agency", "thread__consultation__publication"
        )

    def with_opinion_of(self, user: object) -> Self:
        """Mark what the person thinks of each, as `own_value`."""
        if not isinstance(user, User):
            return self
        own = Opinion.objects.filter(comment=models.OuterRef("pk"), participant__person=user)
        return self.annotate(own_value=models.Subquery(own.values("value")[:1]))

    def after(self, place: str) -> Self:
        """Keep what follows a place in display order: keyset, never a page number."""
        return self.filter(place__gt=place) if place else self

    def starting_at(self, place: str) -> Self:
        """Keep a place and what follows it."""
        return self.filter(place__gte=place)

    def with_key(
        self, author: Participant, key: UUID, *, body: str, thread: int, parent: int | None
    ) -> "Comment | None":
        """Give the comment this form made before; the same key with anything else is refused."""
        earlier = self.filter(author=author, key=key).first()
        if earlier is not None and earlier.sent_as() != (thread, parent, body):
            raise KeyReused(_("This form was already sent with different content. Open it again."))
        return earlier


class Comment(Opined):
    """One contribution to a thread: top level or a reply at any depth."""

    partial: ClassVar[str] = "consultations/threads/_comment.html"

    thread = models.ForeignKey(
        "consultations.Thread", on_delete=models.CASCADE, related_name="comments"
    )
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="replies"
    )
    author = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="comments")
    key = models.UUIDField(null=True)
    number = models.PositiveIntegerField()
    place = models.TextField(db_collation="C")
    depth = models.PositiveSmallIntegerField(default=0)
    body = models.TextField(max_length=LONGEST)
    body_html = HtmlField()
    stance = models.SmallIntegerField(null=True, blank=True)
    posted_at = models.DateTimeField(db_default=ClockTimestamp())
    edited_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Comment"]] = CommentQuerySet.as_manager()

    class Meta(Opined.Meta):
        constraints = [
            *Opined.Meta.constraints,
            models.UniqueConstraint(
                fields=["author", "key"], name="one_comment_per_author_and_key"
            ),
            models.UniqueConstraint(fields=["thread", "place"], name="one_comment_per_place"),
            models.UniqueConstraint(fields=["thread", "number"], name="one_comment_per_number"),
            models.CheckConstraint(
                condition=Q(stance=None) | Q(stance__in=[1, 0, -1], parent=None),
                name="only_top_level_comments_take_a_stance",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.thread_id}#{self.number}"

    def get_absolute_url(self) -> str:
        """Its permalink: the page that holds it, scrolled to it."""
        return f"{reverse('consultations:comment', args=[self.pk])}#{self.dom_id}"

    def journal_place(self) -> tuple[int, int]:
        return self.thread.journal_place()

    @classmethod
    def put(
        cls, *, thread: Any, parent: "Comment | None", is_held: bool = False, **fields: Any
    ) -> "Comment":
        """Write the row at the next place of the thread, whose lock the caller holds."""
        thread.last_number += 1
        type(thread).objects.filter(pk=thread.pk).update(last_number=thread.last_number)
        number = thread.last_number
        depth = parent.depth + 1 if parent else 0
        if depth > DEEPEST:
            raise Refused(_("Replies cannot be nested any deeper. Reply to an earlier comment."))
        return cls.objects.create(
            thread=thread,
            parent=parent,
            number=number,
            depth=depth,
            place=next_place(parent.place if parent else "", number),
            state=State.HELD if is_held else State.VISIBLE,
            **fields,
        )

    @transaction.atomic
    def edit(self, *, by: User, body: str) -> Rewording | None:
        """Change one's own words; the earlier ones stay readable in the history.

        Where moderators read first, a visible comment keeps its words until the new ones, which
        are given back, are approved.
        """
        self.lock_place()
        self._refuse_unless_editable(by)
        waiting = self.rewordings.waiting()
        if body == self.body or not self.is_read_first():
            if waiting.delete()[0]:
                record("rewording_withdrawn", self, by=by)
            self._reword_at_once(by=by, body=body)
            return None
        if waiting.filter(body=body).exists():
            return waiting.get()
        words = {"body": body, "body_html": to_html(body), "asked_at": ClockTimestamp()}
        rewording, _is_new = waiting.update_or_create(
            comment=self, defaults=words, create_defaults=words | {"state": State.HELD}
        )
        record("reworded", self, by=by)
        return rewording

    def _refuse_unless_editable(self, by: User) -> None:
        if not self.is_by(by):
            raise Refused(_("Only the author may edit a comment."))
        if self.is_hidden:
            raise Refused(_("This comment is hidden and cannot be edited."))
        self.thread.refuse_unless_open()

    def is_read_first(self) -> bool:
        """Say whether a moderator reads what the author wants to say instead."""
        return self.is_shown and self.thread.consultation.premoderates(Phase.Activity.COMMENT)

    def _reword_at_once(self, *, by: User, body: str) -> None:
        if body != self.body:
            self.take(body, to_html(body))
            record("edited", self, by=by)

    def words_to_edit(self) -> str:
        """What the author last wanted it to say."""
        waiting = self.rewordings.waiting().first()
        return waiting.body if waiting else self.body

    def rewording_for(self, user: object) -> Rewording | None:
        """Give the newest words that are not in it, to those who may read them."""
        seen = Rewording.objects.visible_to(user).filter(comment=self)
        newest = seen.select_related("decision__rule").order_by("-pk").first()
        return newest if newest and not newest.is_past else None

    def take(self, body: str, body_html: str) -> None:
        """Say something else from now on; the caller holds the thread's lock."""
        CommentRevision.objects.create(
            comment=self, body=self.body, body_html=self.body_html, was_shown=self.is_shown
        )
        self.body, self.body_html, self.edited_at = body, body_html, ClockTimestamp()
        self.save(update_fields=["body", "body_html", "edited_at"])
        self.refresh_from_db(fields=["body_html", "edited_at"])
        if self.is_shown:
            self.broadcast_replace_on(self.thread)

    def rules_topic(self) -> str:
        return f"consultation:{self.thread.consultation_id}"

    def may_be_moderated_by(self, user: User) -> bool:
        return self.thread.consultation.has_staff(user, *MODERATORS)

    def authors(self) -> list[User]:
        return [self.author.person] if self.author.person else []

    def is_by(self, person: User) -> bool:
        return self.author.person_id == person.pk

    def told(self, entry: Entry) -> list[User]:
        """Authors, of decisions; the author of the comment above, of a reply that is shown."""
        own = [] if entry.verb == "posted" else super().told(entry)
        is_reply = entry.verb in {"posted", "approved", "restored"} and self.is_shown
        return own + (self.parent.authors() if self.parent and is_reply else [])

    def lock_place(self) -> None:
        type(self.thread).objects.select_for_update().get(pk=self.thread_id)
        self.refresh_from_db()

    def moderation_changed(self) -> None:
        self.thread.refresh_from_db()
        self.thread.count_comments()
        self.broadcast_append_to(self.thread, target=f"{self.thread.dom_id}-comments")
        renew(self.topic)

    def sent_as(self) -> tuple[int, int | None, str]:
        """What the form said: the discussion, the comment replied to, the words at first."""
        first = self.revisions.order_by("pk").first()
        return self.thread_id, self.parent_id, first.body if first else self.body

    def partial_context(self) -> dict[str, object]:
        return {"comment": self, "words": comment_words()}

    @property
    def wording(self) -> str:
        return mark_of(self.body)

    @property
    def excerpt(self) -> str:
        return shortened(to_text(self.body_html))

    @property
    def author_name(self) -> str:
        return self.author.pseudonym

    @property
    def indent(self) -> int:
        """The level shown; deeper ones are stored as they are and drawn at the limit."""
        return min(self.depth, INDENTS)

    @property
    def posted_words(self) -> str:
        return moment_words(self.posted_at)

    @property
    def edited_words(self) -> str:
        return moment_words(self.edited_at) if self.edited_at else ""

    @property
    def posted_iso(self) -> str:
        return self.posted_at.isoformat(timespec="seconds")
