"""Turn the proposals and threads of a Decidim process into a closed consultation."""

from datetime import datetime
from pathlib import Path
from typing import TextIO

from django.db.models import Count, Max, Q, Sum

from consultations.models import Comment, Consultation, Participant, Phase, Thread
from consultations.models.past import (
    Advance,
    PastComment,
    PastPerson,
    past_comments,
    past_participants,
    past_threads,
)
from portal.doors.importers import decidim
from portal.doors.importers.progress import Progress
from portal.doors.importers.taking_over import REASON, Origin, Target, take_over, verdict_rule
from portal.moderation.models import Decision
from proposals.models import Proposal
from proposals.models.past import past_proposals

LONGEST_TITLE = 160
ACTIVITIES = (Phase.Activity.PROPOSE, Phase.Activity.COMMENT, Phase.Activity.SUPPORT)
TEXTS = {
    "title": "Pla d'Actuació Municipal, Barcelona 2016",
    "question": "Usulan warga untuk rencana kerja kota Barcelona, dengan dukungan dan komentarnya.",
    "how_decided": "Proses ini berlangsung di decidim.barcelona dan sudah selesai di sana.",
    "background": (
        "Usulan, jumlah dukungan, dan komentar diambil alih dari decidim.barcelona. "
        "Dukungan hanya berupa jumlah; nama peserta diganti nomor."
    ),
    "organiser": "Ajuntament de Barcelona",
    "source": "Decidim: decidim.barcelona, PAM 2016",
}


def import_decidim(
    folder: Path, target: Target, *, stream: TextIO, prefix: str = ""
) -> dict[str, str | int]:
    """Read both tables, write the consultation, give the figures of both."""
    process = decidim.read(folder, prefix=prefix)
    origin = Origin("decidim", process.digest, ACTIVITIES, *process.span())
    counts = process.counts()
    total = counts["proposals"] + counts["comments"]
    return take_over(
        target,
        origin,
        TEXTS,
        counts=counts,
        write=lambda consultation: _fill(
            consultation, process, advance=Progress(total, stream).advance
        ),
    )


def _fill(
    consultation: Consultation, process: decidim.Process, *, advance: Advance
) -> dict[str, int]:
    people = past_participants(consultation, _people(process))
    proposals = [_proposal(consultation, suggestion, people) for suggestion in process.suggestions]
    past_proposals(proposals, advance=advance)
    threads = {
        suggestion.id: _thread(consultation, suggestion, proposal)
        for suggestion, proposal in zip(process.suggestions, proposals, strict=True)
    }
    past_threads(list(threads.values()))
    past_comments(
        _comments(process, threads, people),
        verdict_rule=verdict_rule(consultation),
        reason=REASON,
        advance=advance,
    )
    return stored(consultation, orphans=process.counts()["orphans"])


def _people(process: decidim.Process) -> list[PastPerson]:
    """Organisations keep their name, people get a number."""
    return [
        PastPerson(
            _origin(author),
            _pseudonym(author, number),
            at,
            is_organisation=author.startswith(decidim.ORGANISATION),
        )
        for number, (author, at) in enumerate(process.authors().items(), start=1)
    ]


def _pseudonym(author: str, number: int) -> str:
    if author.startswith(decidim.ORGANISATION):
        return author.removeprefix(decidim.ORGANISATION)[:60]
    return f"Peserta {number}"


def _origin(author: str) -> str:
    return f"decidim:{author}"[:60]


def _proposal(
    consultation: Consultation, suggestion: decidim.Suggestion, people: dict[str, Participant]
) -> Proposal:
    title, summary = suggestion.title, suggestion.summary
    if len(title) > LONGEST_TITLE:
        cut = title[: LONGEST_TITLE - 1].rpartition(" ")[0] or title[: LONGEST_TITLE - 1]
        title, summary = f"{cut}…", f"{title}\n\n{summary}"
    author = people[_origin(suggestion.author)] if suggestion.author else None
    return Proposal(
        consultation=consultation,
        author=author,
        origin=f"decidim:{suggestion.id}",
        title=title,
        summary=summary,
        started_at=suggestion.at,
        supports_taken_over=suggestion.supports,
    )


def _thread(
    consultation: Consultation, suggestion: decidim.Suggestion, proposal: Proposal
) -> Thread:
    shown = sum(not comment.is_hidden for comment in suggestion.comments)
    return Thread(
        consultation=consultation,
        subject=suggestion.title[:200],
        about=proposal.topic,
        started_at=suggestion.at,
        last_number=len(suggestion.comments),
        comment_count=shown,
    )


def _comments(
    process: decidim.Process, threads: dict[int, Thread], people: dict[str, Participant]
) -> list[PastComment]:
    """In the order of time; a reply dated before its parent follows it all the same."""
    made: dict[int, PastComment] = {}
    order: dict[int, tuple[datetime, int, int]] = {}
    for comment in process.comments():
        made[comment.id] = PastComment(
            thread=threads[comment.proposal],
            author=people[_origin(comment.author)],
            body=comment.body,
            at=comment.at,
            parent=made.get(comment.parent),
            stance=comment.stance,
            verdict=Decision.Verb.HIDE if comment.is_hidden else None,
        )
        after = order[comment.parent][0] if comment.parent else comment.at
        order[comment.id] = (max(comment.at, after), comment.depth, comment.id)
    return [made[number] for number in sorted(made, key=order.__getitem__)]


def stored(consultation: Consultation, *, orphans: int) -> dict[str, int]:
    """Count what the database holds; an orphan answers something, but stands at the top."""
    proposals = Proposal.objects.filter(consultation=consultation).aggregate(
        proposals=Count("pk"), supports=Sum("supports_taken_over", default=0)
    )
    comments = Comment.objects.filter(thread__consultation=consultation).aggregate(
        comments=Count("pk"),
        replies=Count("pk", filter=~Q(parent=None)) + orphans,
        max_depth=Max("depth", default=0),
    )
    people = Participant.objects.filter(consultation=consultation).exclude(
        origin__startswith=_origin(decidim.ORGANISATION)
    )
    return {**proposals, **comments, "orphans": orphans, "participants": people.count()}
