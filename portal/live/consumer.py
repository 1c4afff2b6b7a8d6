"""The listening socket `/live/`: it hears, and says at most that its person types or rests."""

import asyncio
import json
import re
from collections import deque
from collections.abc import Awaitable, Callable
from itertools import islice
from typing import Any, ClassVar

from django.conf import settings

from portal.live.admission import (
    NOT_THERE,
    NOT_YOURS,
    Admission,
    Asked,
    NotAdmitted,
    Visitor,
    admit_all,
)
from portal.live.frame import encode
from portal.live.outbox import Outbox
from portal.live.seats import Seats
from portal.live.socket import Socket, parsed
from portal.live.together import Together
from portal.live.topic import Topic
from portal.live.wire import the_hub

TOPIC = re.compile(r"([a-z_]{1,40}:[0-9]{1,18})(?:@([0-9]{1,18}))?")
MOST_TOPICS = 8
FRAME_BYTES = 2_048
FRAMES_PER_SECOND = 5
COUNTS_TOLD = 64
TOO_LONG, TOO_MANY, NOT_UNDERSTOOD = 1009, 4429, 4422

seats = Seats()
admissions: Together[Asked, Admission] = Together(admit_all)


class LiveConsumer(Socket[Admission]):
    """One open page."""

    messages: ClassVar[dict[str, str]] = {"typing": "citizen", "rested": "citizen"}
    seats: ClassVar[Seats] = seats

    def __init__(self) -> None:
        super().__init__()
        self.pages: dict[str, int | None] = {}
        self.language = ""
        self.is_inside = True
        self.said: deque[float] = deque(maxlen=FRAMES_PER_SECOND)

    # Joining

    def asks(self) -> Callable[[str], Awaitable[Admission]]:
        self.pages, self.language, self.is_inside = wanted(self.scope["query_string"])
        topics = tuple(self.pages)
        return lambda session_key: admissions.ask((session_key, topics))

    def holder(self, admission: Admission) -> Outbox:
        outbox = Outbox(self._say, self.close, language=self.language, owner=admission.visitor)
        outbox.is_inside = self.is_inside
        return outbox

    async def enters(self, admission: Admission, outbox: Outbox) -> None:
        """Join every topic; each greets the page."""
        hub = the_hub()
        if hub.is_slower:
            outbox.say('{"slower":1}')
        for name, head in admission.heads.items():
            topic = hub.join(outbox, name, head=head)
            outbox.say(encode(greeting(topic, self.pages[name], hub.here(name))))

    # Hearing

    async def heard(self, message: Any) -> None:
        """Take what the browser says: little, seldom, and only what is declared."""
        text = message.get("text")
        size = len(message.get("bytes") or b"") + len((text or "").encode(errors="replace"))
        if self.outbox is None or not isinstance(visitor := self.outbox.owner, Visitor):
            return
        if code := self._refusal(text, size, visitor):
            the_hub().drop(self.outbox, code)
            return
        [(what, name)] = json.loads(text or "").items()
        the_hub().typed(self.outbox, name, is_typing=what == "typing")

    def _refusal(self, text: str | None, size: int, visitor: Visitor) -> int:
        """Give the closing code of a frame that may not be, or zero."""
        now = asyncio.get_running_loop().time()
        is_hasty = len(self.said) == FRAMES_PER_SECOND and now - self.said[0] < 1.0
        self.said.append(now)
        if size > FRAME_BYTES:
            return TOO_LONG
        if is_hasty:
            return TOO_MANY
        if not declares(text, self.messages):
            return NOT_UNDERSTOOD
        return 0 if visitor.user_id else NOT_YOURS

    async def _say(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})


def wanted(query: bytes) -> tuple[dict[str, int | None], str, bool]:
    """Read `topic=thread:81@1204&…&lang=id`: at most 8 topics, with the numbers of the page.

    `outside=1` says that the page only lists places: whoever reads it is in none of them.
    """
    fields = parsed(query, most=MOST_TOPICS + 2)
    found = [TOPIC.fullmatch(text) for text in fields.get("topic", [])]
    pages = {m[1]: int(m[2]) if m[2] else None for m in found if m is not None}
    if not 0 < len(found) <= MOST_TOPICS or None in found:
        raise NotAdmitted(NOT_THERE)
    language = fields.get("lang", [""])[0]
    if language not in dict(settings.LANGUAGES):
        language = settings.LANGUAGE_CODE
    return pages, language, "outside" not in fields


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
