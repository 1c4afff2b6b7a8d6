"""The rows of a text's log, and whose every character is. Both only ever grow."""

from collections.abc import Collection, Iterable
from typing import ClassVar

import pgtrigger
from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.journal.models import ClockTimestamp
from portal.refusals import Refused

MANY_SESSIONS = 2_000  # of one person in one text within a day
Wish = tuple[int, int, int]
"""A text, a person, the clientID that the person wants to write with."""

Owned = dict[tuple[int, int], dict[int, int]]
"""For a text and a clientID: whose it is, and the row that says so."""

# Only those of a day count: nobody is shut out of a text for having loved it long. Nobody waits for
# the disk: the log's first row with this clientID is written after it, and waits for both.
BIND = """
    INSERT INTO proposals_editsession (document_id, user_id, client_id)
    SELECT wish.document, wish.person, wish.client
    FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) wish (document, person, client),
        set_config('synchronous_commit', 'off', true)
    WHERE %s > (SELECT count(*) FROM proposals_editsession own
        WHERE own.document_id = wish.document AND own.user_id = wish.person
            AND own.opened_at > clock_timestamp() - interval '1 day')
    ON CONFLICT DO NOTHING RETURNING document_id, client_id, user_id, id
"""
ONLY_GROWS = "RAISE EXCEPTION 'the log of a text only grows' USING ERRCODE = 'raise_exception';"


class EditSessionManager(models.Manager["EditSession"]):
    def bind(self, document: int, *, user: int, client: int) -> int | None:
        """Give a clientID to a person, once and for all; None when it belongs to another one."""
        wish = (document, user, client)
        (bound,) = self.bind_all([wish]).values()
        if isinstance(bound, Refused):
            raise bound
        return bound

    def bind_all(self, wishes: Collection[Wish]) -> dict[Wish, int | Refused | None]:
        """Bind for many who come at once: 1 statement for known clientIDs, 2 for new ones."""
        owned = self._owned(wishes)
        if new := [wish for wish in wishes if (wish[0], wish[2]) not in owned]:
            owned |= self._bind(new)
            if conflicts := [wish for wish in new if (wish[0], wish[2]) not in owned]:
                owned |= self._owned(conflicts)
        too_often = Refused(_("You have opened this text too often."))
        nobody: dict[int, int] = {}
        return {
            wish: owner.get(wish[1])
            if (owner := owned.get((wish[0], wish[2]), nobody))
            else too_often
            for wish in wishes
        }

    def _bind(self, new: Collection[Wish]) -> Owned:
        with connection.cursor() as cursor:
            cursor.execute(BIND, [*map(list, zip(*new, strict=True)), MANY_SESSIONS])
            return by_client(cursor.fetchall())

    def _owned(self, wishes: Collection[Wish]) -> Owned:
        """Whose the clientIDs are: for each, its person and the row that says so."""
        found = self.filter(
            document_id__in={wish[0] for wish in wishes},
            client_id__in={wish[2] for wish in wishes},
        )
        return by_client(found.values_list("document_id", "client_id", "user_id", "pk"))


def by_client(rows: Iterable[tuple[int, int, int, int]]) -> Owned:
    return {(document, client): {user: pk} for document, client, user, pk in rows}


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
