"""What a room promises about saving and showing, with the real database."""

import asyncio
from time import monotonic

import pytest
from django.db import OperationalError

from portal.accounts.models import User
from proposals.coedit import replay, store
from proposals.coedit.batch import Batch
from proposals.coedit.protocol import Sync, sync_frame
from proposals.coedit.rooms import the_rooms
from proposals.models import Document, Update
from tests.live import PATIENCE, in_a_thread, until
from tests.proposals.editors import editor, logged, open_editor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rooms")]


async def test_what_one_types_is_saved_and_seen_by_the_other(
    document: Document, siti: User, budi: User
) -> None:
    first, second = await open_editor(document, siti), await open_editor(document, budi)

    await first.type(" Sekarang juga.")
    await first.saved()
    await second.until(lambda: "Sekarang juga." in second.text.words)

    assert "Sekarang juga." in await logged(document)
    row = await Update.objects.aget(document=document, seq=2)
    assert row.author_id == siti.pk
    assert first.text.updates == 0


async def test_an_ack_comes_after_the_commit_and_not_before(
    document: Document, siti: User, budi: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """G1, G2: while the commit runs nobody is told, and who joins does not see the text."""
    first, second = await open_editor(document, siti), await editor(document, budi)
    gate = asyncio.Event()
    append = store.append
    loop = asyncio.get_running_loop()

    def slow(*values: object, **named: object) -> object:
        asyncio.run_coroutine_threadsafe(gate.wait(), loop).result(5)
        return append(*values, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "append", slow)
    await first.type(" Rahasia.")
    await first.hear_all()
    assert first.text.acked == 0
    joining = asyncio.create_task(second.join())
    await until(lambda: the_rooms.places[document.pk].coming)
    assert "Rahasia" not in second.text.words

    gate.set()
    await joining
    await first.saved()
    assert "Rahasia" in second.text.words


async def test_a_failed_commit_is_never_seen_and_comes_back_by_itself(
    document: Document, siti: User, budi: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await open_editor(document, siti), await open_editor(document, budi)

    def fails(*_values: object, **_named: object) -> None:
        raise OperationalError("the database went away")

    with monkeypatch.context() as broken:
        broken.setattr(store, "append", fails)
        await first.type(" Hilang?")
        await first.until(lambda: first.code)
    assert (first.code, first.text.acked) == (4503, 0)
    await second.until(lambda: second.code)
    third = await open_editor(document, budi)
    assert "Hilang" not in third.text.words

    again = await editor(document, siti, client=first.text.client)
    again.text = first.text
    await again.join()
    await again.saved()
    await third.until(lambda: "Hilang?" in third.text.words)


async def test_a_reconnect_without_new_text_writes_nothing(document: Document, siti: User) -> None:
    first = await open_editor(document, siti)
    await first.type(" Satu dua tiga.")
    first.text.delete(0, 3)
    await first.send_unsent()
    await first.saved()
    await first.leave()
    rows = await Update.objects.acount()

    again = await editor(document, siti, client=first.text.client)
    again.text = first.text
    await again.join()
    await again.saved()

    assert again.text.sent == 1  # deletions are repeated at each step 2
    assert await Update.objects.acount() == rows


async def test_rows_are_per_author_and_batch_not_per_keystroke(
    document: Document, siti: User, budi: User
) -> None:
    editors = [await open_editor(document, person) for person in (siti, budi)]

    for _round in range(20):
        for each in editors:
            each.text.type("a")
    for each in editors:
        await each.send_unsent()
    for each in editors:
        await each.saved()

    rows = await Update.objects.filter(document=document, kind="edit").acount()
    assert rows < 20
    assert (await logged(document)).count("a") >= 40
    numbers = [seq async for seq in document.updates.order_by("seq").values_list("seq", flat=True)]
    assert numbers == list(range(1, rows + 2))


async def test_readers_get_the_text_within_a_second_or_two(document: Document, siti: User) -> None:
    first = await open_editor(document, siti)
    await first.type(" Untuk pembaca.")
    await first.saved()

    shown = Document.objects.filter(pk=document.pk, html__contains="Untuk pembaca.")
    async with asyncio.timeout(PATIENCE):
        while not await shown.aexists():
            await first.hear_all(0.05)

    fresh = await shown.aget()
    assert fresh.rendered_seq == fresh.head == 2


async def test_a_plain_form_reaches_open_editors(
    document: Document, siti: User, budi: User
) -> None:
    first = await open_editor(document, siti)

    await in_a_thread(document.write_plain, by=budi, text="Dari formulir.", key=document.epoch)

    await first.until(lambda: "Dari formulir." in first.text.words)
    await first.type(" Dijawab.")
    await first.saved()
    assert "Dari formulir. Dijawab." in await logged(document)


async def test_a_full_text_says_so(
    document: Document, siti: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proposals.coedit.room.LONGEST", 100)
    first = await open_editor(document, siti)

    await first.type("x" * 101)
    await first.until(lambda: first.text.refused)
    assert first.text.refused == "full"
    await first.type("y")
    await first.until(lambda: first.code)

    assert first.code == 4413


async def test_a_poisoned_row_makes_only_that_text_read_only(
    document: Document, siti: User
) -> None:
    session = await document.sessions.afirst()
    nested = bytes.fromhex("010105000801017401") + b"\x75\x01" * 30_000 + b"\x7e\x00"
    row = store.Row(siti.pk, session.pk if session else 0, nested)
    await in_a_thread(lambda: store.commit({document.pk: [row]}))

    first = await open_editor(document, siti)
    await first.type(" Masih?")
    await first.until(lambda: first.text.refused)

    assert "Kami minta jalur sepeda" in first.text.words
    assert first.text.notices[0] == {"kind": "mode", "mode": "readonly"}
    assert first.text.refused == "quarantined"
    assert (await Document.objects.aget(pk=document.pk)).quarantined_at is not None


async def test_a_text_that_kills_its_loaders_is_left_alone(document: Document, siti: User) -> None:
    await Document.objects.filter(pk=document.pk).aupdate(loading=3)

    first = await editor(document, siti)
    await first.connect()
    await first.say(sync_frame(Sync.STEP1, b"\x00"))
    await first.hear_all()

    assert first.text.notices == [{"kind": "mode", "mode": "readonly"}]
    assert not first.text.is_synced


async def test_a_commit_serves_everybody_who_typed_meanwhile(
    document: Document, siti: User, budi: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four editors cost one commit per batch, not one per keystroke."""
    commits: list[int] = []
    commit = store.commit

    def counted(batches: dict[int, list[store.Row]]) -> dict[int, int]:
        commits.append(sum(len(rows) for rows in batches.values()))
        return commit(batches)

    monkeypatch.setattr(store, "commit", counted)
    editors = [await open_editor(document, person) for person in (siti, budi, siti, budi)]

    for _second in range(5):
        for each in editors:
            await each.type("a")
    for each in editors:
        await each.saved()

    assert sum(commits) == await document.updates.filter(kind="edit").acount()
    assert len(commits) <= 20
    assert max(commits) <= 2  # authors


async def test_an_idle_text_asks_nothing_of_its_own(
    document: Document, siti: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One question of the process now and then, whatever the number of texts; no write at all."""
    monkeypatch.setattr("proposals.coedit.rooms.HEADS_EVERY", 0.5)
    asked: list[list[int]] = []
    times: list[float] = []
    standings = store.standings

    def counted(numbers: list[int]) -> dict[int, store.Standing]:
        asked.append(numbers)
        times.append(monotonic())
        return standings(numbers)

    first = await open_editor(document, siti)
    head = (await Document.objects.aget(pk=document.pk)).head
    monkeypatch.setattr(store, "standings", counted)
    await until(lambda: len(asked) == 3)

    assert first.code is None
    assert asked == [[document.pk]] * 3
    assert times[2] - times[0] > 0.9
    assert (await Document.objects.aget(pk=document.pk)).head == head == 1


async def test_a_text_that_cannot_be_loaded_is_tried_again_later(
    document: Document, siti: User, budi: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is shown an empty text for a full one."""

    def fails(_number: int) -> None:
        raise OperationalError("the database went away")

    with monkeypatch.context() as broken:
        broken.setattr(replay, "load", fails)
        waiting = [await editor(document, person) for person in (siti, budi)]
        for each in waiting:
            assert await each.connect()
        for each in waiting:
            await each.until(lambda: each.code)  # noqa: B023
            assert (each.code, each.frames) == (4503, [])

    assert "Kami minta" in (await open_editor(document, siti)).text.words


async def test_a_text_is_measured_before_anybody_is_turned_away(
    document: Document, siti: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing and deleting for hours fills the log, not the text."""
    first = await open_editor(document, siti)
    room = the_rooms.places[document.pk].room
    monkeypatch.setattr("proposals.coedit.room.LARGEST", 5_000)
    monkeypatch.setattr("proposals.coedit.room.LONGEST", 500)
    room.length, room.size = 500, 5_000

    await first.type(" Masih muat.")
    await first.saved()

    assert not first.text.refused
    assert room.length < 200


async def test_an_ack_that_never_came_makes_no_second_text(
    document: Document, siti: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies between COMMIT and the ack."""
    first = await open_editor(document, siti)

    def dies(_batch: Batch) -> None:
        raise OSError

    with monkeypatch.context() as broken:
        broken.setattr(Batch, "acknowledge", dies)
        await first.type(" Sekali saja.")
        await first.until(lambda: first.code)
    assert "Sekali saja." in await logged(document)

    again = await editor(document, siti, client=first.text.client)
    again.text = first.text
    await again.join()
    await again.saved()
    assert (await logged(document)).count("Sekali saja.") == 1
    assert await Update.objects.acount() == 2
