"""The listening socket `/live/`: it hears, and says at most that its person is typing."""

import asyncio
import json
import re
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from itertools import islice
from typing import Any, ClassVar
from urllib.parse import parse_qs

from channels.consumer import AsyncConsumer
from django.conf import settings
from django.db import DatabaseError
from django.http.cookie import parse_cookie

from portal.live.admission import NOT_THERE, NOT_YOURS, Admission, NotAdmitted, Visitor, admit
from portal.live.frame import encode
from portal.live.hop import in_database
from portal.live.origin import header, is_own_page
from portal.live.outbox import Outbox
from portal.live.rights import Rights
from portal.live.seats import Seats
from portal.live.topic import Topic
from portal.live.wire import the_hub

TOPIC = re.compile(r"([a-z_]{1,40}:[0-9]{1,18})(?:@([0-9]{1,18}))?")
MOST_TOPICS = 8
FRAME_BYTES = 2_048
FRAMES_PER_SECOND = 5
ADMITTED_WITHIN = 10.0
COUNTS_TOLD = 64
TOO_LONG, TOO_MANY, NOT_UNDERSTOOD, BROKEN, NOT_READY = 1009, 4429, 4422, 4500, 4503

seats = Seats()
rights = Rights(the_hub())


class LiveConsumer(AsyncConsumer):
    """One open page. It never touches the database itself: `in_database` does, in a thread."""

    channel_layer_alias = None  # type: ignore[assignment]
    messages: ClassVar[dict[str, str]] = {"typing": "citizen"}
    """What a browser may say, and who may say it; anything else closes the socket."""

    def __init__(self) -> None:
        self.outbox: Outbox | None = None
        self.seat: Hashable | None = None
        self.said: deque[float] = deque(maxlen=FRAMES_PER_SECOND)
        self.is_gone = False

    async def __call__(
        self,
        scope: Any,
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[Any], Awaitable[None]],
    ) -> None:
        """Take one event after the other; no thread is hopped to before each."""
        self.scope, self._send = scope, send
        try:
            while not self.is_gone:
                await self.dispatch(await receive())
        finally:
            self.gone()

    async def dispatch(self, message: Any) -> None:
        """Look the handler up and await it."""
        if message["type"] == "websocket.connect":
            await self.opened()
        elif message["type"] == "websocket.receive":
            await self.heard(message.get("text"))
        elif message["type"] == "websocket.disconnect":
            self.is_gone = True

    # Joining

    async def opened(self) -> None:
        """Admit or refuse: accepted first, so that the browser can read the code."""
        if not is_own_page(self.scope):
            await self._send({"type": "websocket.close"})
            return
        losses = rights.losses
        try:
            admission, pages, language = await self._admitted()
        except NotAdmitted as refusal:
            await self._send({"type": "websocket.accept"})
            await self._close(refusal.code)
            return
        await self._send({"type": "websocket.accept"})
        self._join(admission, pages, language, losses)

    async def _admitted(self) -> tuple[Admission, dict[str, int | None], str]:
        """Take a seat and ask every right, within 10 s."""
        pages, language = wanted(self.scope["query_string"])
        cookies = parse_cookie(header(self.scope, b"cookie"))
        session_key = cookies.get(settings.SESSION_COOKIE_NAME, "")
        try:
            async with asyncio.timeout(ADMITTED_WITHIN):
                admission = await in_database(admit, session_key, tuple(pages))
        except (DatabaseError, TimeoutError) as error:
            raise NotAdmitted(NOT_READY) from error
        address = (self.scope.get("client") or ("here", 0))[0]
        self.seat = seats.take(user_id=admission.visitor.user_id, address=address)
        if self.seat is None:
            raise NotAdmitted(TOO_MANY)
        return admission, pages, language

    def _join(
        self, admission: Admission, pages: dict[str, int | None], language: str, losses: int
    ) -> None:
        hub = the_hub()
        hub.bind()
        rights.watch()
        self.outbox = Outbox(self._say, self._close, language=language, owner=admission.visitor)
        hub.open(self.outbox)
        if hub.is_slower:
            self.outbox.say('{"slower":1}')
        for name, head in admission.heads.items():
            topic = hub.join(self.outbox, name, head=head)
            self.outbox.say(encode(greeting(topic, pages[name], hub.here(name))))
        rights.joined(self.outbox, losses=losses)

    # Hearing

    async def heard(self, text: str | None) -> None:
        """Take what the browser says: little, seldom, and only what is declared."""
        if self.outbox is None or not isinstance(visitor := self.outbox.owner, Visitor):
            return
        if code := self._refusal(text, visitor):
            the_hub().drop(self.outbox, code)
            return
        the_hub().typed(self.outbox, str(json.loads(text or "")["typing"]))

    def _refusal(self, text: str | None, visitor: Visitor) -> int:
        """Give the closing code of a frame that may not be, or zero."""
        now = asyncio.get_running_loop().time()
        is_hasty = len(self.said) == FRAMES_PER_SECOND and now - self.said[0] < 1.0
        self.said.append(now)
        if text is not None and len(text.encode(errors="replace")) > FRAME_BYTES:
            return TOO_LONG
        if is_hasty:
            return TOO_MANY
        if not declares(text, self.messages):
            return NOT_UNDERSTOOD
        return 0 if visitor.user_id else NOT_YOURS

    # Sending and leaving

    async def _say(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})

    async def _close(self, code: int) -> None:
        await self._send({"type": "websocket.close", "code": code})

    def gone(self) -> None:
        """Leave everything behind."""
        if self.outbox is not None:
            the_hub().leave(self.outbox)
            self.outbox.stop()
        seats.free(self.seat)
        self.seat = None


def wanted(query: bytes) -> tuple[dict[str, int | None], str]:
    """Read `topic=thread:81@1204&…&lang=id`: at most 8 topics, with the numbers of the page."""
    fields = parse_qs(query.decode("latin-1"), max_num_fields=MOST_TOPICS + 2)
    found = [TOPIC.fullmatch(text) for text in fields.get("topic", [])]
    pages = {m[1]: int(m[2]) if m[2] else None for m in found if m is not None}
    if not 0 < len(found) <= MOST_TOPICS or None in found:
        raise NotAdmitted(NOT_THERE)
    language = fields.get("lang", [""])[0]
    return pages, language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def greeting(topic: Topic, page: int | None, here: int) -> dict[str, object]:
    """Tell a page who is here, what it missed since it was made, and the newest counts."""
    told: dict[str, object] = {"t": topic.name, "here": here}
    if page is not None and page != topic.head:
        told |= {"moved": topic.head, "spread": 0}
    if topic.counts:
        told["n"] = dict(islice(reversed(topic.counts.items()), COUNTS_TOLD))
    return told


def declares(text: str | None, messages: dict[str, str]) -> bool:
    """Whether a frame is one of the declared messages: one key with a word."""
    try:
        said = json.loads(text or "")
    except (ValueError, RecursionError):
        return False
    return (
        isinstance(said, dict)
        and len(said) == 1
        and all(key in messages and isinstance(value, str) for key, value in said.items())
    )
