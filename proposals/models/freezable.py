"""A text that a moderator can stop for a while: who did it, and why it was and is."""

from collections.abc import Iterable
from functools import partial
from typing import Any, ClassVar

import pgtrigger
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.journal.models import ClockTimestamp, Entry, record
from portal.live.models import LiveModel
from portal.moderation.models import Decision
from portal.moderation.models.moderated import SHORTEST_REASON
from portal.refusals import Refused
from proposals.coedit.fanout import tell_notice
from proposals.coedit.protocol import notice_frame

OWN_CAUSE = """
    IF NEW.frozen_by_id IS NOT NULL AND EXISTS (
        SELECT FROM proposals_proposal p
        JOIN consultations_participant q ON q.id = p.author_id
        WHERE p.id = NEW.proposal_id AND q.person_id = NEW.frozen_by_id)
    THEN
        RAISE EXCEPTION 'nobody freezes their own text' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class Freezable(LiveModel):
    """The columns hold the freeze that stands; its Decisions stay for good."""

    frozen_at = models.DateTimeField(null=True, blank=True)
    frozen_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    frozen_reason = models.CharField(_("reason"), max_length=500, blank=True)

    proposal: Any

    class Meta:
        abstract = True
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(frozen_at=None) | Q(frozen_by__isnull=False) & ~Q(frozen_reason=""),
                name="a_freeze_has_a_person_and_a_reason",
            ),
        ]
        triggers: ClassVar[list[pgtrigger.Trigger]] = [
            pgtrigger.Trigger(
                name="nobody_freezes_their_own",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("frozen_by_id"),  # type: ignore[no-untyped-call]
                func=OWN_CAUSE,
            )
        ]

    def lock(self) -> None:
        """Take the row that the committer takes too: edits and this verb take turns."""
        raise NotImplementedError

    @transaction.atomic
    def freeze(self, *, by: User, reason: str) -> None:
        """Nobody writes any more. The committer locks the same row: an edit is before this."""
        self.lock()
        self._refuse_unless_entitled(by)
        if self.is_frozen:
            raise Refused(_("This text is already frozen."))
        decision = self._decide(Decision.Verb.FREEZE, by=by, reason=reason)
        self._keep(frozen_at=ClockTimestamp(), frozen_by=by, frozen_reason=decision.reason)
        record("frozen", self, by=by, decision=decision.pk)
        self._tell("frozen", reason=decision.reason)

    @transaction.atomic
    def thaw(self, *, by: User, reason: str) -> None:
        """Let people write again."""
        self.lock()
        self._refuse_unless_entitled(by)
        if not self.is_frozen:
            raise Refused(_("This text is not frozen."))
        decision = self._decide(Decision.Verb.THAW, by=by, reason=reason)
        self._keep(frozen_at=None, frozen_by=None, frozen_reason="")
        record("thawed", self, by=by, decision=decision.pk)
        self._tell("thawed", reason=decision.reason)

    def _refuse_unless_entitled(self, by: User) -> None:
        if not self.proposal.may_be_moderated_by(by):
            raise Refused(_("Only a moderator may freeze or unfreeze a text."))
        if self.proposal.is_by(by):
            raise Refused(
                _("Moderators cannot decide about their own texts: ask another moderator.")
            )

    def _decide(self, verb: Decision.Verb, *, by: User, reason: str) -> Decision:
        if len(reason.strip()) < SHORTEST_REASON:
            raise Refused(
                _("Give a reason of at least 20 characters that everyone can understand.")
            )
        return Decision.objects.create(topic=self.topic, verb=verb, by=by, reason=reason.strip())

    def _keep(self, **columns: object) -> None:
        type(self).objects.filter(pk=self.pk).update(**columns)

    def _tell(self, kind: str, **details: str) -> None:
        self.refresh_from_db()
        self.broadcast_replace_on(self.proposal)
        notice = notice_frame(kind, **details)
        transaction.on_commit(partial(tell_notice, self.pk, notice), robust=True)

    @property
    def is_frozen(self) -> bool:
        return self.frozen_at is not None

    def decisions(self) -> models.QuerySet[Decision]:
        """Every freeze and its end, newest first."""
        return Decision.objects.filter(topic=self.topic).select_related("by").order_by("-pk")

    def told(self, entry: Entry) -> list[User]:
        """Those whom a freeze or its end concerns: who wrote the proposal."""
        people: list[User] = self.proposal.authors()
        return people

    @classmethod
    def decisions_behind(cls, entries: Iterable[Entry]) -> dict[int, Decision]:
        """Give the decisions of which these lines tell."""
        return Decision.behind(entries)
