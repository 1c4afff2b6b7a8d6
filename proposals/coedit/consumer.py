"""The socket of one editor, `/coedit/<document>/?epoch=…&schema=…&client=…`."""

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, ClassVar
from uuid import UUID

from portal.live.admission import NOT_THERE, NotAdmitted
from portal.live.outbox import Outbox as RightsHolder
from portal.live.seats import Seats
from portal.live.socket import Socket, parsed
from portal.live.together import Together
from proposals.coedit.admission import TOO_MANY, Admission, Asked, Request, admit_all
from proposals.coedit.member import FRAME_REFUSED, Member
from proposals.coedit.outbox import OVERFLOW, Outbox
from proposals.coedit.place import Place
from proposals.coedit.protocol import MAX_NUMBER, Malformed
from proposals.coedit.reception import word_for
from proposals.coedit.rooms import the_rooms

PATH = re.compile(r"/coedit/([0-9]{1,18})/\Z")
SLOW_TIMES, SLOW_WITHIN = 3, 60.0

seats = Seats()
admissions: Together[Asked, Admission] = Together(admit_all)
_overflows: dict[Hashable, deque[float]] = {}


class CoeditConsumer(Socket[Admission]):
    """One open editor."""

    messages: ClassVar[dict[str, str]] = {
        "sync step 1": "visible",
        "sync step 2": "citizen",
        "update": "citizen",
        "awareness": "citizen",
        "query awareness": "visible",
    }
    seats: ClassVar[Seats] = seats
    speaks_within: ClassVar[float | None] = 30.0  # an editor asks for the text at once

    def __init__(self) -> None:
        super().__init__()
        self.member: Member | None = None
        self.place: Place | None = None
        self.document = 0

    # Joining

    def asks(self) -> Callable[[str], Awaitable[Admission]]:
        request = wanted(self.scope["path"], self.scope["query_string"])
        self.document = request.document
        return lambda session_key: admissions.ask((session_key, request))

    def holder(self, admission: Admission) -> RightsHolder:
        """Hold a place among the open pages: a lost right closes it like any of them."""
        self.member = Member(admission.person, Outbox(self._say, self.close))
        return RightsHolder(_say_nothing, self._cut, owner=admission.visitor)

    async def enters(self, admission: Admission, outbox: RightsHolder) -> None:
        """Sit down in the room of the text."""
        if is_too_slow(self.seat, asyncio.get_running_loop().time()):
            raise NotAdmitted(TOO_MANY)
        if self.member is not None:
            self.place = await the_rooms.enter(self.document, self.member)

    # Hearing

    async def heard(self, message: Any) -> None:
        """Take one frame; what no honest editor sends closes the socket."""
        if self.member is None or self.place is None or not self.member.outbox.is_open:
            return
        try:
            await self.place.door.receive(self.member, message.get("bytes") or b"")
        except Malformed as reason:
            self.member.refuse(word_for(reason))
            self.member.outbox.finish(FRAME_REFUSED)

    # Sending and leaving

    async def _say(self, frame: bytes) -> None:
        await self._send({"type": "websocket.send", "bytes": frame})

    async def _cut(self, code: int) -> None:
        """A right was lost: nothing that waits is sent any more."""
        if self.member is not None:
            self.member.outbox.cut(code)

    async def close(self, code: int) -> None:
        if code == OVERFLOW and self.seat is not None:
            note_overflow(self.seat, asyncio.get_running_loop().time())
        await super().close(code)

    def gone(self) -> None:
        if self.place is not None and self.member is not None:
            the_rooms.leave(self.place, self.member)
        if self.member is not None:
            self.member.outbox.stop()
        super().gone()


async def _say_nothing(_text: str) -> None:
    """What is said to every page is not for editors."""


def wanted(path: str, query: bytes) -> Request:
    """Read the address; anything odd is no text."""
    found, fields = PATH.match(path), parsed(query, most=8)
    try:
        epoch = UUID(fields["epoch"][0])
        schema, client = (int(fields[name][0]) for name in ("schema", "client"))
    except (KeyError, ValueError) as error:
        raise NotAdmitted(NOT_THERE) from error
    if found is None or not 0 <= client <= MAX_NUMBER:
        raise NotAdmitted(NOT_THERE)
    return Request(int(found[1]), epoch, schema, client)


def note_overflow(who: Hashable, now: float) -> None:
    """Somebody could not be written to fast enough; what is a minute old is forgotten."""
    for other in [each for each, times in _overflows.items() if now - times[-1] > SLOW_WITHIN]:
        del _overflows[other]
    _overflows.setdefault(who, deque(maxlen=SLOW_TIMES)).append(now)


def is_too_slow(who: Hashable, now: float) -> bool:
    """Three times in a minute: coming back at once only repeats it."""
    times = _overflows.get(who)
    return times is not None and len(times) == SLOW_TIMES and now - times[0] < SLOW_WITHIN
