"""What a room does with a frame that comes in: answer, judge, queue or refuse."""

import asyncio
from collections.abc import Callable, Iterable

from portal.live.hop import in_database
from portal.live.socket import NotReady
from portal.refusals import Refused
from proposals.coedit.batch import Pending, grow
from proposals.coedit.bucket import Bucket
from proposals.coedit.crdt import Broken
from proposals.coedit.deletions import are_within, read_deletions
from proposals.coedit.guard import Verdict, scan
from proposals.coedit.member import Member
from proposals.coedit.nesting import Gap
from proposals.coedit.people import People
from proposals.coedit.protocol import (
    EMPTY_UPDATE,
    Frame,
    Kind,
    Malformed,
    Sync,
    awareness_frame,
    read_frame,
    read_state_vector,
    sync_frame,
)  # fmt: skip
from proposals.coedit.room import Room, closed_word, standing_notice
from proposals.coedit.values import Breach
from proposals.models import EditSession

PER_PERSON, BURST = 30.0, 90.0  # updates per second in one text
PER_ROOM, ROOM_BURST = 2_000.0, 4_000.0


class Reception:
    """The door of one room."""

    def __init__(self, room: Room, wake: Callable[[Room], None]) -> None:
        self.room = room
        self.people = People()
        self._wake = wake
        self._owners: dict[int, int] = {}  # clientID → person, as far as asked
        self._buckets: dict[int, Bucket] = {}
        self._all = Bucket(PER_ROOM, ROOM_BURST)

    async def join(self, member: Member) -> None:
        """Let somebody in between two commits, so that the log is all they see."""
        room = self.room
        async with room.turn:
            if room.is_dropped or room.standing is None:
                raise NotReady
            if not room.members:  # nobody asked how it stands while nobody was here
                await room.refresh()
            room.members[member] = None
            if member.person.user is not None:
                self._owners[member.person.client] = member.person.user
            if room.standing is not None and closed_word(room.standing):
                member.outbox.put(standing_notice(room.standing))
            if not room.is_lost:
                member.outbox.put(sync_frame(Sync.STEP1, room.copy.state_vector()))
            if known := self.people.known():
                member.outbox.put(awareness_frame(known))
            room.take_heard()

    async def receive(self, member: Member, data: bytes) -> None:
        """Take one frame; `Malformed` means that the socket must be closed."""
        await _rest(member.pace.take(_now()))
        frame = read_frame(data)
        if frame.kind == Kind.AWARENESS:
            self.people.hear(member, frame.body, _now())
        elif frame.kind == Kind.QUERY_AWARENESS:
            member.outbox.put(awareness_frame(self.people.known()))
        elif frame.sync == Sync.STEP1:
            await self._answer(member, frame.body)
        elif frame.body != EMPTY_UPDATE or frame.sync == Sync.UPDATE:
            await self._write(member, frame)

    async def _answer(self, member: Member, state_vector: bytes) -> None:
        """Somebody says what they have: they get what they lack, from a copy equal to the log."""
        read_state_vector(state_vector)
        await _rest(member.questions.take(_now()))
        room = self.room
        async with room.turn:
            if not room.is_lost:
                member.outbox.put(sync_frame(Sync.STEP2, room.copy.since(state_vector)))
            room.take_heard()

    async def _write(self, member: Member, frame: Frame) -> None:
        if member.refused:
            member.close_refused()
            return
        try:
            verdict = await self._verdict(member, frame.body)
        except Malformed as reason:
            member.refuse(word_for(reason))
            return
        if verdict is None or self._closed_to(member):  # asked again: judging takes time
            await self._decline(member, frame)
        elif await self.room.is_full(verdict.units, len(frame.body)):
            member.refuse("full")
        elif why := self._closed_to(member):  # and so does measuring
            member.refuse(why)
        else:
            self._queue(member, frame.body, verdict)

    async def _verdict(self, member: Member, update: bytes) -> Verdict | None:
        """What the guard says; None when nothing is taken from this person anyway."""
        if self._closed_to(member):  # costs nothing, takes nothing from anybody's rate
            return None
        await self._wait(member)
        return None if self._closed_to(member) else await self._judge(member, update)

    def _queue(self, member: Member, update: bytes, verdict: Verdict) -> None:
        room = self.room
        if room.is_failed:  # the socket is being closed; it all comes again
            return
        room.length += verdict.units
        room.size += len(update)
        grow(room.predicted, verdict.ends)
        room.queue.append(Pending(member, update, verdict))
        self._wake(room)

    async def _wait(self, member: Member) -> None:
        """Over the rate the socket is simply not read; nothing is dropped."""
        person = member.person.user or 0  # a visitor never comes here: nothing is taken from them
        bucket = self._buckets.setdefault(person, Bucket(PER_PERSON, BURST))
        await _rest(max(bucket.take(_now()), self._all.take(_now())))

    def _closed_to(self, member: Member) -> str:
        """Asked at every message: role and freeze as the room knows them now."""
        return closed_word(self.room.standing) or ("viewer" if member.is_viewer else "")

    async def _decline(self, member: Member, frame: Frame) -> None:
        """A reconnecting reader's step 2 repeats old deletions: harmless, when it is only that."""
        is_first, member.has_answered = not member.has_answered, True
        if frame.sync == Sync.STEP2 and is_first and await self._is_known(frame.body):
            member.acknowledge(1)
        else:
            member.refuse(self._closed_to(member))

    async def _is_known(self, update: bytes) -> bool:
        """Whether an update brings no text and deletes only what is deleted already."""
        room = self.room
        async with room.turn:
            try:
                scan(update, room.state, room.vocabulary)
                known = read_deletions(room.copy.since(room.copy.state_vector()))
                return are_within(read_deletions(update), known)
            except (Malformed, Broken):
                return False
            finally:
                room.take_heard()

    async def _judge(self, member: Member, update: bytes) -> Verdict:
        """Scan; before refusing for a gap or a foreign clientID, read on in the log once.

        Somebody whose process died has seen committed text that has not arrived here yet.
        """
        has_looked = False
        while True:
            try:
                verdict = scan(update, self.room.predicted, self.room.vocabulary)
            except Gap:
                if has_looked:
                    raise
            else:
                foreign = [c for c in verdict.ends if self._owners.get(c) != member.person.user]
                if not foreign:
                    return verdict
                if has_looked:
                    await self._bind(member, foreign)
                    continue
            await self.room.catch_up()
            has_looked = True

    async def _bind(self, member: Member, clients: Iterable[int]) -> None:
        """Text written offline by an earlier page load carries another clientID of the person."""
        person = member.person.user or 0
        for client in clients:
            try:
                session = await in_database(
                    EditSession.objects.bind, self.room.document, user=person, client=client
                )
            except Refused:
                session = None
            if session is None:
                raise Malformed("binding")
            self._owners[client] = person


async def _rest(seconds: float) -> None:
    if seconds > 0:
        await asyncio.sleep(seconds)


def word_for(reason: Malformed) -> str:
    """The word of the table in docs/coediting.md."""
    if isinstance(reason, Gap):
        return "gap"
    if isinstance(reason, Breach):
        return "vocabulary"
    return reason.reason if reason.reason in {"binding", "size"} else "malformed"


def _now() -> float:
    return asyncio.get_running_loop().time()
