"""Puts into the past what the verbs wrote a moment ago. Nobody but the demo town imports this.

Verbs act now and only in a phase that runs. A town with a history therefore opens every phase of a
new consultation, plays it, and only then, still in the same transaction, gives everything its own
day. Opinions and supports, which only counters speak of, are written with their moment at once.
The journal keeps the true time: the demo was made when it was made.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.utils import timezone

from consultations.models import (
    Comment,
    CommentRevision,
    Consultation,
    Participant,
    Phase,
    Thread,
)
from consultations.models.consultation import Schedule
from consultations.models.publication import Publication
from portal.demo.script import Matter
from proposals.models import Proposal, Support

DAYS_OF_DRAFTING = 5
OPENS = timedelta(hours=8)
"""When phases begin and end, and when the town begins to write."""

AWAKE = timedelta(hours=15)
MINUTES_TO_EDIT = 7
ROWS = 500
TAKING_PART = ("comment", "propose", "coedit", "support")


class Calendar:
    """Turns days from today into moments."""

    def __init__(self, now: datetime) -> None:
        self._now = timezone.localtime(now).replace(second=0, microsecond=0)
        self._today = self._now.replace(hour=0, minute=0)

    def opening(self, day: float) -> datetime:
        """The hour of that day at which offices open."""
        return self._today + timedelta(days=day) + OPENS

    def awake(self, day: float) -> datetime:
        """A moment of that day, but not at night; what was earlier stays earlier."""
        moment = self._now + timedelta(days=day)
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        if midnight >= self._today:
            return min(moment, self._now)
        return midnight + OPENS + AWAKE * ((moment - midnight) / timedelta(days=1))

    def plan(self, matter: Matter) -> list[Schedule]:
        """The phases as announced; what the portal does not offer yet is left out."""
        return [
            Schedule(span.activity, self.opening(span.starts), self.opening(span.ends))
            for span in matter.phases
            if span.activity in Phase.Activity.values
        ]

    def rehearsal(self, matter: Matter) -> list[Schedule]:
        """Every planned phase of taking part, open right now."""
        first, last = self._now - timedelta(hours=1), self._now + timedelta(hours=1)
        planned = {span.activity for span in matter.phases}
        return [Schedule(each, first, last) for each in TAKING_PART if each in planned]


def announce(consultation: Consultation, phases: Iterable[Schedule], at: datetime) -> None:
    """Replace the phases of the rehearsal by the announced ones, published at that moment."""
    consultation.phases.all().delete()
    Phase.objects.bulk_create(Phase(consultation=consultation, **each._asdict()) for each in phases)
    Publication.objects.filter(consultation=consultation).update(at=at)
    drafted = at - timedelta(days=DAYS_OF_DRAFTING)
    Consultation.objects.filter(pk=consultation.pk).update(drafted_at=drafted)


def start_thread_on(thread: Thread, at: datetime) -> None:
    """Let a thread be as old as that."""
    Thread.objects.filter(pk=thread.pk).update(started_at=at)


def date_comments(comments: Mapping[int, tuple[datetime, int | None]]) -> None:
    """Give comments their moment and the stance of their author; edits follow soon."""
    rows = [
        Comment(pk=pk, posted_at=moment, stance=stance) for pk, (moment, stance) in comments.items()
    ]
    Comment.objects.bulk_update(rows, ["posted_at", "stance"], batch_size=ROWS)
    for revision in CommentRevision.objects.filter(comment__in=comments):
        edited = comments[revision.comment_id][0] + timedelta(minutes=MINUTES_TO_EDIT)
        CommentRevision.objects.filter(pk=revision.pk).update(replaced_at=edited)
        Comment.objects.filter(pk=revision.comment_id).update(edited_at=edited)


def join_on(joined: Mapping[int, datetime]) -> None:
    """Let participants be there since their first act."""
    rows = [Participant(pk=pk, joined_at=moment) for pk, moment in joined.items()]
    Participant.objects.bulk_update(rows, ["joined_at"], batch_size=ROWS)


def move_to(consultation: Consultation, slug: str) -> None:
    """Give it the address of the script, unless a real one is there."""
    if not Consultation.objects.filter(slug=slug).exists():
        consultation.slug = slug
        consultation.save(update_fields=["slug"])


def date_proposal(proposal: Proposal, at: datetime, supported: Mapping[int, datetime]) -> None:
    """Let a proposal and its thread be as old as that, with supports (by participant) since then.

    The trigger counts each row as it does for a click.
    """
    Proposal.objects.filter(pk=proposal.pk).update(started_at=at)
    Thread.objects.filter(about=proposal.topic).update(started_at=at)
    Support.objects.bulk_create(
        Support(proposal=proposal, participant_id=participant, given_at=moment)
        for participant, moment in supported.items()
    )
