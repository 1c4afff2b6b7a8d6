"""Proposals of the past: rows with a given time, many at once. Importers only."""

from collections.abc import Sequence

from consultations.models.past import Advance, batched
from proposals.models.proposal import Proposal

BATCH = 1_000


def past_proposals(proposals: Sequence[Proposal], *, advance: Advance) -> None:
    """Write proposals; their text is the summary until somebody may write it."""
    for batch in batched(proposals, BATCH):
        Proposal.objects.bulk_create(batch)
        advance(len(batch))
