"""What people agree or disagree with: the counters, and the two verbs that move them."""

from typing import Any, ClassVar, Self

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from consultations.models.opinion import GIVE, RETRACT, changes_something
from portal.accounts.models import User
from portal.moderation.models import Moderated
from portal.refusals import Refused


class Opined(Moderated):
    """Something of a discussion that takes opinions; the counters follow the rows by trigger."""

    agree_count = models.PositiveIntegerField(default=0)
    disagree_count = models.PositiveIntegerField(default=0)
    pass_count = models.PositiveIntegerField(default=0)
    opinion_version = models.PositiveIntegerField(default=0)

    own_value: int | None
    """What the person who asked thinks of it: only after `with_opinion_of`."""

    thread: Any
    parent_id: int | None
    objects: ClassVar[Any]

    class Meta(Moderated.Meta):
        abstract = True

    @classmethod
    @transaction.atomic
    def opine(cls, pk: int, *, voter: User, value: int) -> Self:
        """Set the voter's opinion; repeating it writes nothing. Gives the comment, counted.

        Raises `Comment.DoesNotExist` for what the voter may not see and `Refused` when the phase,
        the comment's state or its level does not allow an opinion.
        """
        for _attempt in range(2):
            changed = changes_something(GIVE, comment=pk, person=voter.pk, value=value)
            comment = cls._with_opinion_of(voter).get(pk=pk)
            if comment.own_value == value:
                return comment.tell_counts(changed=changed)
        raise Refused(comment.why_no_opinion())

    @classmethod
    @transaction.atomic
    def retract(cls, pk: int, *, voter: User) -> Self:
        """Take the voter's opinion back; without one nothing happens."""
        changed = changes_something(RETRACT, comment=pk, person=voter.pk)
        comment = cls._with_opinion_of(voter).get(pk=pk)
        if comment.own_value is not None:
            raise Refused(comment.why_no_opinion())
        return comment.tell_counts(changed=changed)

    @classmethod
    def _with_opinion_of(cls, voter: User) -> models.QuerySet[Self]:
        seen = cls.objects.visible_to(voter).select_related("thread")
        marked: models.QuerySet[Self] = seen.with_opinion_of(voter)
        return marked

    def tell_counts(self, *, changed: bool) -> Self:
        """Show the new figures on the open pages of the discussion."""
        if changed:
            self.broadcast_count(self.thread, version=self.opinion_version, values=self.counts)
        return self

    def why_no_opinion(self) -> str:
        """Say what stands in the way."""
        if self.parent_id is not None:
            return str(_("Opinions are given on comments, not on replies."))
        if not self.is_shown or self.thread.is_shut:
            return str(_("This comment is not open for opinions now."))
        return str(_("This consultation is not open for opinions."))

    @property
    def counts(self) -> list[int]:
        """Agree, disagree, pass."""
        return [self.agree_count, self.disagree_count, self.pass_count]
