"""Who stands behind a proposal: the row is the truth, the counter follows by trigger."""

from typing import ClassVar

import pgtrigger
from django.db import models

from consultations.models import Participant
from portal.journal.models import ClockTimestamp

MOVE_COUNTER = """
    UPDATE proposals_proposal SET
        support_count = support_count + CASE WHEN TG_OP = 'INSERT' THEN 1 ELSE -1 END,
        support_version = support_version + 1
    WHERE id = CASE WHEN TG_OP = 'INSERT' THEN NEW.proposal_id ELSE OLD.proposal_id END;
    RETURN NULL;
"""


class Support(models.Model):
    """One participant's support of one proposal: there or not."""

    proposal = models.ForeignKey(
        "proposals.Proposal", on_delete=models.CASCADE, related_name="supports"
    )
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="supports")
    given_at = models.DateTimeField(db_default=ClockTimestamp())

    objects: ClassVar[models.Manager["Support"]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["proposal", "participant"], name="one_support_per_target_and_person"
            )
        ]
        triggers = [
            pgtrigger.Trigger(
                name="move_counter",
                when=pgtrigger.After,
                func=MOVE_COUNTER,
                operation=pgtrigger.Insert | pgtrigger.Delete,
            )
        ]

    def __str__(self) -> str:
        return f"{self.proposal_id}: {self.participant}"


# The gate and the row in one statement, by the clock of the database, as for an opinion. Both say
# whether the gate was open and whether a row was written: two tabs of one person that want the
# opposite at once are no refusal.
GIVE = """
    WITH place AS (
        SELECT p.id, p.consultation_id
        FROM proposals_proposal p
        JOIN consultations_publication o ON o.consultation_id = p.consultation_id
        JOIN accounts_user u ON u.id = %(person)s AND u.is_active
        WHERE p.id = %(proposal)s AND p.state = 'visible'
          AND EXISTS (
            SELECT FROM consultations_phase f
            WHERE f.consultation_id = p.consultation_id AND f.activity = 'support'
              AND f.starts_at <= clock_timestamp() AND f.ends_at > clock_timestamp())
    ), known AS (
        SELECT q.id FROM consultations_participant q
        JOIN place ON q.consultation_id = place.consultation_id
        WHERE q.person_id = %(person)s
    ), joined AS (
        INSERT INTO consultations_participant (consultation_id, person_id, pseudonym, origin)
        SELECT place.consultation_id, u.id, u.pseudonym, ''
        FROM place JOIN accounts_user u ON u.id = %(person)s
        WHERE NOT EXISTS (SELECT FROM known)
        ON CONFLICT (consultation_id, person_id) DO NOTHING
        RETURNING id
    ), me AS (SELECT id FROM known UNION ALL SELECT id FROM joined
    ), given AS (
        INSERT INTO proposals_support (proposal_id, participant_id)
        SELECT place.id, me.id FROM place, me
        ON CONFLICT (proposal_id, participant_id) DO NOTHING
        RETURNING id
    )
    SELECT EXISTS (SELECT FROM place), EXISTS (SELECT FROM given)
"""

WITHDRAW = """
    WITH place AS (
        SELECT p.id
        FROM proposals_proposal p
        WHERE p.id = %(proposal)s AND p.state = 'visible'
          AND EXISTS (
            SELECT FROM consultations_phase f
            WHERE f.consultation_id = p.consultation_id AND f.activity = 'support'
              AND f.starts_at <= clock_timestamp() AND f.ends_at > clock_timestamp())
    ), taken_back AS (
        DELETE FROM proposals_support s
        USING consultations_participant q, place
        WHERE s.proposal_id = place.id AND s.participant_id = q.id AND q.person_id = %(person)s
        RETURNING s.id
    )
    SELECT EXISTS (SELECT FROM place), EXISTS (SELECT FROM taken_back)
"""
