"""Hostile sockets: foreign pages, frames too large, false names, floods and silence."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

import pytest
from django.conf import settings

from portal.accounts.models import User
from portal.doors.management.commands.serve import configuration
from portal.live.admission import Admission, Visitor
from portal.live.outbox import Outbox
from portal.live.seats import PER_ADDRESS, PER_PERSON, Seats
from portal.live.socket import Socket
from portal.live.wire import the_hub
from proposals.coedit import consumer, store
from proposals.coedit.consumer import CoeditConsumer
from proposals.coedit.fanout import Rows
from proposals.coedit.people import People
from proposals.coedit.protocol import (
    MAX_AWARENESS,
    MAX_STATE_VECTOR,
    MAX_UPDATE,
    Kind,
    Presence,
    Sync,
    awareness_body,
    sized,
    sync_frame,
)  # fmt: skip
from proposals.coedit.rooms import the_rooms
from proposals.models import Document, EditSession, Update
from tests.live import in_a_thread, login_session
from tests.portal.live.conftest import on_a_fake_clock
from tests.portal.live.test_sockets import FOREIGN
from tests.proposals.conftest import document, proposal, rooms
from tests.proposals.editors import Editor, Typing, caret, editor, logged, open_editor

__all__ = ["document", "proposal", "rooms"]

needs_rooms = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rooms")]


def marked(function: Callable[..., Any]) -> Callable[..., Any]:
    for mark in needs_rooms:
        function = mark(function)
    return function


@marked
async def test_no_page_of_another_site_opens_an_editor(document: Document, siti: User) -> None:
    key = await in_a_thread(login_session, siti)
    cookie = (b"cookie", f"{settings.SESSION_COOKIE_NAME}={key}".encode())

    for origin in FOREIGN:
        foreign = Editor(document, 4711, None)
        foreign._app.scope["headers"] = [
            (b"host", b"testserver"), cookie, *([(b"origin", origin)] if origin is not None else [])
        ]  # fmt: skip

        assert not await foreign.connect(), origin

    assert not await EditSession.objects.filter(client_id=4711).aexists()


TOO_LARGE = {
    "an update": sync_frame(Sync.UPDATE, bytes(MAX_UPDATE + 1)),
    "a step 2": sync_frame(Sync.STEP2, bytes(MAX_UPDATE + 1)),
    "a frame": bytes([Kind.SYNC, Sync.UPDATE]) + bytes(MAX_UPDATE + 100),
    "a state vector": sync_frame(Sync.STEP1, bytes(MAX_STATE_VECTOR + 1)),
    "a caret": bytes([Kind.AWARENESS]) + sized(bytes(MAX_AWARENESS + 1)),
}


@marked
@pytest.mark.parametrize("frame", TOO_LARGE.values(), ids=TOO_LARGE.keys())
async def test_what_is_too_large_is_named_so_and_closes_the_editor(
    document: Document, siti: User, frame: bytes
) -> None:
    first = await open_editor(document, siti)

    await first.say(frame)
    await first.until(lambda: first.code)

    assert (first.text.refused, first.code) == ("size", 4422)
    assert await Update.objects.acount() == 1


@marked
async def test_who_goes_on_under_the_client_id_of_another_is_closed(
    document: Document, siti: User, budi: User
) -> None:
    victim, thief = await open_editor(document, siti), await open_editor(document, budi)
    forged = Typing(victim.text.client)
    forged.doc.apply_update(thief.text.doc.get_update())
    forged.type(" Palsu.")
    forged.type(" Lagi.")

    for frame in forged.take_unsent():
        await thief.say(frame)
    await thief.until(lambda: thief.code)

    assert (thief.text.refused, thief.code) == ("binding", 4422)
    assert "Palsu" not in await logged(document)
    await victim.type(" Asli.")
    await victim.saved()


@marked
async def test_the_mayor_is_nobodys_caret(document: Document, siti: User, budi: User) -> None:
    """Named by its clientID it is refused; one's own carries the name that the server knows."""
    mayor, thief = await open_editor(document, siti), await open_editor(document, budi)
    await mayor.point({"cursor": caret()})
    await thief.until(lambda: mayor.text.client in thief.text.people)

    await thief.point({"user": {"name": "Wali Kota"}}, client=mayor.text.client, clock=7)
    await thief.until(lambda: thief.code)

    assert thief.code == 4422
    assert mayor.code is None
    later = await open_editor(document, budi)
    assert later.text.people[mayor.text.client]["user"]["name"] == "Siti"


@marked
async def test_windows_of_one_person_and_of_one_address_are_numbered(
    document: Document, siti: User
) -> None:
    for user, most in ((siti, PER_PERSON), (None, PER_ADDRESS)):
        windows = [await editor(document, user) for _window in range(most)]
        for window in windows:
            assert await window.connect()

        refused = await editor(document, user)
        await refused.connect()
        await refused.until(lambda: refused.code)  # noqa: B023  awaited at once

        assert refused.code == 4429
        assert {window.code for window in windows} == {None}


@marked
async def test_who_could_not_be_written_to_three_times_is_kept_out_for_a_minute(
    document: Document, siti: User, budi: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "_overflows", {})
    for _time in range(3):
        slow = await open_editor(document, siti)
        [member] = the_rooms.places[document.pk].room.members
        member.outbox.cut(1013)
        await slow.until(lambda: slow.code)  # noqa: B023  awaited at once
        await slow.leave()

    again, other = await editor(document, siti), await editor(document, budi)
    for each in (again, other):
        await each.connect()
    await again.until(lambda: again.code)

    assert again.code == 4429
    await other.until(lambda: other.frames)


@marked
async def test_visitors_take_nothing_from_the_rate_of_those_who_write(
    document: Document, siti: User
) -> None:
    """Whatever a visitor sends is refused before it is measured, weighed or counted."""
    writer = await open_editor(document, siti)
    door = the_rooms.places[document.pk].door
    before = door._all._filled
    for _visitor in range(5):
        visitor = await open_editor(document, None)
        await visitor.type(" Siapa?")
        await visitor.until(lambda: visitor.text.refused)  # noqa: B023  awaited at once
        assert visitor.text.refused == "viewer"

    assert (door._all._filled, door._buckets) == (before, {})
    await writer.type(" Saya.")
    await writer.saved()


# Seats


@pytest.mark.parametrize(
    ("addresses", "taken"),
    [
        ([f"2001:db8:1:2::{number:x}" for number in range(200)], PER_ADDRESS),
        ([f"2001:db8:1:{number:x}::1" for number in range(200)], 200),
        ([f"192.0.2.{number}" for number in range(200)], 200),
        (["192.0.2.7", "::ffff:192.0.2.7"] * 100, PER_ADDRESS),
    ],
)
def test_a_household_with_many_addresses_has_the_seats_of_one(
    addresses: list[str], taken: int
) -> None:
    seats = Seats()

    found = [seats.take(user_id=None, address=address) for address in addresses]

    assert len([seat for seat in found if seat is not None]) == len(seats) == taken


# Silence


class Listener(Socket[Admission]):
    """A socket that is let in without a database and must speak like an editor."""

    messages: ClassVar[dict[str, str]] = {}
    seats: ClassVar[Seats] = Seats()
    speaks_within: ClassVar[float | None] = CoeditConsumer.speaks_within

    def asks(self) -> Callable[[str], Awaitable[Admission]]:
        return self.let_in

    async def let_in(self, key: str) -> Admission:
        """Ask nobody."""
        return Admission(Visitor(key, None, ()), {})

    def holder(self, admission: Admission) -> Outbox:
        return Outbox(self._say, self.close, owner=admission.visitor)

    async def enters(self, admission: Admission, outbox: Outbox) -> None:
        """Nothing to join."""

    async def heard(self, message: Any) -> None:
        """Whatever it says."""

    async def _say(self, text: str) -> None:
        await self._send({"type": "websocket.send", "text": text})


class Caller:
    """Opens a socket and keeps silent, or does not."""

    def __init__(self, number: int) -> None:
        self.closed: tuple[int, float] | None = None
        self._said: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        scope = {
            "type": "websocket", "path": "/", "query_string": b"",
            "headers": [(b"host", b"testserver"), (b"origin", b"http://testserver")],
            "client": (f"10.0.0.{number // PER_ADDRESS}", number),
        }  # fmt: skip
        self.says("websocket.connect")
        self._task = asyncio.create_task(Listener()(scope, self._said.get, self._hear))

    def says(self, kind: str) -> None:
        self._said.put_nowait({"type": kind})

    async def _hear(self, message: Any) -> None:
        if message["type"] == "websocket.close":
            self.closed = message["code"], asyncio.get_running_loop().time()

    async def leave(self) -> None:
        self.says("websocket.disconnect")
        await self._task


def test_five_hundred_silent_editors_are_let_go_and_those_who_speak_are_not() -> None:
    async def story() -> None:
        silent = [Caller(number) for number in range(500)]
        speaking = [Caller(number) for number in range(500, 510)]
        await asyncio.sleep(20)
        for each in speaking:
            each.says("websocket.receive")

        await asyncio.sleep(40)

        assert {each.closed for each in silent} == {(1001, CoeditConsumer.speaks_within)}
        assert {each.closed for each in speaking} == {None}
        assert len(the_hub().sockets) == 10
        for each in silent + speaking:
            await each.leave()
        assert len(Listener.seats) == len(the_hub().sockets) == 0
        the_hub().unbind()

    on_a_fake_clock(story)


def test_who_answers_no_ping_is_let_go_within_a_minute() -> None:
    """Open pages may listen for ever: uvicorn asks them whether they are still there."""
    served = configuration({"host": "", "port": 0, "workers": 1, "reload": False})

    assert (served.ws_ping_interval or 99) + (served.ws_ping_timeout or 99) <= 60


# Twice, and out of order


@marked
async def test_frames_that_come_twice_write_once(
    document: Document, siti: User, budi: User
) -> None:
    first, second = await open_editor(document, siti), await open_editor(document, budi)

    for word in (" Satu", " dua", " tiga."):
        first.text.type(word)
        for frame in first.text.take_unsent():
            first.text.sent += 1
            await first.say(frame)
            await first.say(frame)
    await first.saved()
    await second.until(lambda: "Satu dua tiga." in second.text.words)

    assert not first.text.refused
    assert (await logged(document)).count("Satu dua tiga.") == 1
    numbers = [row.seq async for row in document.updates.order_by("seq")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) <= 4


@marked
async def test_frames_out_of_order_are_refused_and_come_in_when_the_editor_comes_back(
    document: Document, siti: User
) -> None:
    first = await open_editor(document, siti)
    first.text.type(" Satu")
    first.text.type(" dua.")
    for frame in reversed(first.text.take_unsent()):
        await first.say(frame)
    await first.until(lambda: first.code)
    assert (first.text.refused, first.code) == ("gap", 4422)

    again = await editor(document, siti, client=first.text.client)
    again.text = first.text
    again.text.refused = ""
    await again.join()
    await again.saved()

    assert (await logged(document)).count("Satu dua.") == 1


@marked
@pytest.mark.parametrize("seed", range(3))
async def test_rows_of_another_process_in_any_order_and_number_give_the_text_of_the_log(
    document: Document, siti: User, budi: User, seed: int
) -> None:
    first = await open_editor(document, siti)
    far = Typing(6_000)
    far.doc.apply_update(first.text.doc.get_update())
    bind = EditSession.objects.bind
    session = await in_a_thread(bind, document.pk, user=budi.pk, client=far.client)
    told: list[Rows] = []
    for word in ("Satu", "dua", "tiga", "empat", "lima"):
        far.type(f" {word}")
        row = store.Row(budi.pk, session, far.unsent.pop())
        seq = (await in_a_thread(store.commit, {document.pk: [row]}))[document.pk]
        told.append(Rows(seq, 1, row.payload))

    messages = told * 2
    random.Random(seed).shuffle(messages)  # noqa: S311
    for rows in messages[:-3]:  # and some never come
        the_rooms.places[document.pk].room.hear(rows)
    the_rooms.ask_soon()

    await first.until(lambda: "Satu dua tiga empat lima" in first.text.words)
    assert first.text.words == await logged(document)
    assert the_rooms.places[document.pk].room.head == told[-1].first


def test_carets_in_any_order_and_number_end_at_the_last_word() -> None:
    words = [Presence(7, clock, f'{{"user":{{"name":"{clock}"}}}}') for clock in range(1, 6)]
    for seed in range(20):
        told, people = words * 2, People()
        random.Random(seed).shuffle(told)  # noqa: S311

        for presence in told:
            people.hear_elsewhere(awareness_body([presence]), now=0.0)

        assert people.known() == [words[-1]]
