"""What happens in a room by itself: carets every 50 ms, the rest once a second.

One step's failure stops neither the other steps nor the other rooms.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping

from portal.live.hop import in_database
from proposals.coedit.crdt import Copy
from proposals.coedit.place import Place
from proposals.coedit.render import to_text
from proposals.coedit.room import Room
from proposals.models import Document

logger = logging.getLogger(__name__)

PULSE = 0.05
SECOND = 1.0
KEPT_EMPTY = 60.0


class Pulse:
    """Beats for every open text of a process; `work` is what it has begun."""

    def __init__(self, places: Mapping[int, Place], drop: Callable[[Place], None]) -> None:
        self._places = places
        self._drop = drop
        self.work: set[asyncio.Task[None]] = set()

    async def for_ever(self) -> None:
        second = _now()
        while True:
            await asyncio.sleep(PULSE)
            now = _now()
            is_second = now - second >= SECOND
            second = now if is_second else second
            for place in list(self._places.values()):
                self.beat(place, now, is_second=is_second)

    def beat(self, place: Place, now: float, *, is_second: bool) -> None:
        """Take every step, whatever became of the one before."""
        steps: list[Callable[[float], None]] = [place.tell_carets]
        if is_second:
            steps += [place.forget_old_carets, place.tell_number, place.break_silence]
        for step in steps:
            _safely(place.room, step, now)
        for chore in (self._read_on, *((self._show, self._let_go) if is_second else ())):
            _safely(place.room, chore, place, now)

    def _read_on(self, place: Place, _now: float) -> None:
        if place.room.is_behind and not place.room.turn.locked():
            self._start(place.room.catch_up())

    def _show(self, place: Place, _now: float) -> None:
        if place.room.unrendered:
            place.room.unrendered = False
            self._start(_render(place.room))

    def _let_go(self, place: Place, now: float) -> None:
        """A text that nobody has open, is coming to or has written into is forgotten."""
        room = place.room
        is_empty = not room.members and not room.queue and not place.coming
        if is_empty and now - room.empty_since > KEPT_EMPTY:
            self._drop(place)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(_quietly(work))
        self.work.add(task)
        task.add_done_callback(self.work.discard)


def _safely(room: Room, step: Callable[..., None], *values: object) -> None:
    try:
        step(*values)
    except Exception:
        logger.exception("coedit: the pulse of text %s", room.document)


async def _render(room: Room) -> None:
    """What readers see, from a copy equal to the log, made off the loop."""
    async with room.turn:
        whole, seq = room.copy.since(), room.head
        room.take_heard()
    length = await in_database(render, room.document, whole, seq)
    room.length = min(room.length, length)


def render(document: int, whole: bytes, seq: int) -> int:
    """Keep and broadcast the text for readers; its length."""
    blocks = Copy([whole]).blocks()
    Document.objects.for_display().get(pk=document).show(seq=seq, blocks=blocks)
    return len(to_text(blocks))


async def _quietly(work: Coroutine[None, None, None]) -> None:
    """Work of the pulse: what fails now is tried again by the next question."""
    try:
        await work
    except Exception:
        logger.exception("coedit: not done now")


def _now() -> float:
    return asyncio.get_running_loop().time()
