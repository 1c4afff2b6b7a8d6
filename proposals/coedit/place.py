"""A room where it meets the world: its door, its carets, the other processes."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from portal.live.wire import the_hub
from proposals.coedit import fanout
from proposals.coedit.fanout import NOTICE, PRESENCE, ROWS, Rows, rows_message
from proposals.coedit.member import Member
from proposals.coedit.people import CROWD
from proposals.coedit.protocol import (
    Malformed,
    Presence,
    awareness_body,
    awareness_frame,
    notice_frame,
)
from proposals.coedit.reception import Reception
from proposals.coedit.room import Room

TICK, CROWD_TICK = 0.05, 0.2


class Place:
    """One open text of this process."""

    def __init__(
        self, document: int, wake: Callable[[Room], None], ask: Callable[[], None]
    ) -> None:
        self.room = Room(document)
        self.door = Reception(self.room, wake)
        self.topic = fanout.topic(document)
        self.coming = 0  # who waits to be let in
        self.room.empty_since = self._now
        self._ask = ask
        self._told_at = 0.0
        self._counted = 0
        self._callback = self.hear  # one object: the hub knows it by identity
        self.unlisten = the_hub().listen(self.topic, self._callback)

    def hear(self, data: bytes) -> None:
        """Another process, or a verb of this one, says something about the text."""
        kind, body = data[:1], data[1:]
        with contextlib.suppress(Malformed):
            if kind == ROWS:
                self.room.hear(fanout.read_rows(body))
            elif kind == PRESENCE:
                self._show(self.door.people.hear_elsewhere(body, self._now))
            elif kind == NOTICE:
                self._ask()

    def tell_rows(self, rows: Rows) -> None:
        self._tell_elsewhere(rows_message(rows))

    def tell_carets(self, now: float) -> None:
        """What changed since the last tick, to the sockets here and to the other processes."""
        members = len(self.room.members)
        if now - self._told_at < (CROWD_TICK if members > CROWD else TICK):
            return
        if changes := self.door.people.changes(members):
            self._told_at = now
            self._tell(changes)

    def forget_caret(self, member: Member) -> None:
        """The socket is gone: its caret goes at once."""
        if gone := self.door.people.leave(member.person.client):
            self._tell([gone])

    def forget_old_carets(self, now: float) -> None:
        """Those of processes that died."""
        self._show(self.door.people.expire(now))

    def tell_number(self, _now: float) -> None:
        """How many a crowd is."""
        members = len(self.room.members)
        if members != self._counted and max(members, self._counted) > CROWD:
            self.room.tell(notice_frame("people", n=members))
        self._counted = members

    def break_silence(self, now: float) -> None:
        for member in list(self.room.members):
            member.outbox.beat(now)

    def _tell(self, presences: Sequence[Presence]) -> None:
        self._show(presences)
        self._tell_elsewhere(PRESENCE + awareness_body(presences))

    def _show(self, presences: Sequence[Presence]) -> None:
        if presences:
            self.room.tell(awareness_frame(presences))

    def _tell_elsewhere(self, message: bytes) -> None:
        hub = the_hub()
        if hub.others(self.topic):
            hub.send_bytes(self.topic, message, skip=self._callback)

    @property
    def _now(self) -> float:
        return asyncio.get_running_loop().time()
