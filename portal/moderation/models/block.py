"""Somebody kept out of the whole site: by whom, when and why, until it is lifted."""

from typing import ClassVar

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.journal.models import ClockTimestamp, record
from portal.live.publish import revoke
from portal.moderation.models.moderated import SHORTEST_REASON
from portal.refusals import Refused


class Block(models.Model):
    """One time in which an account opens no door; what it wrote stays as it is."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="blocks")
    reason = models.TextField(max_length=1000)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(db_default=ClockTimestamp())
    lifted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["Block"]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=models.Q(lifted_at=None),
                name="one_open_block_per_person",
            ),
            models.CheckConstraint(
                condition=~models.Q(person=models.F("by")), name="nobody_blocks_themselves"
            ),
            models.CheckConstraint(
                condition=models.Q(lifted_at=None, lifted_by=None)
                | models.Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="a_lifted_block_says_by_whom",
            ),
            models.CheckConstraint(condition=~models.Q(reason=""), name="a_block_names_its_reason"),
        ]

    def __str__(self) -> str:
        return f"block of {self.person_id}"

    @classmethod
    @transaction.atomic
    def impose(cls, person: User, *, by: User, reason: str) -> "Block":
        """Close every door and open page of the person; a second time gives back the first.

        Raises:
            Refused: who blocks is no administrator or the person, or the reason is too short.
        """
        cls._refuse_unless_entitled(by)
        if by.pk == person.pk:
            raise Refused(_("Nobody can block their own account."))
        if len(reason.strip()) < SHORTEST_REASON:
            raise Refused(_("Say in at least 20 characters why the account is blocked."))
        User.objects.select_for_update(no_key=True).get(pk=person.pk)
        if earlier := cls.objects.filter(person=person, lifted_at=None).first():
            return earlier
        block = cls.objects.create(person=person, by=by, reason=reason.strip())
        User.objects.filter(pk=person.pk).update(is_active=False)
        record("blocked", person, by=by, block=block.pk)
        revoke(user=person)
        return block

    @transaction.atomic
    def lift(self, *, by: User) -> None:
        """Let the person in again; twice is harmless."""
        self._refuse_unless_entitled(by)
        was_open = type(self).objects.filter(pk=self.pk, lifted_at=None)
        if not was_open.update(lifted_at=ClockTimestamp(), lifted_by=by):
            return
        User.objects.filter(pk=self.person_id).update(is_active=True)
        record("unblocked", self.person, by=by, block=self.pk)

    @staticmethod
    def _refuse_unless_entitled(by: User) -> None:
        if not (by.is_superuser and by.is_active):
            raise Refused(_("Only a platform administrator can do this."))
