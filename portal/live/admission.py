"""Who may listen to what: asked when a socket joins, and again when it may have changed."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib import import_module

from django.conf import settings
from django.contrib.auth import SESSION_KEY, get_user
from django.contrib.auth.models import AnonymousUser
from django.db.models import BigIntegerField, OuterRef, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.http import HttpRequest

from portal.accounts.models import User
from portal.live.models import LiveTopic, gates

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


def admit(session_key: str, topics: Collection[str]) -> Admission:
    """Let somebody join all topics or none: 3 statements for one topic, in a thread."""
    user = signed_in(session_key)
    heads = visible_heads(user, topics)
    if missing := [topic for topic in topics if topic not in heads]:
        is_own = any(topic.startswith("user:") for topic in missing)
        raise NotAdmitted(SIGNED_OUT if is_own and user.pk is None else NOT_THERE)
    return Admission(Visitor(session_key, user.pk, tuple(topics)), heads)


def signed_in(session_key: str) -> User | AnonymousUser:
    """Find who is signed in; a changed password signs out, a blocked person is refused."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key or None)
    claimed = request.session.get(SESSION_KEY) if session_key else None
    user = get_user(request) if claimed else AnonymousUser()
    if claimed and not user.is_authenticated:
        is_blocked = User.objects.filter(pk=claimed, is_active=False).exists()
        raise NotAdmitted(NOT_YOURS if is_blocked else SIGNED_OUT)
    if isinstance(user, User) and not user.is_active:
        raise NotAdmitted(NOT_YOURS)
    return user


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
    groups: dict[tuple[str, int | None], list[Visitor]] = defaultdict(list)
    for visitor in visitors:
        key = visitor.session_key if visitor.user_id else ""
        groups[key, visitor.user_id].append(visitor)
    codes = {}
    for (session_key, user_id), group in groups.items():
        try:
            user = signed_in(session_key)
        except NotAdmitted as refusal:
            codes.update(dict.fromkeys(group, refusal.code))
            continue
        if user.pk != user_id:
            codes.update(dict.fromkeys(group, SIGNED_OUT))
            continue
        heads = visible_heads(user, {topic for visitor in group for topic in visitor.topics})
        for visitor in group:
            if not heads.keys() >= set(visitor.topics):
                codes[visitor] = NOT_YOURS
    return codes
