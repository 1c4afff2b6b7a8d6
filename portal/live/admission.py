"""Who may listen to what: asked when a socket joins, and again when it may have changed."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain

from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_backends,
)
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.db.models import BigIntegerField, OuterRef, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from portal.accounts.models import User
from portal.accounts.sessions import KEY, SessionStore
from portal.live.models import LiveTopic, gates
from portal.live.models import heads as live_heads

Person = User | AnonymousUser

SIGNED_OUT, NOT_YOURS, NOT_THERE = 4401, 4403, 4404


class NotAdmitted(Exception):
    """The socket is refused, or closed, with a code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who sits behind a socket: the login session, the person, the topics."""

    session_key: str
    user_id: int | None
    topics: tuple[str, ...]

    @property
    def person(self) -> str:
        """Who is counted once, whatever the number of tabs; nothing tells two strangers apart."""
        if self.user_id is not None:
            return f"{self.user_id}"
        return sha256(self.session_key.encode()).hexdigest()[:16] if self.session_key else ""


@dataclass(frozen=True, slots=True)
class Admission:
    """A visitor and how far each topic is."""

    visitor: Visitor
    heads: Mapping[str, int]


Asked = tuple[str, tuple[str, ...]]
"""The key of a login session, and the topics that somebody wants to hear."""


def admit_all(asked: Sequence[Asked]) -> list[Admission | NotAdmitted]:
    """Let many join at once: 3 statements for all who want the same public topics."""
    people = signed_in_all({session_key for session_key, _topics in asked})
    known = common_heads((people[session_key], topics) for session_key, topics in asked)
    return [_answer(people[key], known, key, topics) for key, topics in asked]


def _answer(
    user: Person | NotAdmitted, known: Mapping[str, int], session_key: str, topics: tuple[str, ...]
) -> Admission | NotAdmitted:
    if isinstance(user, NotAdmitted):
        return user
    heads = heads_for(user, topics, known)
    if missing := [topic for topic in topics if topic not in heads]:
        is_own = any(topic.startswith("user:") for topic in missing)
        return NotAdmitted(SIGNED_OUT if is_own and user.pk is None else NOT_THERE)
    return Admission(Visitor(session_key, user.pk, topics), heads)


def signed_in_all(session_keys: Collection[str]) -> dict[str, Person | NotAdmitted]:
    """Find who is signed in; a changed password signs out, a blocked person is refused."""
    sessions = _sessions(session_keys)
    claimed = {int(session[SESSION_KEY]) for session in sessions.values()}
    people = _people(claimed) if claimed else {}
    return {
        key: _person(sessions[key], people) if key in sessions else AnonymousUser()
        for key in session_keys
    }


def _sessions(session_keys: Collection[str]) -> dict[str, Mapping[str, str]]:
    """Read those login sessions that are somebody's."""
    keys = [key for key in session_keys if KEY.fullmatch(key)]
    store = SessionStore()
    live = Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now())
    rows = live.values_list("session_key", "session_data") if keys else ()
    read = {key: store.decode(data) for key, data in rows}
    return {key: session for key, session in read.items() if SESSION_KEY in session}


def _people(claimed: Collection[int]) -> dict[int, User]:
    """Read people as the pages do, those too who are blocked."""
    (backend,) = get_backends()
    found: dict[int, User] = backend.read(claimed)  # type: ignore[attr-defined]
    return found


def _person(session: Mapping[str, str], people: Mapping[int, User]) -> User | NotAdmitted:
    user = people.get(int(session[SESSION_KEY]))
    if user is not None and not user.is_active:
        return NotAdmitted(NOT_YOURS)
    is_ours = session.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
    if user is None or not is_ours or not _is_of(user, session.get(HASH_SESSION_KEY, "")):
        return NotAdmitted(SIGNED_OUT)
    return user


def _is_of(user: User, digest: str) -> bool:
    """Whether a session was begun with the password that holds today."""
    digests = chain([user.get_session_auth_hash()], user.get_session_auth_fallback_hash())
    return any(constant_time_compare(digest, each) for each in digests)


def common_heads(asked: Iterable[tuple[Person | NotAdmitted, Iterable[str]]]) -> dict[str, int]:
    """Read the topics that anybody may hear, and those that are the own ones of who asks."""
    topics: set[str] = set()
    own: set[str] = set()
    for user, wanted in asked:
        if not isinstance(user, NotAdmitted):
            topics.update(wanted)
            own.add(f"user:{user.pk}")
    own &= topics
    return visible_heads(AnonymousUser(), topics - own) | (dict(live_heads(own)) if own else {})


def heads_for(user: Person, topics: Collection[str], known: Mapping[str, int]) -> dict[str, int]:
    """Give what this person may hear: what all may, the own topic, else the gate is asked."""
    own = f"user:{user.pk}"
    heads = {
        topic: known[topic]
        for topic in topics
        if topic in known and (topic == own or not topic.startswith("user:"))
    }
    missing = [topic for topic in topics if topic not in heads]
    if missing and user.pk is not None:
        heads |= visible_heads(user, missing)
    return heads


def visible_heads(user: User | AnonymousUser, topics: Iterable[str]) -> dict[str, int]:
    """Ask each noun's gate, joined with how far the topics are: one statement per noun."""
    wanted: dict[str, list[int]] = defaultdict(list)
    for topic in topics:
        word, _colon, pk = topic.partition(":")
        wanted[word].append(int(pk))
    heads = {}
    for word, pks in wanted.items():
        visible = gates.visible(word, user)
        if visible is None:
            continue
        name = Concat(Value(f"{word}:"), Cast(OuterRef("pk"), TextField()))
        seq = LiveTopic.objects.filter(topic=name).values("seq")[:1]
        head = Coalesce(Subquery(seq), 0, output_field=BigIntegerField())
        for pk, number in visible.filter(pk__in=pks).values_list("pk", head):
            heads[f"{word}:{pk}"] = number
    return heads


def lost(visitors: Iterable[Visitor]) -> dict[Visitor, int]:
    """Ask again, many at once: gives the closing code of everybody who lost something."""
    asked = {visitor: visitor.session_key if visitor.user_id else "" for visitor in visitors}
    people = signed_in_all(set(asked.values()))
    known = common_heads((people[key], visitor.topics) for visitor, key in asked.items())
    codes = {}
    for visitor, key in asked.items():
        user = people[key]
        if isinstance(user, NotAdmitted):
            codes[visitor] = user.code
        elif user.pk != visitor.user_id:
            codes[visitor] = SIGNED_OUT
        elif not heads_for(user, visitor.topics, known).keys() >= set(visitor.topics):
            codes[visitor] = NOT_YOURS
    return codes
