"""The rooms of this process: one committer for all of them, one pulse, one question every 2 s."""

import asyncio
import contextlib
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from django.db import close_old_connections

from portal.live.hop import in_database
from portal.metrics import BATCHES
from proposals.coedit import fanout, store
from proposals.coedit.batch import Batch
from proposals.coedit.fanout import Rows
from proposals.coedit.member import Member
from proposals.coedit.place import Place
from proposals.coedit.pulse import Pulse
from proposals.coedit.room import Room

logger = logging.getLogger(__name__)

HEADS_EVERY = 2.0
SHORTEST_PAUSE, PAUSE_PER_MEMBER, LONGEST_PAUSE = 0.002, 0.00025, 0.05

_commits = ThreadPoolExecutor(max_workers=1, thread_name_prefix="coedit")


class Rooms:
    """Every text that somebody has open in this process."""

    def __init__(self) -> None:
        self.places: dict[int, Place] = {}
        self._busy: dict[Room, None] = {}
        self._wanted = asyncio.Event()
        self._asked = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pulse = Pulse(self.places, self._drop)
        self._committing: asyncio.Future[None] | None = None

    # Coming and going

    async def enter(self, document: int, member: Member) -> Place:
        """Find the room or open it: the hub is listened to before the log is read."""
        self._run()
        place = self.places.get(document)
        if place is not None and place.room.is_dropped:
            self._drop(place)
            place = None
        if place is None:
            place = self.places[document] = Place(document, self.wake, self.ask_soon)
        place.coming += 1  # it is not given up, however long the log takes
        try:
            await self._load(place)
            await place.door.join(member)
        finally:
            place.coming -= 1
        return place

    async def _load(self, place: Place) -> None:
        """Read the log, once: who comes meanwhile waits for the same reading."""
        async with place.room.turn:
            if place.room.standing is not None or place.room.is_dropped:
                return
            try:
                await place.room.load()
                place.room.take_heard()
            except BaseException:  # cancelled too: the next one begins anew
                self._drop(place)
                raise

    def leave(self, place: Place, member: Member) -> None:
        place.room.members.pop(member, None)
        place.room.empty_since = _now()
        place.forget_caret(member)

    def _drop(self, place: Place) -> None:
        place.room.is_dropped = True
        place.unlisten()
        if self.places.get(place.room.document) is place:
            del self.places[place.room.document]

    def _run(self) -> None:
        """Start the tasks of the process; those of a dead loop are forgotten with its rooms."""
        loop = asyncio.get_running_loop()
        if self._loop is loop and self._tasks:
            return
        self.places.clear()
        self._busy.clear()
        self._pulse.work.clear()
        self._wanted, self._asked = asyncio.Event(), asyncio.Event()
        self._loop, self._committing = loop, None
        jobs = (self._commit_for_ever(), self._pulse.for_ever(), self._ask_for_ever())
        self._tasks = [loop.create_task(job) for job in jobs]

    async def stop(self) -> None:
        """Commit what waits, then end."""
        if self._loop is not asyncio.get_running_loop():
            return
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, *self._pulse.work, return_exceptions=True)
        self._tasks = []
        if self._committing is not None:
            await self._committing
        if waiting := [room for room in self._busy if room.queue]:
            await self._commit(waiting)
        for place in list(self.places.values()):
            self._drop(place)

    # Committing

    def wake(self, room: Room) -> None:
        self._busy[room] = None
        self._wanted.set()

    async def _commit_for_ever(self) -> None:
        """Group commit: every room that is due, in one transaction; the rest is the next batch."""
        while True:
            await self._wanted.wait()
            now = _now()
            due = [room for room in self._busy if room.ready_at <= now]
            if due:
                self._committing = asyncio.ensure_future(self._commit(due))
                await asyncio.shield(self._committing)
            elif self._busy:
                await asyncio.sleep(min(room.ready_at for room in self._busy) - now)
            else:
                self._wanted.clear()

    async def _commit(self, rooms: Sequence[Room]) -> None:
        held: list[Room] = []
        try:
            batches: dict[Room, Batch] = {}
            for room in rooms:
                self._busy.pop(room, None)
                await room.turn.acquire()
                held.append(room)
                batches[room] = await room.begin()
            firsts = await _append(batches)
            for room, batch in batches.items():
                await self._settle(room, batch, firsts)
        except Exception:
            logger.exception("coedit: a batch was not kept; its editors come back with it")
            for room in rooms:
                self._fail(room)
        finally:
            for room in held:
                _release(room)

    async def _settle(self, room: Room, batch: Batch, firsts: dict[int, int]) -> None:
        first = firsts.get(room.document)
        if batch.rows and first is None:
            await room.closed(batch)
        else:
            room.settle(batch, first or 0)
            if batch.changes and first is not None:
                rows = Rows(first, len(batch.rows), batch.frame)
                self._tell(room, rows)
        pause = SHORTEST_PAUSE + PAUSE_PER_MEMBER * len(room.members)
        room.ready_at = _now() + min(pause, LONGEST_PAUSE)

    def _tell(self, room: Room, rows: Rows) -> None:
        place = self.places.get(room.document)
        if place is not None and place.room is room:
            place.tell_rows(rows)
        else:  # given up meanwhile; a new room here has to hear of it as well
            fanout.tell_rows(room.document, rows)

    def _fail(self, room: Room) -> None:
        room.fail()
        self._busy.pop(room, None)
        place = self.places.get(room.document)
        if place is not None and place.room is room:
            self._drop(place)

    # Asking

    def ask_soon(self) -> None:
        """A verb changed how a text stands."""
        self._asked.set()

    async def _ask_for_ever(self) -> None:
        """One query for all texts that are open here: heads, freezes, epochs, phases."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HEADS_EVERY):
                    await self._asked.wait()
            self._asked.clear()
            open_now = [number for number, place in self.places.items() if place.room.members]
            if not open_now:
                continue
            try:
                found = await in_database(store.standings, open_now)
                for number, standing in found.items():
                    if place := self.places.get(number):
                        place.room.take_standing(standing)
            except Exception:
                logger.exception("coedit: how texts stand could not be asked")


async def _append(batches: Mapping[Room, Batch]) -> dict[int, int]:
    rows = {room.document: batch.rows for room, batch in batches.items() if batch.rows}
    if not rows:
        return {}
    return await asyncio.get_running_loop().run_in_executor(_commits, _commit_rows, rows)


def _commit_rows(rows: dict[int, list[store.Row]]) -> dict[int, int]:
    BATCHES.observe(sum(map(len, rows.values())))
    try:
        return store.commit(rows)
    finally:
        close_old_connections()


def _release(room: Room) -> None:
    """Let joiners and other processes' rows in again, whatever happened."""
    try:
        room.take_heard()
    except Exception:
        logger.exception("coedit: rows for text %s", room.document)
        room.is_behind = True
    finally:
        room.turn.release()


def _now() -> float:
    return asyncio.get_running_loop().time()


the_rooms = Rooms()


async def stop_rooms() -> None:
    """At shutdown, after the sockets: nothing that was taken stays uncommitted."""
    await the_rooms.stop()
