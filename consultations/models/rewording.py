"""New words of a comment that a moderator reads before everybody does."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from consultations.models.consultation import MODERATORS, staffed_by
from portal.accounts.models import User
from portal.journal.models import ClockTimestamp
from portal.markup import HtmlField, to_text
from portal.moderation.models import Decision, Moderated
from portal.moderation.models.moderated import State, mark_of, shortened
from portal.refusals import Refused

PLACE = "comment__thread__consultation__"


class RewordingQuerySet(models.QuerySet["Rewording"]):
    def visible_to(self, user: object) -> Self:
        """The one gate: new words are for their author and the moderators."""
        if not isinstance(user, User):
            return self.none()
        moderator = staffed_by(user, *MODERATORS, prefix=PLACE)
        return self.filter(Q(comment__author__person=user) | moderator)

    def moderated_by(self, user: User) -> Self:
        """Keep what stands where the person is a moderator."""
        return self.filter(staffed_by(user, *MODERATORS, prefix=PLACE))

    def waiting(self) -> Self:
        """Keep what no moderator has decided about."""
        return self.filter(state=State.HELD)

    def for_display(self) -> Self:
        """Fetch the comment, its author and the rule of a refusal in the same statement."""
        return self.select_related("comment__author", "comment__thread", "decision__rule")


class Rewording(Moderated):
    """What the author of a visible comment wants it to say; until then the old words stand."""

    partial: ClassVar[str] = "consultations/comments/_rewording.html"

    comment = models.ForeignKey(
        "consultations.Comment", on_delete=models.CASCADE, related_name="rewordings"
    )
    body = models.TextField()
    body_html = HtmlField()
    asked_at = models.DateTimeField(db_default=ClockTimestamp())

    objects: ClassVar[RewordingQuerySet] = RewordingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta(Moderated.Meta):
        constraints = [
            *Moderated.Meta.constraints,
            models.UniqueConstraint(
                fields=["comment"], condition=Q(state="held"), name="one_waiting_edit_per_comment"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.comment} → {self.excerpt}"

    def get_absolute_url(self) -> str:
        """The page of the comment shows both wordings."""
        return self.comment.get_absolute_url()

    def journal_place(self) -> tuple[int, int]:
        return self.comment.journal_place()

    @classmethod
    def waiting_for(cls, user: User) -> "models.QuerySet[Rewording]":
        """Give what waits; new words of a hidden comment wait with it."""
        own = cls.objects.moderated_by(user).waiting().filter(comment__state=State.VISIBLE)
        return own.order_by("pk")

    def rules_topic(self) -> str:
        return self.comment.rules_topic()

    def may_be_moderated_by(self, user: User) -> bool:
        return self.comment.may_be_moderated_by(user)

    def authors(self) -> list[User]:
        return self.comment.authors()

    def is_by(self, person: User) -> bool:
        return self.comment.is_by(person)

    def lock_place(self) -> None:
        self.comment.lock_place()
        self.refresh_from_db(fields=["state", "decision", "body", "body_html"])

    def refuse_unless_possible(self, verb: Decision.Verb) -> None:
        """Nothing is decided about words that are history, or whose comment is not shown."""
        if not self.comment.is_shown:
            raise Refused(_("The comment itself is not visible now. Decide about it first."))
        if verb == Decision.Verb.HIDE and self.is_shown:
            raise Refused(_("These words are in the comment now. Hide the comment instead."))
        if verb == Decision.Verb.RESTORE and self.is_past:
            raise Refused(
                _("The comment was edited again since. Its author can edit it once more.")
            )

    def moderation_changed(self) -> None:
        """Put approved words into the comment; the earlier ones go to its history."""
        if self.is_shown:
            self.comment.take(self.body, self.body_html)

    @property
    def is_past(self) -> bool:
        """Say whether it was taken, or the comment was edited since it was asked."""
        edited = self.comment.edited_at
        return self.is_shown or bool(edited and edited > self.asked_at)

    @property
    def wording(self) -> str:
        return mark_of(self.body)

    @property
    def excerpt(self) -> str:
        return shortened(to_text(self.body_html))
