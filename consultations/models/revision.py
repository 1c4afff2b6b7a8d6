"""What a comment said before it was edited."""

from typing import ClassVar

from django.db import models

from consultations.models.moment import moment_words
from portal.journal.models import ClockTimestamp
from portal.markup import HtmlField


class CommentRevision(models.Model):
    """Words of a comment before an edit; hidden together with the comment."""

    comment = models.ForeignKey(
        "consultations.Comment", on_delete=models.CASCADE, related_name="revisions"
    )
    body = models.TextField()
    body_html = HtmlField()
    replaced_at = models.DateTimeField(db_default=ClockTimestamp())

    objects: ClassVar[models.Manager["CommentRevision"]] = models.Manager()

    def __str__(self) -> str:
        return f"{self.comment} ({self.replaced_at:%Y-%m-%d %H:%M})"

    @property
    def replaced_words(self) -> str:
        return moment_words(self.replaced_at)
