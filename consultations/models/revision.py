"""What a comment said before it was edited."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from consultations.models.consultation import MODERATORS, staffed_by
from consultations.models.moment import moment_words
from portal.accounts.models import User
from portal.journal.models import ClockTimestamp
from portal.markup import HtmlField


class RevisionQuerySet(models.QuerySet["CommentRevision"]):
    def visible_to(self, user: object) -> Self:
        """Keep what was public once; of one's own and where one moderates everything."""
        if not isinstance(user, User):
            return self.filter(was_shown=True)
        moderator = staffed_by(user, *MODERATORS, prefix="comment__thread__consultation__")
        return self.filter(Q(was_shown=True) | Q(comment__author__person=user) | moderator)


class CommentRevision(models.Model):
    """Words of a comment before an edit; hidden together with the comment.

    What was replaced while the comment waited was never shown: it stays with author and moderators.
    """

    comment = models.ForeignKey(
        "consultations.Comment", on_delete=models.CASCADE, related_name="revisions"
    )
    body = models.TextField()
    body_html = HtmlField()
    was_shown = models.BooleanField(default=True)
    replaced_at = models.DateTimeField(db_default=ClockTimestamp())

    objects: ClassVar[RevisionQuerySet] = RevisionQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return f"{self.comment} ({self.replaced_at:%Y-%m-%d %H:%M})"

    @property
    def replaced_words(self) -> str:
        return moment_words(self.replaced_at)
