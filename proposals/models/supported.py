"""What people can stand behind: the counters, and the statements that move them."""

from typing import Any, ClassVar, Self, cast

from django.db import connection, models, transaction
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.live.models import LiveModel
from portal.moderation.models.moderated import State
from portal.refusals import Refused
from proposals.models.support import GIVE, WITHDRAW, Support


class Supported(LiveModel):
    """A noun with supports: those given here, and those taken over as a number."""

    support_count = models.PositiveIntegerField(default=0)
    support_version = models.PositiveIntegerField(default=0)
    supports_taken_over = models.PositiveIntegerField(default=0)
    support_total = models.GeneratedField(
        expression=models.F("support_count") + models.F("supports_taken_over"),
        output_field=models.PositiveIntegerField(),
        db_persist=True,
    )

    state: str
    consultation: Any
    supports: Any
    is_supported: bool  # by whom it was fetched for

    class Meta:
        abstract = True
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["consultation", "-support_total", "-id"], name="most_supported_first"
            )
        ]

    @classmethod
    @transaction.atomic
    def support(cls, pk: int, *, by: User) -> Self:
        """Stand behind the proposal, once; repeating it writes nothing."""
        return cls._set(GIVE, pk, by, is_wanted=True)

    @classmethod
    @transaction.atomic
    def withdraw_support(cls, pk: int, *, by: User) -> Self:
        """Take one's support back; without one nothing happens."""
        return cls._set(WITHDRAW, pk, by, is_wanted=False)

    @classmethod
    def _set(cls, statement: str, pk: int, by: User, *, is_wanted: bool) -> Self:
        """Write once more when another tab was in between; if it still is, its wish stands."""
        for _attempt in range(2):
            is_open, changed = cls._write(statement, pk, by)
            proposal = cls._with_support_of(by).get(pk=pk)
            if proposal.is_supported == is_wanted:
                break
            if not is_open:
                raise Refused(proposal.why_no_support())
        return cast(Self, proposal.tell_count(changed=changed))

    @classmethod
    def _write(cls, statement: str, pk: int, by: User) -> tuple[bool, bool]:
        with connection.cursor() as cursor:
            cursor.execute(statement, {"proposal": pk, "person": by.pk})
            is_open, changed = cursor.fetchone()
            return is_open, changed

    @classmethod
    def _with_support_of(cls, by: User) -> models.QuerySet[Any]:
        own = Support.objects.filter(proposal=models.OuterRef("pk"), participant__person=by)
        seen: models.QuerySet[Any] = cls.objects.visible_to(by).select_related("consultation")
        asked: models.QuerySet[Any] = seen.annotate(is_supported=models.Exists(own))
        return asked

    def tell_count(self, *, changed: bool) -> Self:
        if changed:
            for place in (self, self.consultation):
                self.broadcast_count(
                    place, version=self.support_version, values=[self.support_count]
                )
        return self

    def why_no_support(self) -> str:
        if self.state != State.VISIBLE:
            return str(_("This proposal cannot be supported now."))
        return str(_("Proposals of this consultation cannot be supported now."))

    def is_supported_by(self, user: object) -> bool:
        """Say whether this person stands behind it."""
        return isinstance(user, User) and self.supports.filter(participant__person=user).exists()
