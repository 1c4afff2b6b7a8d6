"""Turn a Polis conversation into a closed consultation."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TextIO

from django.db.models import Count, Q, Sum
from django.utils.text import Truncator

from consultations.models import Comment, Consultation, Opinion, Participant, Phase, Thread
from consultations.models.past import (
    Advance,
    PastComment,
    PastPerson,
    past_comments,
    past_opinions,
    past_participants,
    past_threads,
)
from portal.doors.importers import polis
from portal.doors.importers.progress import Progress
from portal.doors.importers.taking_over import REASON, Origin, Target, take_over, verdict_rule
from portal.markup import to_html, to_text
from portal.moderation.models import Decision

VERDICTS = {1: Decision.Verb.APPROVE, -1: Decision.Verb.HIDE, 0: None}
CASES = "https://compdemocracy.org/case-studies/"
CASE_STUDIES = (
    "2014-seattle-15-per-hour",
    "2022-Austria-Klimarat",
    "2017-brexit-consensus",
    "2016-canadian-electoral-reform",
    "2022-london-youth-policing",
    "2017-scoop-hivemind-affordable-housing",
    "2019-scoop-hivemind-biodiversity",
    "2017-scoop-hivemind-freshwater",
    "2018-scoop-hivemind-taxes",
    "2017-scoop-hivemind-ubi",
    "2021-san-juan-island",
)
ATTRIBUTION = (
    "Data was gathered using the Polis software (compdemocracy.org/polis) and is sub-licensed "
    "under CC BY 4.0 with Attribution to The Computational Democracy Project. The data and more "
    "information about how the data was collected can be found at the following link(s):\n\n"
) + "\n".join(f"- {CASES}{name}" for name in CASE_STUDIES)


def import_polis(folder: Path, target: Target, *, stream: TextIO) -> dict[str, str | int]:
    """Read the folder, write the consultation, give the figures of both."""
    conversation = polis.read(folder)
    origin = Origin("polis", conversation.digest, (Phase.Activity.COMMENT,), *conversation.span())
    counts = conversation.counts()
    total = counts["comments"] + counts["opinions"]
    return take_over(
        target,
        origin,
        texts_of(conversation),
        counts=counts,
        write=lambda consultation: _fill(
            consultation, conversation, advance=Progress(total, stream).advance
        ),
    )


def texts_of(conversation: polis.Conversation) -> dict[str, str]:
    """Say what this is and where it comes from, with the attribution its licence asks for."""
    described = conversation.description or conversation.topic
    background = f"{conversation.description}\n\n## Sumber data\n\n{ATTRIBUTION}"
    address = conversation.summary.get("url", "").strip()
    source = f"Polis: {conversation.topic[:120]}"
    return {
        "title": conversation.topic[:160],
        "question": Truncator(to_text(to_html(described))).chars(1000, truncate="…"),
        "how_decided": "Percakapan ini berlangsung di Polis dan sudah selesai di sana.",
        "background": background.strip()[:40_000],
        "organiser": "Polis",
        "source": f"{source} ({address})"[:200] if address else source,
    }


def _fill(
    consultation: Consultation, conversation: polis.Conversation, *, advance: Advance
) -> dict[str, int]:
    people = past_participants(consultation, list(_people(conversation)))
    thread = _thread(consultation, conversation)
    comments = {
        statement.id: PastComment(
            thread=thread,
            author=people[_origin(statement.author)],
            body=statement.body,
            at=statement.at,
            verdict=VERDICTS[statement.verdict],
        )
        for statement in conversation.statements
    }
    rule = verdict_rule(consultation)
    past_comments(list(comments.values()), verdict_rule=rule, reason=REASON, advance=advance)
    past_opinions(
        (
            Opinion(
                comment=comments[vote.statement].row,
                participant=people[_origin(vote.person)],
                value=vote.value,
                given_at=vote.at,
            )
            for vote in conversation.votes
        ),
        advance=advance,
    )
    return stored(consultation)


def _people(conversation: polis.Conversation) -> Iterator[PastPerson]:
    """Voters first, then those who only wrote."""
    first: dict[int, datetime] = {}
    for vote in conversation.votes:
        first[vote.person] = min(first.get(vote.person, vote.at), vote.at)
    for statement in conversation.statements:
        first[statement.author] = min(first.get(statement.author, statement.at), statement.at)
    voters = sorted(conversation.voters)
    for number, person in enumerate([*voters, *sorted(first.keys() - conversation.voters)], 1):
        yield PastPerson(_origin(person), f"Peserta {number}", first[person])


def _origin(person: int) -> str:
    return f"polis:{person}"


def _thread(consultation: Consultation, conversation: polis.Conversation) -> Thread:
    counts = conversation.counts()
    thread = Thread(
        consultation=consultation,
        subject=conversation.topic[:200],
        last_number=counts["comments"],
        comment_count=counts["comments"] - counts["rejected"],
        started_at=conversation.statements[0].at,
    )
    past_threads([thread])
    return thread


def stored(consultation: Consultation) -> dict[str, int]:
    """Count what the database holds, opinions by the counters that the trigger moved."""
    approved, hidden = Q(decision__verb="approve"), Q(state="hidden")
    comments = Comment.objects.filter(thread__consultation=consultation).aggregate(
        comments=Count("pk"),
        accepted=Count("pk", filter=approved & ~hidden),
        rejected=Count("pk", filter=hidden),
        unmoderated=Count("pk", filter=Q(decision=None)),
        agree=Sum("agree_count"),
        disagree=Sum("disagree_count"),
        **{"pass": Sum("pass_count")},
    )
    opinions = Opinion.objects.filter(comment__thread__consultation=consultation)
    voters = Participant.objects.filter(consultation=consultation, opinions__isnull=False)
    more = {"participants": voters.distinct().count(), "opinions": opinions.count()}
    return {name: int(value) for name, value in {**comments, **more}.items()}
