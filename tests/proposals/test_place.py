"""A room and the world around it: other processes, a crowd, the end of a visit."""

import asyncio
import contextlib
import threading
from typing import Any
from unittest.mock import AsyncMock

import pytest
from django.db import InterfaceError

from portal.accounts.models import User
from portal.live.hub import Hub
from portal.live.wire import the_hub
from proposals.coedit import fanout, replay
from proposals.coedit.fanout import NOTICE, PRESENCE, ROWS, Rows
from proposals.coedit.place import Place
from proposals.coedit.protocol import awareness_body
from proposals.coedit.pulse import Pulse
from proposals.coedit.room import Room
from proposals.coedit.rooms import the_rooms
from proposals.models import Document
from tests.live import PATIENCE
from tests.proposals.editors import caret, editor, open_editor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rooms")]


def listen_in(monkeypatch: pytest.MonkeyPatch, *, others: int) -> list[bytes]:
    """What this process tells the others, of which so many listen."""
    told: list[bytes] = []
    send = Hub.send_bytes

    def keep(hub: Hub, name: str, data: bytes, **how: Any) -> None:
        told.append(data[:1])
        send(hub, name, data, **how)

    monkeypatch.setattr(Hub, "send_bytes", keep)
    monkeypatch.setattr(Hub, "others", lambda _hub, _name: others)
    return told


@pytest.mark.parametrize(("others", "kinds"), [(0, set()), (1, {ROWS, PRESENCE})])
async def test_other_processes_are_told_only_when_they_listen(
    document: Document,
    siti: User,
    others: int,
    kinds: set[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = listen_in(monkeypatch, others=others)
    first = await open_editor(document, siti)

    await first.type(" Halo.")
    await first.point({"cursor": caret()})
    await first.saved()
    await first.hear_all()

    assert set(told) == kinds


class Beats:
    """Counts the seconds of the pulse, and lets a test wait for some more of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._seconds: asyncio.Queue[None] = asyncio.Queue()
        beat = Pulse.beat

        def counted(pulse: Pulse, place: Place, now: float, *, is_second: bool) -> None:
            beat(pulse, place, now, is_second=is_second)
            if is_second:
                self._seconds.put_nowait(None)

        monkeypatch.setattr(Pulse, "beat", counted)
        monkeypatch.setattr("proposals.coedit.pulse.SECOND", 0.0)  # every beat is one

    async def more(self, seconds: int) -> None:
        async with asyncio.timeout(PATIENCE):
            for _second in range(seconds):
                await self._seconds.get()


async def test_a_room_without_people_ends_after_a_while(
    document: Document, siti: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proposals.coedit.pulse.KEPT_EMPTY", 0.0)
    ended = asyncio.Event()
    drop = the_rooms._drop

    def drops(place: Place) -> None:
        drop(place)
        ended.set()

    monkeypatch.setattr(the_rooms._pulse, "_drop", drops)
    beats = Beats(monkeypatch)
    first = await open_editor(document, siti)
    await beats.more(2)
    assert document.pk in the_rooms.places

    await first.leave()
    async with asyncio.timeout(PATIENCE):
        await ended.wait()

    assert document.pk not in the_rooms.places
    assert fanout.topic(document.pk) not in the_hub().topics
    again = await open_editor(document, siti)
    assert "Kami minta" in again.text.words


async def test_a_room_is_kept_while_its_text_is_being_loaded(
    document: Document, siti: User, budi: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the log takes: who waits is let in, and reads it once."""
    monkeypatch.setattr("proposals.coedit.pulse.KEPT_EMPTY", 0.0)
    beats, gate = Beats(monkeypatch), threading.Event()
    loads: list[int] = []
    load = replay.load

    def slow(number: int) -> replay.Loaded | None:
        loads.append(number)
        assert gate.wait(PATIENCE)
        return load(number)

    monkeypatch.setattr(replay, "load", slow)
    waiting = [await editor(document, person) for person in (siti, budi)]
    joining = [asyncio.create_task(each.join()) for each in waiting]
    await beats.more(3)
    gate.set()
    await asyncio.gather(*joining)

    assert [each.code for each in waiting] == [None, None]
    assert all("Kami minta" in each.text.words for each in waiting)
    assert loads == [document.pk]


@pytest.mark.parametrize("failure", [RuntimeError, InterfaceError, asyncio.CancelledError])
async def test_a_load_that_fails_leaves_no_room_behind(
    document: Document,
    siti: User,
    failure: type[BaseException],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Room, "load", AsyncMock(side_effect=failure))
        first = await editor(document, siti)
        with contextlib.suppress(asyncio.CancelledError):
            await first.connect()
            await first.until(lambda: first.code)

    assert document.pk not in the_rooms.places
    assert "Kami minta" in (await open_editor(document, siti)).text.words


@pytest.mark.parametrize(
    "step", ["tell_carets", "forget_old_carets", "tell_number", "break_silence"]
)
async def test_a_step_that_fails_stops_no_other(
    document: Document, siti: User, budi: User, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await open_editor(document, siti)
    place = the_rooms.places[document.pk]
    taken: list[str] = []
    steps = ["tell_carets", "forget_old_carets", "tell_number", "break_silence"]
    for name in steps:
        monkeypatch.setattr(place, name, lambda _now, name=name: taken.append(name))

    def fails(_now: float) -> None:
        raise UnicodeEncodeError("utf-8", "x", 0, 1, "surrogates not allowed")

    monkeypatch.setattr(place, step, fails)
    place.room.unrendered, place.room.is_behind = True, True
    the_rooms._pulse.beat(place, 0.0, is_second=True)

    assert taken == [name for name in steps if name != step]
    assert not place.room.unrendered
    assert len(the_rooms._pulse.work) == 2
    await asyncio.gather(*the_rooms._pulse.work)
    assert not place.room.is_behind
    await first.type(" Jalan terus.")
    await first.saved()


async def test_a_crowd_is_told_how_many_it_is(
    document: Document, siti: User, budi: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proposals.coedit.place.CROWD", 1)
    monkeypatch.setattr("proposals.coedit.pulse.SECOND", 0.0)
    first = await open_editor(document, siti)

    second = await open_editor(document, budi)
    for each in (first, second):
        await each.until(lambda: each.text.notices)  # noqa: B023
        assert each.text.notices == [{"kind": "people", "n": 2}]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"?",
        ROWS,
        ROWS + b"\x00\x00",
        ROWS + b"\x05\x01\xff\xff",
        PRESENCE + b"\xff",
        PRESENCE + awareness_body([]),
        NOTICE,
    ],
)
async def test_nonsense_from_another_process_changes_nothing(
    document: Document, siti: User, data: bytes
) -> None:
    first = await open_editor(document, siti)
    words = first.text.words

    the_rooms.places[document.pk].hear(data)
    await first.type(" Jalan terus.")
    await first.saved()

    assert first.text.words == words.replace("Cemara.", "Cemara. Jalan terus.")


async def test_rows_of_another_process_are_passed_on(
    document: Document, siti: User, budi: User
) -> None:
    first = await open_editor(document, siti)
    room = the_rooms.places[document.pk].room
    other = await open_editor(document, budi)
    other.text.type(" Dari jauh.")
    [update] = other.text.unsent

    room.hear(Rows(room.head + 1, 1, update))

    await first.until(lambda: "Dari jauh." in first.text.words)
    assert room.head == 2
