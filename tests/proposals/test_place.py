"""A room and the world around it: other processes, a crowd, the end of a visit."""

import asyncio
from typing import Any

import pytest

from portal.accounts.models import User
from portal.live.hub import Hub
from portal.live.wire import the_hub
from proposals.coedit import fanout
from proposals.coedit.fanout import NOTICE, PRESENCE, ROWS, Rows
from proposals.coedit.protocol import awareness_body
from proposals.coedit.rooms import the_rooms
from proposals.models import Document
from tests.proposals.editors import open_editor

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
    await first.point({"cursor": {}})
    await first.saved()
    await first.hear_all()

    assert set(told) == kinds


async def test_a_room_without_people_ends_after_a_while(
    document: Document, siti: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proposals.coedit.rooms.KEPT_EMPTY", 0.2)
    monkeypatch.setattr("proposals.coedit.rooms.SECOND", 0.1)
    first = await open_editor(document, siti)
    assert document.pk in the_rooms.places

    await first.leave()
    for _tenth in range(50):
        if document.pk not in the_rooms.places:
            break
        await asyncio.sleep(0.1)

    assert document.pk not in the_rooms.places
    assert fanout.topic(document.pk) not in the_hub().topics
    again = await open_editor(document, siti)
    assert "Kami minta" in again.text.words


async def test_a_crowd_is_told_how_many_it_is(
    document: Document, siti: User, budi: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proposals.coedit.place.CROWD", 1)
    monkeypatch.setattr("proposals.coedit.rooms.SECOND", 0.1)
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
