"""Compares what people were told with what the database holds, by rows and not by counters."""

from collections import Counter
from dataclasses import dataclass, field
from functools import partial

from django.contrib.sessions.models import Session
from django.db import close_old_connections
from django.db.models import Count, F, Q

from consultations.models import Comment, Opinion
from proposals.coedit import replay
from proposals.coedit.render import to_text
from proposals.models import Proposal, Support, Update
from tests.faults.ledger import Ledger
from tests.faults.town import Town


@dataclass
class Findings:
    """Nothing in here: every promise was kept."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def all(self) -> list[str]:
        return self.lost + self.doubled + self.wrong


def compare(ledger: Ledger, town: Town) -> Findings:
    """Ask the database itself."""
    found = Findings()
    try:
        people = {session: person_of(session) for session in town.sessions}
        for part in (comments, opinions, supports, partial(texts, town=town)):
            part(ledger, found, people=people)
        counters(found)
    finally:
        close_old_connections()
    return found


def person_of(session: str) -> int:
    return int(Session.objects.get(session_key=session).get_decoded()["_auth_user_id"])


def comments(ledger: Ledger, found: Findings, *, people: dict[str, int]) -> None:
    rows = Comment.objects.filter(key__in=ledger.comments).values_list("key", "body")
    kept = dict(rows)
    bodies = Counter(Comment.objects.filter(thread__isnull=False).values_list("body", flat=True))
    for key, body in ledger.comments.items():
        if kept.get(key) != body:
            found.lost.append(f"comment {key}")
        elif bodies[body] != 1:
            found.doubled.append(f"comment {key}: {bodies[body]} times")


def opinions(ledger: Ledger, found: Findings, *, people: dict[str, int]) -> None:
    rows = Opinion.objects.values_list("participant__person", "comment", "value")
    kept = {(person, comment): value for person, comment, value in rows}
    for (session, comment), value in ledger.opinions.items():
        if kept.get((people[session], comment)) != value:
            found.lost.append(f"opinion of {people[session]} on {comment}")


def supports(ledger: Ledger, found: Findings, *, people: dict[str, int]) -> None:
    rows = set(Support.objects.values_list("participant__person", "proposal"))
    for (session, proposal), wanted in ledger.supports.items():
        if ((people[session], proposal) in rows) is not wanted:
            found.lost.append(f"support of {people[session]} for {proposal}")


def texts(ledger: Ledger, found: Findings, *, people: dict[str, int], town: Town) -> None:
    for document in town.documents:
        words = words_of(document.pk)
        told = Counter(words.replace("]", "]\n").replace("[", "\n[").split("\n"))
        found.lost += [word for word in ledger.words[document.pk] if not told[word]]
        both = ledger.words[document.pk] + ledger.perhaps[document.pk]
        found.doubled += [word for word in both if told[word] > 1]
        numbers = list(
            Update.objects.filter(document=document).order_by("seq").values_list("seq", flat=True)
        )
        if numbers != list(range(1, len(numbers) + 1)):
            found.wrong.append(f"document {document.pk}: numbers with a hole")


def words_of(document: int) -> str:
    """Read a text as a process does that starts cold."""
    return to_text(replay.build(document).copy.blocks())


def counters(found: Findings) -> None:
    """Counters move by trigger; they must equal the rows."""
    of = {
        f"{name}_rows": Count("opinions", filter=Q(opinions__value=value))
        for name, value in {"agree": 1, "disagree": -1, "pass": 0}.items()
    }
    wrong = Comment.objects.annotate(**of).exclude(
        agree_count=F("agree_rows"), disagree_count=F("disagree_rows"), pass_count=F("pass_rows")
    )
    found.wrong += [f"counters of comment {pk}" for pk in wrong.values_list("pk", flat=True)]
    behind = Proposal.objects.annotate(rows=Count("supports")).exclude(support_count=F("rows"))
    found.wrong += [f"supports of {pk}" for pk in behind.values_list("pk", flat=True)]
