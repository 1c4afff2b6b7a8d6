"""The database goes away under a commit: what is not kept leaves no hole in the log."""

import asyncio
import threading
from collections.abc import Callable

import pytest
from django.db import OperationalError

from portal.accounts.models import User
from proposals.coedit import store
from proposals.coedit.rooms import the_rooms
from proposals.models import Document, Update
from tests.live import in_a_thread
from tests.proposals.editors import editor, logged, open_editor


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110  it asks what no event tells
            await asyncio.sleep(0.01)


pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rooms")]


async def test_what_arrives_during_a_failing_commit_is_not_kept_without_its_beginning(
    document: Document, siti: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await open_editor(document, siti)
    room = the_rooms.places[document.pk].room
    asked, answer = threading.Event(), threading.Event()

    def fails(*_values: object, **_named: object) -> None:
        asked.set()
        answer.wait(10)
        raise OperationalError("the database went away")

    with monkeypatch.context() as broken:
        broken.setattr(store, "append", fails)
        await first.type(" Satu.")
        await in_a_thread(asked.wait, 10)
        broken.undo()
        await first.type(" Dua.")
        await until(lambda: room.queue)
        answer.set()
        await first.until(lambda: first.code)
        await until(lambda: not the_rooms._busy)

    assert first.code == 4503
    assert await Update.objects.acount() == 1
    again = await editor(document, siti, client=first.text.client)
    again.text = first.text
    await again.join()
    await again.saved()
    assert "Satu. Dua." in await logged(document)


async def test_who_is_being_sent_away_adds_nothing_to_a_failed_room(
    document: Document, siti: User, budi: User
) -> None:
    first, second = await open_editor(document, siti), await open_editor(document, budi)
    room = the_rooms.places[document.pk].room
    room.fail()

    await first.type(" Terlambat.")
    await first.until(lambda: first.code)
    await second.until(lambda: second.code)

    assert room.queue == []
    assert await Update.objects.acount() == 1
