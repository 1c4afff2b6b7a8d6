"""Things of the past: rows with a given time, many at once. Importers and the demo town only.

No rule is asked, nothing is pushed and no line is journalled per row: the import run is one line.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count, islice
from typing import Any, TypeVar
from uuid import UUID

import pgtrigger
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from consultations.models.comment import Comment
from consultations.models.consultation import Consultation, Schedule
from consultations.models.opinion import Opinion, OpinionChange
from consultations.models.participant import Participant
from consultations.models.phase import Phase
from consultations.models.place import next_place
from consultations.models.publication import Publication
from consultations.models.thread import Thread
from portal.agencies.models import Agency
from portal.markup import to_html
from portal.moderation.models import Decision, Rule
from portal.moderation.models.moderated import State

BATCH = 2_000
Item = TypeVar("Item")
Advance = Callable[[int], object]
"""Told how many rows were written."""


@dataclass(frozen=True)
class PastPerson:
    """Somebody who took part elsewhere: no account, a pseudonym, the id there."""

    origin: str
    pseudonym: str
    joined_at: datetime
    is_organisation: bool = False


@dataclass
class PastComment:
    """A comment as it stood elsewhere; `verdict` says what the moderators there decided."""

    thread: Thread
    author: Participant
    body: str
    at: datetime
    parent: "PastComment | None" = None
    stance: int | None = None
    verdict: Decision.Verb | None = None
    row: Comment | None = None


def past_consultation(
    *, agency: Agency, slug: str, key: UUID, phases: Sequence[Schedule], **texts: str
) -> Consultation:
    """Write a published consultation whose phases lie in the past."""
    consultation = Consultation.objects.create(
        agency=agency,
        slug=slug,
        key=key,
        drafted_by=None,
        background_html=to_html(texts.get("background", ""), headings=True),
        **texts,
    )
    consultation.publication = Publication.objects.create(consultation=consultation, by=None)
    Phase.objects.bulk_create(
        Phase(consultation=consultation, **phase._asdict()) for phase in phases
    )
    Rule.copy_site_rules(consultation.topic)
    return consultation


def past_participants(
    consultation: Consultation, people: Sequence[PastPerson]
) -> dict[str, Participant]:
    """Write participants without accounts, numbered in the given order; found by their origin.

    An organisation writes, but is nobody who takes part: it gets no number and is not counted.
    """
    numbers = count(consultation.participant_count + 1)
    participants = [
        Participant(
            consultation=consultation,
            person=None,
            number=None if person.is_organisation else next(numbers),
            origin=person.origin,
            pseudonym=person.pseudonym,
            joined_at=person.joined_at,
        )
        for person in people
    ]
    with pgtrigger.ignore("consultations.Participant:next_number"):
        Participant.objects.bulk_create(participants, batch_size=BATCH)
    consultation.participant_count = next(numbers) - 1
    consultation.save(update_fields=["participant_count"])
    return {participant.origin: participant for participant in participants}


def past_threads(threads: Sequence[Thread]) -> None:
    """Write threads whose figures are known already."""
    Thread.objects.bulk_create(threads, batch_size=BATCH)


def past_comments(
    comments: Sequence[PastComment], *, verdict_rule: Rule, reason: str, advance: Advance
) -> None:
    """Write comments, in the order of time, at the places they would have got one by one."""
    numbers: defaultdict[int, int] = defaultdict(int)
    levels: defaultdict[int, list[PastComment]] = defaultdict(list)
    for comment in comments:
        numbers[comment.thread.pk] += 1
        comment.row = _row_of(comment, numbers[comment.thread.pk])
        levels[comment.row.depth].append(comment)
    for depth in sorted(levels):
        for batch in batched(levels[depth], BATCH):
            written = [comment.row for comment in batch if comment.row is not None]
            for comment in batch:
                _answer_parent(comment)
            Comment.objects.bulk_create(written)
            advance(len(written))
    _decide([comment for comment in comments if comment.verdict], rule=verdict_rule, reason=reason)


def _row_of(comment: PastComment, number: int) -> Comment:
    parent = comment.parent.row if comment.parent else None
    return Comment(
        thread=comment.thread,
        author=comment.author,
        number=number,
        posted_at=comment.at,
        place=next_place(parent.place if parent else "", number),
        depth=parent.depth + 1 if parent else 0,
        body=comment.body,
        body_html=to_html(comment.body),
        stance=comment.stance,
        state=State.VISIBLE,
    )


def _answer_parent(comment: PastComment) -> None:
    if comment.row is not None and comment.parent is not None:
        comment.row.parent = comment.parent.row


def _decide(comments: Sequence[PastComment], *, rule: Rule, reason: str) -> None:
    """Take the verdicts over: a Decision each, by nobody here."""
    judged = [(comment.row, comment.verdict) for comment in comments if comment.row]
    decisions = Decision.objects.bulk_create(
        Decision(
            topic=row.topic,
            verb=verb,
            by=None,
            rule=rule if verb == Decision.Verb.HIDE else None,
            reason=reason if verb == Decision.Verb.HIDE else "",
        )
        for row, verb in judged
        if verb is not None
    )
    for (row, verb), decision in zip(judged, decisions, strict=True):
        row.decision = decision
        row.state = State.HIDDEN if verb == Decision.Verb.HIDE else State.VISIBLE
    Comment.objects.bulk_update([row for row, _verb in judged], ["state", "decision"], BATCH)


def past_opinions(opinions: Iterable[Opinion], *, advance: Advance) -> None:
    """Write opinions with their history, then count them once.

    Moved row by row, a comment's counters would leave a dead version per opinion, all of which the
    next update has to pass: 33 s instead of 12 for 61,000 opinions.
    """
    touched: set[int] = set()
    with pgtrigger.ignore("consultations.Opinion:move_counters"):
        for batch in batched(opinions, BATCH):
            Opinion.objects.bulk_create(batch)
            OpinionChange.objects.bulk_create(
                OpinionChange(
                    comment_id=opinion.comment_id,
                    participant_id=opinion.participant_id,
                    after=opinion.value,
                    at=opinion.given_at,
                )
                for opinion in batch
            )
            touched |= {opinion.comment_id for opinion in batch}
            advance(len(batch))
    _count(touched)


def _count(comments: set[int]) -> None:
    """Set the counters of these comments to what their rows say."""
    rows = Opinion.objects.filter(comment=OuterRef("pk")).order_by().values("comment")
    Comment.objects.filter(pk__in=comments).update(
        agree_count=_how_many(rows.filter(value=Opinion.Value.AGREE)),
        disagree_count=_how_many(rows.filter(value=Opinion.Value.DISAGREE)),
        pass_count=_how_many(rows.filter(value=Opinion.Value.PASS)),
        opinion_version=_how_many(rows),
    )


def _how_many(rows: QuerySet[Opinion, Any]) -> Coalesce:
    return Coalesce(Subquery(rows.annotate(many=Count("pk")).values("many")), 0)


def batched(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Give lists of at most `size`."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
