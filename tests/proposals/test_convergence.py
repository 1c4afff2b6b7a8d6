"""Whatever happens to messages between processes, every copy ends equal to the log."""

import asyncio
import random
from itertools import pairwise

import pytest

from portal.accounts.models import User
from proposals.coedit import replay, store
from proposals.coedit.blocks import Run
from proposals.coedit.fanout import Rows
from proposals.coedit.protocol import EMPTY_UPDATE, Sync, sync_frame
from proposals.coedit.render import to_text
from proposals.coedit.room import Room
from proposals.coedit.store import Row
from proposals.models import Document, EditSession
from tests.live import in_a_thread
from tests.proposals.editors import Editor, Typing, logged, open_editor
from tests.proposals.recordings import NAMES, Recording, recording

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rooms")]

LENGTH = 1_500


async def written_elsewhere(document: Document, siti: User, count: int) -> list[Rows]:
    """Rows that another process committed, and what it tells about them."""
    copy = (await in_a_thread(replay.build, document.pk)).copy
    session = await in_a_thread(
        EditSession.objects.bind, document.pk, user=siti.pk, client=copy.client
    )
    messages = []
    for number in range(count):
        blocks = copy.blocks()
        blocks[0].content.append(Run(f" {number}"))
        update = copy.replace([(0, 1, blocks[:1])])
        row = Row(siti.pk, session, update or b"")
        firsts = await in_a_thread(store.commit, {document.pk: [row]})
        messages.append(Rows(firsts[document.pk], 1, update or b""))
    return messages


@pytest.mark.parametrize("seed", range(4))
async def test_dropped_doubled_and_shuffled_messages_end_equal(
    document: Document, siti: User, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311
    room = Room(document.pk)
    await room.load()
    messages = await written_elsewhere(document, siti, 30)
    told = [each for each in messages if dice.random() > 0.2]
    told += dice.sample(told, 8)
    dice.shuffle(told)

    for rows in told:
        room.hear(rows)
        if room.is_behind and dice.random() < 0.3:
            await room.catch_up()
    await room.catch_up()

    assert room.head == 31
    assert to_text(room.copy.blocks()) == await logged(document)
    assert room.copy.state() == room.state == room.predicted


async def test_messages_in_order_need_no_look_at_the_log(document: Document, siti: User) -> None:
    room = Room(document.pk)
    await room.load()

    for rows in await written_elsewhere(document, siti, 5):
        room.hear(rows)

    assert (room.head, room.is_behind) == (6, False)
    assert to_text(room.copy.blocks()) == await logged(document)


async def test_a_message_that_lies_is_not_believed(document: Document, siti: User) -> None:
    room = Room(document.pk)
    await room.load()
    [rows] = await written_elsewhere(document, siti, 1)

    for update in (b"\x01\x01\x01", b"\x80\x80\x80\x20\x01\x05\x00"):
        room.hear(Rows(rows.first, 1, update))
    assert room.is_behind
    await room.catch_up()

    assert room.head == 2
    assert to_text(room.copy.blocks()) == await logged(document)


@pytest.mark.parametrize("name", NAMES)
async def test_a_recorded_session_through_the_door_ends_as_it_ended(
    document: Document,
    siti: User,
    budi: User,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_long: bool,
) -> None:
    """The people of the recording on sockets of their own; each waits for what they had seen."""
    monkeypatch.setattr("proposals.coedit.reception.PER_PERSON", 1e6)
    monkeypatch.setattr("proposals.coedit.reception.BURST", 1e6)
    monkeypatch.setattr("proposals.coedit.member.FRAMES", 1e6)
    played = recording(name, None if is_long else LENGTH)
    seed = Row(siti.pk, await session_of(document, siti, 99), played.seed)
    await in_a_thread(store.commit, {document.pk: [seed]})
    people = [siti, budi, siti]
    editors = [
        await open_editor(document, people[agent], client=1000 + agent)
        for agent in range(max(played.agents) + 1)
    ]

    await play(played, editors)

    expected = Typing(1)
    for update in (played.seed, *played.updates):
        expected.doc.apply_update(update)
    [block] = [b for b in (await in_a_thread(replay.build, document.pk)).copy.blocks()
               if b.attributes.get("id") == "a"]  # fmt: skip
    assert to_text([block]) == expected.words
    assert all(not each.text.refused for each in editors)


async def session_of(document: Document, user: User, client: int) -> int:
    found = await in_a_thread(EditSession.objects.bind, document.pk, user=user.pk, client=client)
    assert isinstance(found, int)
    return found


async def play(played: Recording, editors: list[Editor]) -> None:
    turns = [*zip(played.agents, played.updates, strict=True)]
    for (agent, update), (following, _update) in pairwise([*turns, (-1, b"")]):
        editor = editors[agent]
        if update != EMPTY_UPDATE:
            editor.text.sent += 1
            await editor.say(sync_frame(Sync.UPDATE, update))
        if following != agent:
            await asyncio.wait_for(acknowledged(editor), 60)


async def acknowledged(editor: Editor) -> None:
    await editor.until(lambda: editor.text.acked == editor.text.sent or editor.text.refused, 60)
