"""What every socket does alike: shake hands, ask all rights in one hop, sit down, leave.

A socket is accepted before it is refused, so that the browser can read the code. Rights that are
lost while they are being asked count: whoever comes in is asked again when one was.
"""

import asyncio
import logging
import traceback
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, ClassVar, Generic, Protocol, TypeVar
from urllib.parse import parse_qs

from channels.consumer import AsyncConsumer
from django.conf import settings
from django.db import Error
from django.http.cookie import parse_cookie

from portal.live.admission import NOT_THERE, NotAdmitted, Visitor
from portal.live.origin import header, is_own_page
from portal.live.outbox import Outbox
from portal.live.rights import Rights
from portal.live.seats import Seats
from portal.live.wire import the_hub

logger = logging.getLogger(__name__)

ADMITTED_WITHIN = 10.0
GONE, TOO_MANY, BROKEN, NOT_READY = 1001, 4429, 4500, 4503

rights = Rights(the_hub())


class NotReady(Exception):
    """What the socket wants is not there yet: come back in a moment."""


class Admitted(Protocol):
    """Whatever the rights said, it names who sits behind the socket."""

    @property
    def visitor(self) -> Visitor: ...


A = TypeVar("A", bound=Admitted)


class Socket(AsyncConsumer, ABC, Generic[A]):
    """One open page. It never touches the database itself: `in_database` does, in a thread."""

    channel_layer_alias = None  # type: ignore[assignment]
    messages: ClassVar[dict[str, str]]
    """What a browser may say, and who may say it; anything else closes the socket."""

    seats: ClassVar[Seats]
    speaks_within: ClassVar[float | None] = None
    """Seconds until a socket that has said nothing is let go; None: it may listen for ever."""

    def __init__(self) -> None:
        self.outbox: Outbox | None = None
        self.seat: Hashable | None = None
        self.is_gone = False
        self._silence: asyncio.TimerHandle | None = None

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
        """Look the handler up and await it; what nobody foresaw ends this socket alone."""
        if message["type"] == "websocket.disconnect":
            self.is_gone = True
            return
        try:
            if message["type"] == "websocket.connect":
                await self.opened()
            elif message["type"] == "websocket.receive":
                self._has_spoken()
                await self.heard(message)
        except OSError:  # the peer vanished while it was being told something
            self.is_gone = True
        except Exception as error:  # noqa: BLE001  (logged, without its words)
            note_broken(error)
            await self.close(BROKEN)

    # What each kind of socket adds

    @abstractmethod
    def asks(self) -> Callable[[str], Awaitable[A]]:
        """Read the address: what asks every right, given the key of the login session."""

    @abstractmethod
    def holder(self, admission: A) -> Outbox:
        """Give what is closed when a right is lost."""

    @abstractmethod
    async def enters(self, admission: A, outbox: Outbox) -> None:
        """Sit down."""

    @abstractmethod
    async def heard(self, message: Any) -> None:
        """Take one frame."""

    # Joining

    async def opened(self) -> None:
        """Admit or refuse; a page of another site is not even accepted."""
        if not is_own_page(self.scope):
            await self._send({"type": "websocket.close"})
            return
        losses = rights.losses
        try:
            admission = await self._admitted()
        except NotAdmitted as refusal:
            await self._refuse(refusal.code)
        except Exception as error:  # noqa: BLE001  (logged, without its words)
            note_broken(error)
            await self._refuse(BROKEN)
        else:
            await self._send({"type": "websocket.accept"})
            await self._enter(admission, losses)

    async def _admitted(self) -> A:
        """Ask every right and take a seat, within 10 s."""
        ask = self.asks()
        try:
            async with asyncio.timeout(ADMITTED_WITHIN):
                admission = await ask(session_key(self.scope))
        except (Error, TimeoutError) as error:
            raise NotAdmitted(NOT_READY) from error
        self.seat = self.seats.take(user_id=admission.visitor.user_id, address=self.address)
        if self.seat is None:
            raise NotAdmitted(TOO_MANY)
        return admission

    async def _enter(self, admission: A, losses: int) -> None:
        hub = the_hub()
        hub.bind()
        rights.watch()
        self.outbox = self.holder(admission)
        hub.open(self.outbox)
        if self.speaks_within is not None:
            loop = asyncio.get_running_loop()
            self._silence = loop.call_later(self.speaks_within, hub.drop, self.outbox, GONE)
        try:
            await self.enters(admission, self.outbox)
        except NotAdmitted as refusal:
            await self.close(refusal.code)
        except (Error, NotReady):
            await self.close(NOT_READY)
        rights.joined(self.outbox, losses=losses)

    async def _refuse(self, code: int) -> None:
        await self._send({"type": "websocket.accept"})
        await self.close(code)

    @property
    def address(self) -> str:
        """Where the socket comes from, as far as our own proxies say."""
        return str((self.scope.get("client") or ("here", 0))[0])

    # Leaving

    async def close(self, code: int) -> None:
        """Close from this side."""
        await self._send({"type": "websocket.close", "code": code})

    def _has_spoken(self) -> None:
        if self._silence is not None:
            self._silence.cancel()
            self._silence = None

    def gone(self) -> None:
        """Leave everything behind."""
        self._has_spoken()
        if self.outbox is not None:
            the_hub().leave(self.outbox)
            self.outbox.stop()
        self.seats.free(self.seat)
        self.seat = None


def parsed(query: bytes, *, most: int) -> dict[str, list[str]]:
    """Read the fields of the address; more of them than any page sends are no address of ours."""
    try:
        return parse_qs(query.decode("latin-1"), max_num_fields=most)
    except ValueError as error:
        raise NotAdmitted(NOT_THERE) from error


def session_key(scope: Any) -> str:
    """Read the cookie; the store knows which words may name a login session."""
    return parse_cookie(header(scope, b"cookie")).get(settings.SESSION_COOKIE_NAME, "")


def note_broken(error: Exception) -> None:
    """Log what went wrong and where; messages of errors may hold what somebody wrote."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    logger.error("live: a socket broke: %s, %s:%s", type(error).__name__, where.name, where.lineno)
