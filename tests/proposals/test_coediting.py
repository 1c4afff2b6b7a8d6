"""Real processes, real sockets: nothing acknowledged is lost, whoever dies."""

import asyncio
import json
import os
import random
import shutil
import signal
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings

from consultations.models import Consultation
from portal.accounts.models import User
from proposals.models import Document, Proposal, Update
from tests import processes
from tests.conftest import person
from tests.live import in_a_thread, login_session
from tests.proposals.editors import logged
from tests.proposals.servers import Remote, Server, servers

pytestmark = pytest.mark.django_db(transaction=True)


def together() -> tuple[str, str]:
    """Two processes that hear each other at once."""
    return os.environ["REDIS_URL"], os.environ["REDIS_URL"]


async def writers(document: Document, count: int) -> list[Remote]:
    """Citizens with an editor each, not yet connected."""
    made = []
    for number in range(count):
        user = await in_a_thread(person, f"Warga{document.pk}x{number}")
        session = await in_a_thread(login_session, user)
        made.append(Remote(document, session, 20_000 + number))
    return made


async def numbers_of(document: Document) -> list[int]:
    rows = document.updates.order_by("seq").values_list("seq", flat=True)
    return [seq async for seq in rows]


class Scribe:
    """Types words that nobody else types, and knows which were acknowledged."""

    def __init__(self, remote: Remote, name: int) -> None:
        self.remote = remote
        self.name = name
        self.typed: list[str] = []
        self.is_alive = True

    async def type_for_ever(self, dice: random.Random) -> None:
        while self.is_alive and self.remote.code is None:
            word = f"[{self.name}.{len(self.typed)}]"
            self.typed.append(word)
            await self.remote.type(word, block=1, at=0)
            await asyncio.sleep(dice.random() * 0.02)

    async def has_saved(self, words: int) -> None:
        """Wait until so many words were acknowledged on this connection."""
        await self.remote.until(lambda: self.remote.text.acked >= words)

    @property
    def acknowledged(self) -> list[str]:
        """The step 2 of joining was empty, so acks count words alone."""
        return self.typed[: self.remote.text.acked]


async def test_two_processes_share_a_text(document: Document, tmp_path: Path) -> None:
    first, second = await writers(document, 2)
    with servers(tmp_path, *together()) as (one, other):
        await first.join(one)
        await second.join(other)
        await first.type(" Dari satu.")
        await second.until(lambda: "Dari satu." in second.text.words)
        await second.type(" Dari dua.")
        await first.until(lambda: "Dari dua." in first.text.words)
        await second.saved()
        assert first.text.words == second.text.words == await logged(document)
        await first.leave()
        await second.leave()


async def test_without_redis_the_other_process_reads_the_log(
    document: Document, tmp_path: Path
) -> None:
    """G5."""
    first, second = await writers(document, 2)
    with servers(tmp_path, "", "") as (one, other):
        await first.join(one)
        await second.join(other)
        await first.type(" Tanpa Redis.")
        await second.until(lambda: "Tanpa Redis." in second.text.words)
        await first.leave()
        await second.leave()


async def test_a_killed_process_loses_nothing_that_was_acknowledged(
    document: Document, consultation: Consultation, siti: User, tmp_path: Path, *, is_long: bool
) -> None:
    """G1, G3, G4: seven of eight sit in the process that dies, four die with it."""
    for seed in range(20 if is_long else 1):
        if seed:
            document = await in_a_thread(another, consultation, siti)
        folder = tmp_path / str(seed)
        folder.mkdir()
        await kill_under_hands(document, folder, random.Random(seed))  # noqa: S311


def another(consultation: Consultation, siti: User) -> Document:
    proposal = Proposal.start(
        consultation=consultation, author=siti, title="Lain", summary="Lain", text="Satu.\n\nDua.",
        key=uuid4(),
    )  # fmt: skip
    return Document.objects.get(proposal=proposal)


async def kill_under_hands(document: Document, folder: Path, dice: random.Random) -> None:
    remotes = await writers(document, 8)
    with servers(folder, *together()) as (doomed, other):
        for number, remote in enumerate(remotes):
            await remote.join(other if number == 7 else doomed)
        scribes = [Scribe(remote, number) for number, remote in enumerate(remotes)]
        typing = [asyncio.create_task(each.type_for_ever(dice)) for each in scribes]
        for each in scribes:
            await each.has_saved(dice.randrange(8, 25))

        doomed.kill()
        for remote in remotes[:4]:
            await remote.die()
        promised = [word for each in scribes for word in each.acknowledged]
        for remote in remotes[4:7]:
            await remote.until(lambda: remote.code)  # noqa: B023
        await scribes[7].has_saved(remotes[7].text.acked + 5)
        for each in scribes:
            each.is_alive = False
        await asyncio.gather(*typing)
        for remote in remotes[4:7]:
            await remote.join(other)
        for remote in remotes[4:]:
            await remote.saved()

        assert len(promised) > 50
        await all_hold(promised, document, remotes[4:])


async def all_hold(promised: list[str], document: Document, remotes: list[Remote]) -> None:
    """The log has every promised word and no hole; whoever is left has the same text."""
    words = await logged(document)
    assert [word for word in promised if word not in words] == []
    for remote in remotes:
        await remote.until(lambda: remote.text.words == words)  # noqa: B023
        assert not remote.text.refused
    numbers = await numbers_of(document)
    assert numbers == list(range(1, len(numbers) + 1))
    for remote in remotes:
        await remote.leave()


async def test_who_saw_what_the_other_process_has_not_read_is_not_refused(
    document: Document, tmp_path: Path
) -> None:
    """The second look: without it every crash would lock honest people out."""
    first, second = await writers(document, 2)
    with servers(tmp_path, "", "") as (doomed, other):
        await second.join(other)
        await first.join(doomed)
        await first.type(" Sebelum.")
        await first.saved()
        doomed.kill()
        first.text.type(" Sesudah.")
        await first.join(other)
        await first.saved()

        assert not first.text.refused
        await second.until(lambda: "Sebelum. Sesudah." in second.text.words)
        await first.leave()
        await second.leave()


async def test_a_freeze_lets_nothing_through(
    document: Document, moderator: User, tmp_path: Path
) -> None:
    """G6, in two processes at once."""
    dice = random.Random(9)  # noqa: S311
    remotes = await writers(document, 8)
    with servers(tmp_path, *together()) as (one, other):
        for number, remote in enumerate(remotes):
            await remote.join(one if number % 2 else other)
        scribes = [Scribe(remote, number) for number, remote in enumerate(remotes)]
        typing = [asyncio.create_task(each.type_for_ever(dice)) for each in scribes]
        for each in scribes:
            await each.has_saved(5)

        await in_a_thread(
            document.freeze, by=moderator, reason="Cukup untuk hari ini, terima kasih."
        )
        frozen = await Document.objects.aget(pk=document.pk)
        for remote in remotes:
            await remote.until(lambda: remote.text.refused)  # noqa: B023
        for each in scribes:
            each.is_alive = False
        await asyncio.gather(*typing)

        fresh = await Document.objects.aget(pk=document.pk)
        assert fresh.head == frozen.head == await Update.objects.acount()
        words = await logged(document)
        promised = [word for each in scribes for word in each.acknowledged]
        assert [word for word in promised if word not in words] == []
        for remote in remotes:
            await remote.die()


async def test_a_deployment_loses_nothing(document: Document, tmp_path: Path) -> None:
    """SIGTERM while people type: sockets end with 1012, everything comes back."""
    dice = random.Random(11)  # noqa: S311
    remotes = await writers(document, 6)
    with servers(tmp_path, *together()) as (leaving, other):
        for remote in remotes:
            await remote.join(leaving)
        scribes = [Scribe(remote, number) for number, remote in enumerate(remotes)]
        typing = [asyncio.create_task(each.type_for_ever(dice)) for each in scribes]
        for each in scribes:
            await each.has_saved(5)

        await asyncio.to_thread(leaving.stop)
        await asyncio.gather(*typing)
        assert {remote.code for remote in remotes} == {1012}
        for remote in remotes:
            await remote.join(other)
            await remote.saved()

        words = await logged(document)
        typed = [word for each in scribes for word in each.typed]
        assert [word for word in typed if word not in words] == []
        for remote in remotes:
            await remote.leave()


@pytest.mark.parametrize("harm", ["killed", "paused", "flushed"])
async def test_a_redis_that_fails_only_delays(
    document: Document, tmp_path: Path, harm: str
) -> None:
    """G5: typing goes on, and both processes are equal again a moment after the last edit."""
    dice = random.Random(13)  # noqa: S311
    valkey = processes.Valkey(tmp_path)
    valkey.start()
    remotes = await writers(document, 4)
    with servers(tmp_path, valkey.url, valkey.url) as (one, other):
        for number, remote in enumerate(remotes):
            await remote.join(one if number % 2 else other)
        scribes = [Scribe(remote, number) for number, remote in enumerate(remotes)]
        typing = [asyncio.create_task(each.type_for_ever(dice)) for each in scribes]
        for each in scribes:
            await each.has_saved(5)
        if harm == "flushed":
            valkey.say("FLUSHALL")
        else:
            valkey.signal(signal.SIGKILL if harm == "killed" else signal.SIGSTOP)
        for each in scribes:
            await each.has_saved(each.remote.text.acked + 40)
        for each in scribes:
            each.is_alive = False
        await asyncio.gather(*typing)

        for remote in remotes:
            await remote.saved()
        words = await logged(document)
        for remote in remotes:
            await remote.until(lambda: remote.text.words == words)  # noqa: B023
            assert (remote.code, remote.text.refused) == (None, "")
            await remote.die()
        valkey.kill()


NODE = shutil.which("node")
MODULES = Path(__file__).resolve().parents[2] / "assets" / "node_modules"


@pytest.mark.skipif(not (NODE and (MODULES / "yjs").exists()), reason="needs Node and yjs")
async def test_real_y_websocket_clients_write_together(
    document: Document, siti: User, budi: User, tmp_path: Path
) -> None:
    with servers(tmp_path, *together()) as places:
        runs = [
            await y_websocket(document, place, await in_a_thread(login_session, person), words)
            for place, person, words in zip(places, (siti, budi), (" satu", " dua"), strict=True)
        ]
        told = [json.loads((await run.communicate())[0]) for run in runs]

    assert [each["refused"] for each in told] == ["", ""]
    assert [each["unsaved"] for each in told] == [0, 0]
    words = await logged(document)
    assert "satu" in words
    assert "dua" in words
    assert words.count("Judul 🌳 ꦗꦮ") == 2
    fresh = await Document.objects.aget(pk=document.pk)
    assert fresh.html.count("<strong>Judul</strong>") == 2


async def y_websocket(
    document: Document, place: Server, session: str, words: str
) -> asyncio.subprocess.Process:
    cookie = f"{settings.SESSION_COOKIE_NAME}={session}"
    script = Path(__file__).with_name("y_websocket.mjs")
    return await asyncio.create_subprocess_exec(
        str(NODE), "--experimental-websocket", "--no-warnings", str(script), str(MODULES),
        place.address, str(document.pk), str(document.epoch), cookie, words,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
