"""What happened, forever: one line per verb, append-only, chained by `seal`."""

from typing import ClassVar, Protocol, Self

import pgtrigger
from django.db import models

from portal.accounts.models import User

APPEND_ONLY = """
    IF TG_OP = 'UPDATE' AND OLD.seq IS NULL AND NEW.seq IS NOT NULL
       AND (to_jsonb(NEW) - 'seq' - 'prev' - 'hash') = (to_jsonb(OLD) - 'seq' - 'prev' - 'hash')
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the journal only grows' USING ERRCODE = 'raise_exception';
"""


class ClockTimestamp(models.Func):
    """The clock of the database at this very moment, not at the start of the transaction."""

    function = "clock_timestamp"
    template = "%(function)s()"
    output_field = models.DateTimeField()


def never_emptied(name: str) -> pgtrigger.Trigger:
    """Make the trigger that refuses TRUNCATE on an append-only table."""
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        level=pgtrigger.Statement,
        operation=pgtrigger.Truncate,
        func="RAISE EXCEPTION 'this table only grows';",
    )


class Addressed(Protocol):
    """Whatever has an address of its own."""

    @property
    def topic(self) -> str: ...


class EntryQuerySet(models.QuerySet["Entry"]):
    def sealed(self) -> Self:
        """Keep the lines of the chain, in its order."""
        return self.filter(seq__isnull=False).order_by("seq")

    def unsealed(self) -> Self:
        """Keep the lines that wait for the next seal, oldest first."""
        return self.filter(seq__isnull=True).order_by("pk")


class Entry(models.Model):
    """One line: who did what to which noun, where and when. Ids and words of the code, no texts."""

    at = models.DateTimeField(db_default=ClockTimestamp())
    actor_id = models.BigIntegerField(null=True)
    verb = models.CharField(max_length=40)
    topic = models.CharField(max_length=60, db_index=True)
    agency_id = models.BigIntegerField(null=True)
    consultation_id = models.BigIntegerField(null=True)
    details = models.JSONField(default=dict)
    seq = models.BigIntegerField(null=True, unique=True)
    prev = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64, blank=True)

    objects: ClassVar[models.Manager["Entry"]] = EntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "entries"
        indexes = [
            models.Index(
                fields=["id"], condition=models.Q(seq=None), name="journal_waiting_for_seal"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="only_grows",
                when=pgtrigger.Before,
                func=APPEND_ONLY,
                operation=pgtrigger.Update | pgtrigger.Delete,
            ),
            never_emptied("journal_is_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.verb} {self.topic}"


def record(
    verb: str,
    noun: Addressed,
    *,
    by: User | None,
    **details: int | str | None,
) -> Entry:
    """Write the line of a verb inside its transaction; nouns name their place themselves."""
    place = getattr(noun, "journal_place", None)
    agency_id, consultation_id = place() if place else (None, None)
    return Entry.objects.create(
        actor_id=by.pk if by else None,
        verb=verb,
        topic=noun.topic,
        details=details,
        agency_id=agency_id,
        consultation_id=consultation_id,
    )
