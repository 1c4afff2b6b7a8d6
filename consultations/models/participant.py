"""A person as one consultation knows them: a number and a pseudonym."""

from typing import ClassVar

import pgtrigger
from django.db import models, transaction
from django.db.models import Q

from portal.accounts.models import User
from portal.journal.models import ClockTimestamp, record

# The number comes from the consultation's counter, whichever statement makes the row. A row that
# another transaction made meanwhile counts once: the constraint turns the second one away.
NEXT_NUMBER = """
    IF NEW.number IS NULL THEN
        PERFORM FROM consultations_consultation WHERE id = NEW.consultation_id FOR NO KEY UPDATE;
        IF NOT EXISTS (
            SELECT FROM consultations_participant
            WHERE consultation_id = NEW.consultation_id AND person_id = NEW.person_id)
        THEN
            UPDATE consultations_consultation SET participant_count = participant_count + 1
            WHERE id = NEW.consultation_id RETURNING participant_count INTO NEW.number;
        END IF;
    END IF;
    RETURN NEW;
"""


class Participant(models.Model):
    """Who takes part; `person` is null for imported and for former participants."""

    consultation = models.ForeignKey(
        "consultations.Consultation", on_delete=models.CASCADE, related_name="participants"
    )
    person = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="participations"
    )
    number = models.PositiveIntegerField(null=True)
    pseudonym = models.CharField(max_length=60)
    origin = models.CharField(max_length=60, blank=True)
    joined_at = models.DateTimeField(db_default=ClockTimestamp())

    objects: ClassVar[models.Manager["Participant"]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["consultation", "person"], name="one_participant_per_person"
            ),
            models.UniqueConstraint(
                fields=["consultation", "number"], name="one_participant_per_number"
            ),
            models.UniqueConstraint(
                fields=["consultation", "origin"],
                condition=~Q(origin=""),
                name="one_participant_per_imported_person",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="next_number",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=NEXT_NUMBER,
            )
        ]

    def __str__(self) -> str:
        return self.pseudonym

    @classmethod
    @transaction.atomic
    def appear_as(cls, person: User, *, pseudonym: str, language: str, time_zone: str) -> None:
        """Change how a person appears: a new name also stands beside what they wrote before."""
        is_renamed = pseudonym != person.pseudonym
        person.appear_as(pseudonym=pseudonym, language=language, time_zone=time_zone)
        if is_renamed:
            cls.objects.filter(person=person).update(pseudonym=pseudonym)
        record("renamed" if is_renamed else "adjusted", person, by=person)
