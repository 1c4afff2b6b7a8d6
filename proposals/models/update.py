"""The rows of a text's log, and whose every character is. Both only ever grow."""

from datetime import timedelta
from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.journal.models import ClockTimestamp
from portal.refusals import Refused

MANY_SESSIONS = 2_000  # of one person in one text within a day
ONLY_GROWS = "RAISE EXCEPTION 'the log of a text only grows' USING ERRCODE = 'raise_exception';"


class EditSessionManager(models.Manager["EditSession"]):
    def bind(self, document: int, *, user: int, client: int) -> int | None:
        """Give a clientID to a person, once and for all; None when it belongs to another one."""
        own = self.filter(document_id=document, client_id=client).first()
        if own is None:
            if self._opened_today(document, user) >= MANY_SESSIONS:
                raise Refused(_("You have opened this text too often."))
            self.bulk_create(
                [EditSession(document_id=document, user_id=user, client_id=client)],
                ignore_conflicts=True,
            )
            own = self.get(document_id=document, client_id=client)
        return own.pk if own.user_id == user else None

    def _opened_today(self, document: int, user: int) -> int:
        """Only those of a day: nobody is shut out of a text for having loved it long."""
        since = ClockTimestamp() - timedelta(days=1)
        own = self.filter(document_id=document, user_id=user, opened_at__gt=since)
        return len(own.values_list("pk")[:MANY_SESSIONS])


class EditSession(models.Model):
    """Who wrote what: characters carry a clientID, this row says whose it is."""

    document = models.ForeignKey(
        "proposals.Document", on_delete=models.PROTECT, related_name="sessions"
    )
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    client_id = models.BigIntegerField()
    opened_at = models.DateTimeField(db_default=ClockTimestamp())
    closed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[EditSessionManager] = EditSessionManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["document", "client_id"], name="one_owner_per_document_and_client"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id}: {self.client_id}"


class Update(models.Model):
    """One row of the log: what one author changed in one commit. Only ever added."""

    class Kind(models.TextChoices):
        SEED = "seed", _("start")
        EDIT = "edit", _("edit")

    document = models.ForeignKey(
        "proposals.Document", on_delete=models.PROTECT, related_name="updates"
    )
    seq = models.BigIntegerField()
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(EditSession, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    payload = models.BinaryField()
    sha256 = models.BinaryField(max_length=32)
    created_at = models.DateTimeField(db_default=ClockTimestamp())
    key = models.UUIDField(null=True)
    form_digest = models.BinaryField(max_length=32, null=True)

    objects: ClassVar[models.Manager["Update"]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["document", "seq"], name="one_update_per_document_and_number"
            ),
            models.UniqueConstraint(
                fields=["document", "author", "key"], name="one_update_per_form"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="only_grows",
                when=pgtrigger.Before,
                func=ONLY_GROWS,
                operation=pgtrigger.Update | pgtrigger.Delete,
            ),
            pgtrigger.Trigger(
                name="never_emptied",
                when=pgtrigger.Before,
                level=pgtrigger.Statement,
                operation=pgtrigger.Truncate,
                func=ONLY_GROWS,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id}@{self.seq}"
