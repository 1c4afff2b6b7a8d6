"""The socket of one editor, `/coedit/<document>/?epoch=…&schema=…&client=…`."""

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, ClassVar
from urllib.parse import parse_qs
from uuid import UUID

from channels.consumer import AsyncConsumer
from django.conf import settings
from django.db import DatabaseError
from django.http.cookie import parse_cookie

from portal.live.admission import NOT_THERE, NotAdmitted
from portal.live.consumer import rights
from portal.live.hop import in_database
from portal.live.origin import header, is_own_page
from portal.live.outbox import Outbox as RightsHolder
from portal.live.seats import Seats
from portal.live.wire import the_hub
from proposals.coedit.admission import TOO_MANY, Admission, Request, admit
from proposals.coedit.member import FRAME_REFUSED, Member
from proposals.coedit.outbox import OVERFLOW, Outbox
from proposals.coedit.place import Place
from proposals.coedit.protocol import MAX_NUMBER, Malformed
from proposals.coedit.reception import NotReady
from proposals.coedit.rooms import the_rooms

PATH = re.compile(r"/coedit/([0-9]{1,18})/\Z")
ADMITTED_WITHIN = 10.0
NOT_READY = 4503
SLOW_TIMES, SLOW_WITHIN = 3, 60.0

seats = Seats()
_overflows: dict[Hashable, deque[float]] = {}


class CoeditConsumer(AsyncConsumer):
    """One open editor. It never touches the database itself: `in_database` does, in a thread."""

    channel_layer_alias = None  # type: ignore[assignment]
    messages: ClassVar[dict[str, str]] = {
        "sync step 1": "visible",
        "sync step 2": "citizen",
        "update": "citizen",
        "awareness": "citizen",
        "query awareness": "visible",
    }
    """What a browser may say, and who may say it; anything else closes the socket."""

    def __init__(self) -> None:
        self.member: Member | None = None
        self.place: Place | None = None
        self.holder: RightsHolder | None = None
        self.seat: Hashable | None = None
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
            await self.heard(message.get("bytes"))
        elif message["type"] == "websocket.disconnect":
            self.is_gone = True

    # Joining

    async def opened(self) -> None:
        """Admit or refuse: accepted first, so that the browser can read the code."""
        if not is_own_page(self.scope):
            await self._send({"type": "websocket.close"})
            return
        try:
            request = wanted(self.scope["path"], self.scope["query_string"])
            admission = await self._admitted(request)
            await self._send({"type": "websocket.accept"})
        except NotAdmitted as refusal:
            await self._send({"type": "websocket.accept"})
            await self._close(refusal.code)
            return
        await self._enter(request, admission)

    async def _admitted(self, request: Request) -> Admission:
        """Ask every right and take a seat, within 10 s."""
        cookies = parse_cookie(header(self.scope, b"cookie"))
        session_key = cookies.get(settings.SESSION_COOKIE_NAME, "")
        try:
            async with asyncio.timeout(ADMITTED_WITHIN):
                admission = await in_database(admit, session_key, request)
        except (DatabaseError, TimeoutError) as error:
            raise NotAdmitted(NOT_READY) from error
        address = (self.scope.get("client") or ("here", 0))[0]
        user = admission.person.user
        if is_too_slow(user or address, asyncio.get_running_loop().time()):
            raise NotAdmitted(TOO_MANY)
        self.seat = seats.take(user_id=user, address=address)
        if self.seat is None:
            raise NotAdmitted(TOO_MANY)
        return admission

    async def _enter(self, request: Request, admission: Admission) -> None:
        hub = the_hub()
        hub.bind()
        rights.watch()
        self.holder = RightsHolder(_say_nothing, self._close, owner=admission.visitor)
        hub.open(self.holder)  # a lost right closes it, as any open page
        self.member = Member(admission.person, Outbox(self._say, self._close))
        try:
            self.place = await the_rooms.enter(request.document, self.member)
        except (DatabaseError, NotReady):
            await self._close(NOT_READY)

    # Hearing

    async def heard(self, data: bytes | None) -> None:
        """Take one frame; what no honest editor sends closes the socket."""
        if self.member is None or self.place is None or not self.member.outbox.is_open:
            return
        try:
            await self.place.door.receive(self.member, data or b"")
        except Malformed:
            self.member.refuse("malformed")
            self.member.outbox.finish(FRAME_REFUSED)

    # Sending and leaving

    async def _say(self, frame: bytes) -> None:
        await self._send({"type": "websocket.send", "bytes": frame})

    async def _close(self, code: int) -> None:
        if code == OVERFLOW and self.seat is not None:
            note_overflow(self.seat, asyncio.get_running_loop().time())
        await self._send({"type": "websocket.close", "code": code})

    def gone(self) -> None:
        """Leave everything behind."""
        if self.place is not None and self.member is not None:
            the_rooms.leave(self.place, self.member)
        if self.member is not None:
            self.member.outbox.stop()
        if self.holder is not None:
            the_hub().leave(self.holder)
            self.holder.stop()
        seats.free(self.seat)
        self.seat = None


async def _say_nothing(_text: str) -> None:
    """What is said to every page is not for editors."""


def wanted(path: str, query: bytes) -> Request:
    """Read the address; anything odd is no text."""
    found = PATH.match(path)
    fields = parse_qs(query.decode("latin-1"), max_num_fields=8)
    try:
        epoch = UUID(fields["epoch"][0])
        schema, client = (int(fields[name][0]) for name in ("schema", "client"))
    except (KeyError, ValueError) as error:
        raise NotAdmitted(NOT_THERE) from error
    if found is None or not 0 <= client <= MAX_NUMBER:
        raise NotAdmitted(NOT_THERE)
    return Request(int(found[1]), epoch, schema, client)


def note_overflow(who: Hashable, now: float) -> None:
    """Somebody could not be written to fast enough."""
    _overflows.setdefault(who, deque(maxlen=SLOW_TIMES)).append(now)


def is_too_slow(who: Hashable, now: float) -> bool:
    """Three times in a minute: coming back at once only repeats it."""
    times = _overflows.get(who)
    return times is not None and len(times) == SLOW_TIMES and now - times[0] < SLOW_WITHIN
