"""One consultation of the corpus, played through the verbs and then given its days."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import NAMESPACE_DNS, UUID, uuid5

from django.db import transaction

from consultations.models import Comment, Consultation, Opinion, Participant, Thread
from consultations.models.past import past_opinions
from portal.accounts.models import User
from portal.agencies.models import Agency
from portal.demo import past
from portal.demo.crowd import STANCES, Crowd
from portal.demo.past import Calendar
from portal.demo.script import Line, Matter, Plan, Talk
from portal.moderation.models import Rule
from proposals.models import Proposal

TOWN = uuid5(NAMESPACE_DNS, "kota-rembuk.contoh.id.invalid")
RULES = {
    "insult": 1,
    "personal_data": 2,
    "spam": 3,
    "off_topic": 3,
    "false_claim": 4,
    "unlawful": 5,
}

People = Mapping[str, User]


def key_of(*words: object) -> UUID:
    """The key under which a thing of the town is made, whenever it is made."""
    return uuid5(TOWN, "/".join(map(str, words)))


class Scene:
    """A consultation while it is being played: who is there, and since when."""

    def __init__(
        self, matter: Matter, agency: Agency, people: People, crowd: Crowd, calendar: Calendar
    ) -> None:
        self._matter = matter
        self._agency = agency
        self._people = people
        self._crowd = crowd
        self._calendar = calendar
        self._participants: dict[str, Participant] = {}
        self._joined: dict[int, datetime] = {}

    @transaction.atomic
    def play(self) -> Consultation:
        """Play all of it or nothing; nobody sees the rehearsal."""
        matter, officer = self._matter, self._people[self._matter.official]
        phases = self._calendar.plan(matter)
        is_played = bool(matter.threads or matter.proposals)
        self._consultation = consultation = Consultation.draft(
            agency=self._agency,
            by=officer,
            key=key_of(matter.slug),
            premoderated=False,
            **texts_of(matter),
            phases=self._calendar.rehearsal(matter) if is_played else phases,
        )
        past.move_to(consultation, matter.slug)
        if matter.draft:
            return consultation
        consultation.publish(by=officer)
        for number, talk in enumerate(matter.threads):
            self._hold(talk, number)
        for plan in matter.proposals:
            self._propose(plan)
        past.join_on(self._joined)
        past.announce(consultation, phases, self._calendar.opening(matter.published))
        return consultation

    def _hold(self, talk: Talk, number: int) -> None:
        thread = Thread.start(
            consultation=self._consultation,
            subject=talk.subject,
            by=self._people[self._matter.official],
            key=key_of(self._matter.slug, number),
        )
        past.start_thread_on(thread, self._calendar.awake(talk.day))
        stances = STANCES if self._matter.takes_sides else {}
        self._say_all(thread, talk.comments, talk.day, stances)

    def _say_all(
        self, thread: Thread, lines: tuple[Line, ...], day: float, stances: Mapping[str, int]
    ) -> None:
        """Let everybody speak in the order of time, then think, then be moderated."""
        days = self._crowd.days_of(lines, day, self._last_day("comment"))
        answered = answers(lines)
        said: dict[int, Comment] = {}
        for place in sorted(range(len(lines)), key=days.__getitem__):
            line, parent = lines[place], answered[place]
            author = self._people[line.by]
            said[place] = thread.post(
                author=author,
                body=line.first or line.text,
                key=key_of(thread.key, place),
                parent=None if parent is None else said[parent],
            )
            if line.first:
                said[place].edit(by=author, body=line.text)
            self._was_there(line.by, self._calendar.awake(days[place]))
        past.date_comments(
            {
                said[place].pk: (self._calendar.awake(days[place]), stances.get(line.mood))
                for place, line in enumerate(lines)
            }
        )
        self._think_about(lines, said, days)
        self._moderate(lines, said)

    def _think_about(
        self, lines: tuple[Line, ...], said: Mapping[int, Comment], days: list[float]
    ) -> None:
        end = self._last_day("comment")
        opinions = []
        for place, line in enumerate(lines):
            if line.re or line.hidden:
                continue
            for key, value in self._crowd.opinions(line):
                moment = self._calendar.awake(self._crowd.moment(days[place], end))
                participant = self._was_there(key, moment)
                opinions.append(
                    Opinion(
                        comment=said[place], participant=participant, value=value, given_at=moment
                    )
                )
        past_opinions(sorted(opinions, key=lambda each: each.given_at), advance=bool)

    def _moderate(self, lines: Iterable[Line], said: Mapping[int, Comment]) -> None:
        rules = {rule.number: rule for rule in Rule.objects.of(self._consultation.topic)}
        for place, line in enumerate(lines):
            if verdict := line.hidden:
                moderator, rule = self._people[verdict.by], rules[RULES[verdict.rule]]
                said[place].hide(by=moderator, rule=rule, reason=verdict.reason)

    def _propose(self, plan: Plan) -> None:
        beginning, *more = shares_of(plan)
        proposal = Proposal.start(
            consultation=self._consultation,
            author=self._people[plan.by],
            title=plan.title,
            summary=plan.summary,
            text=beginning,
            key=key_of(self._matter.slug, plan.key),
        )
        self._was_there(plan.by, self._calendar.awake(plan.day))
        for key, text in zip(plan.coauthors, more, strict=True):
            proposal.document.write_plain(
                by=self._people[key], text=text, key=key_of(self._matter.slug, plan.key, key)
            )
            self._was_there(key, self._calendar.awake(plan.day))
        self._support(proposal, plan)
        thread = Thread.objects.for_display().get(about=proposal.topic)
        self._say_all(thread, plan.comments, plan.day, {})

    def _support(self, proposal: Proposal, plan: Plan) -> None:
        end = self._last_day("support")
        moments = {}
        for key in self._crowd.supporters(plan.mood, plan.supports, but=plan.by):
            moment = self._calendar.awake(self._crowd.moment(plan.day, end))
            moments[self._was_there(key, moment).pk] = moment
        past.date_proposal(proposal, self._calendar.awake(plan.day), moments)

    def _last_day(self, activity: str) -> float:
        """Today, or the last whole day of a phase that is over."""
        return min(0, self._matter.span(activity)[1] - 1)

    def _was_there(self, key: str, moment: datetime) -> Participant:
        """Give the participant, there at that moment at the latest."""
        if key not in self._participants:
            self._participants[key] = self._consultation.participant_for(self._people[key])
        participant = self._participants[key]
        self._joined[participant.pk] = min(moment, self._joined.get(participant.pk, moment))
        return participant


def texts_of(matter: Matter) -> dict[str, str]:
    """The texts of the form an officer fills in."""
    organiser, _dot, contact = matter.contact.partition(" · ")
    return {
        "title": matter.title,
        "question": matter.question,
        "how_decided": matter.how_decided.strip(),
        "background": f"{matter.background.strip()}\n\n## Dasar hukum\n\n{matter.legal_basis}",
        "organiser": organiser,
        "contact": contact,
    }


def shares_of(plan: Plan) -> list[str]:
    """The text as it grows: by its proposer, then with a section more from each co-author."""
    parts = re.split(r"^(?=## )", plan.text.strip(), flags=re.MULTILINE)
    sections = [part for part in parts if part]
    first = len(sections) - len(plan.coauthors)
    return ["".join(sections[:end]).strip() for end in range(first, len(sections) + 1)]


def answers(lines: Iterable[Line]) -> list[int | None]:
    """For each line, the place of the one it answers."""
    above: list[int] = []
    found: list[int | None] = []
    for place, line in enumerate(lines):
        found.append(above[line.re - 1] if line.re else None)
        above[line.re :] = [place]
    return found
