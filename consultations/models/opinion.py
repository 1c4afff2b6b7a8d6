"""What a participant thinks of a comment: the row is the truth, counters follow by trigger."""

from typing import ClassVar

import pgtrigger
from django.db import connection, models
from django.utils.translation import pgettext_lazy

from consultations.models.participant import Participant
from portal.journal.models import ClockTimestamp

# Sees OLD and NEW, so parallel clicks of one person cannot move a counter twice. Reading the old
# value beside the upsert instead left 365 of 3,000 counters wrong (design of opinions, rule 2).
MOVE_COUNTERS = """
    IF TG_OP = 'UPDATE' AND OLD.value = NEW.value THEN
        RETURN NULL;
    END IF;
    UPDATE consultations_comment SET
        agree_count = agree_count
            + CASE WHEN TG_OP <> 'DELETE' AND NEW.value = 1 THEN 1 ELSE 0 END
            - CASE WHEN TG_OP <> 'INSERT' AND OLD.value = 1 THEN 1 ELSE 0 END,
        disagree_count = disagree_count
            + CASE WHEN TG_OP <> 'DELETE' AND NEW.value = -1 THEN 1 ELSE 0 END
            - CASE WHEN TG_OP <> 'INSERT' AND OLD.value = -1 THEN 1 ELSE 0 END,
        pass_count = pass_count
            + CASE WHEN TG_OP <> 'DELETE' AND NEW.value = 0 THEN 1 ELSE 0 END
            - CASE WHEN TG_OP <> 'INSERT' AND OLD.value = 0 THEN 1 ELSE 0 END,
        opinion_version = opinion_version + 1
    WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.comment_id ELSE NEW.comment_id END;
    INSERT INTO consultations_opinionchange (comment_id, participant_id, before, after, at)
    VALUES (
        CASE WHEN TG_OP = 'DELETE' THEN OLD.comment_id ELSE NEW.comment_id END,
        CASE WHEN TG_OP = 'DELETE' THEN OLD.participant_id ELSE NEW.participant_id END,
        CASE WHEN TG_OP <> 'INSERT' THEN OLD.value END,
        CASE WHEN TG_OP <> 'DELETE' THEN NEW.value END,
        CASE WHEN TG_OP = 'DELETE' THEN clock_timestamp() ELSE NEW.given_at END
    );
    RETURN NULL;
"""


class Opinion(models.Model):
    """One participant's agree, disagree or pass on a top-level comment."""

    class Value(models.IntegerChoices):
        AGREE = 1, pgettext_lazy("opinion", "agree")
        DISAGREE = -1, pgettext_lazy("opinion", "disagree")
        PASS = 0, pgettext_lazy("opinion", "pass")

    comment = models.ForeignKey(
        "consultations.Comment", on_delete=models.CASCADE, related_name="opinions"
    )
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="opinions")
    value = models.SmallIntegerField(choices=Value)
    given_at = models.DateTimeField(db_default=ClockTimestamp())

    objects: ClassVar[models.Manager["Opinion"]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["comment", "participant"], name="one_opinion_per_comment_and_person"
            ),
            models.CheckConstraint(
                condition=models.Q(value__in=[1, 0, -1]), name="opinion_is_agree_pass_or_disagree"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="move_counters",
                when=pgtrigger.After,
                func=MOVE_COUNTERS,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
            )
        ]

    def __str__(self) -> str:
        return f"{self.comment_id}: {self.get_value_display()}"


class OpinionChange(models.Model):
    """What an opinion was and became: written by the trigger, never changed."""

    comment = models.ForeignKey("consultations.Comment", on_delete=models.CASCADE, related_name="+")
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="+")
    before = models.SmallIntegerField(null=True)
    after = models.SmallIntegerField(null=True)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["OpinionChange"]] = models.Manager()

    class Meta:
        triggers = [
            pgtrigger.Protect(name="change_stays", operation=pgtrigger.Update),
        ]

    def __str__(self) -> str:
        return f"{self.comment_id}: {self.before} → {self.after}"


# Gate and upsert in one statement, by the clock of the database: a hidden comment, a closed phase
# or a draft gives no row, a repeated value writes nothing, a first-timer becomes a participant.
GIVE = """
    WITH place AS (
        SELECT c.id, t.consultation_id
        FROM consultations_comment c
        JOIN consultations_thread t ON t.id = c.thread_id
        JOIN consultations_publication o ON o.consultation_id = t.consultation_id
        WHERE c.id = %(comment)s AND c.parent_id IS NULL AND c.state = 'visible'
          AND t.state = 'visible'
          AND EXISTS (
            SELECT FROM consultations_phase p
            WHERE p.consultation_id = t.consultation_id AND p.activity = 'comment'
              AND p.starts_at <= clock_timestamp() AND p.ends_at > clock_timestamp())
    ), known AS (
        SELECT p.id FROM consultations_participant p
        JOIN place ON p.consultation_id = place.consultation_id
        JOIN accounts_user u ON u.id = p.person_id AND u.is_active
        WHERE p.person_id = %(person)s
    ), joined AS (
        INSERT INTO consultations_participant (consultation_id, person_id, pseudonym, origin)
        SELECT place.consultation_id, u.id, u.pseudonym, ''
        FROM place JOIN accounts_user u ON u.id = %(person)s AND u.is_active
        WHERE NOT EXISTS (SELECT FROM known)
        ON CONFLICT (consultation_id, person_id) DO NOTHING
        RETURNING id
    ), me AS (SELECT id FROM known UNION ALL SELECT id FROM joined)
    INSERT INTO consultations_opinion (comment_id, participant_id, value)
    SELECT place.id, me.id, %(value)s FROM place, me
    ON CONFLICT (comment_id, participant_id) DO UPDATE
    SET value = excluded.value, given_at = clock_timestamp()
    WHERE consultations_opinion.value IS DISTINCT FROM excluded.value
    RETURNING id
"""

RETRACT = """
    DELETE FROM consultations_opinion o
    USING consultations_participant p, consultations_comment c, consultations_thread t
    WHERE o.comment_id = %(comment)s AND o.participant_id = p.id AND p.person_id = %(person)s
      AND c.id = o.comment_id AND t.id = c.thread_id AND c.state = 'visible'
      AND t.state = 'visible'
      AND EXISTS (
        SELECT FROM consultations_phase f
        WHERE f.consultation_id = t.consultation_id AND f.activity = 'comment'
          AND f.starts_at <= clock_timestamp() AND f.ends_at > clock_timestamp())
    RETURNING o.id
"""


def changes_something(statement: str, **values: int) -> bool:
    """Run one of the two; says whether it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return bool(cursor.rowcount > 0)
