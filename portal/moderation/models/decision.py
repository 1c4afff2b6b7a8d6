"""What was decided about an item: by whom, under which rule, why."""

from collections.abc import Iterable
from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext as _now

from portal.accounts.models import User
from portal.journal.models import ClockTimestamp, Entry, never_emptied
from portal.moderation.models.rule import Rule


class Decision(models.Model):
    """One act of moderation on the item with that topic; never changed, never removed."""

    class Verb(models.TextChoices):
        APPROVE = "approve"
        HIDE = "hide"
        RESTORE = "restore"
        FREEZE = "freeze"
        THAW = "thaw"

    topic = models.CharField(max_length=60, db_index=True)
    verb = models.CharField(max_length=12, choices=Verb)
    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.TextField(max_length=1000, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(db_default=ClockTimestamp())

    objects: ClassVar[models.Manager["Decision"]] = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(verb="hide")
                | models.Q(rule__isnull=False) & ~models.Q(reason=""),
                name="a_hide_names_its_rule_and_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(verb="approve") | ~models.Q(reason=""),
                name="every_decision_but_an_approval_names_its_reason",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="decision_stays", operation=pgtrigger.Update | pgtrigger.Delete),
            never_emptied("decisions_are_never_emptied"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.topic}"

    @classmethod
    def behind(cls, entries: Iterable[Entry]) -> dict[int, "Decision"]:
        """Give what was decided, for lines of the journal: whatever was decided since."""
        numbers = {entry.pk: entry.details.get("decision") for entry in entries}
        found = cls.objects.select_related("rule").in_bulk(
            {each for each in numbers.values() if each}
        )
        return {pk: found[number] for pk, number in numbers.items() if number in found}

    @property
    def explanation(self) -> str:
        """Why, in the words of who decided; of a hide with the rule."""
        if self.rule is None:
            return self.reason
        return _now("Hidden under rule %(number)s (%(name)s): %(reason)s") % {
            "number": self.rule.number,
            "name": self.rule.name,
            "reason": self.reason,
        }
