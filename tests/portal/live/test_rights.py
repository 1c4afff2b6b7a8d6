"""Lost rights: nothing that was lost is forgotten, whatever fails while it is asked."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, InterfaceError

from portal.live import rights
from portal.live.admission import NOT_YOURS, Visitor
from portal.live.hub import Hub
from portal.live.outbox import Outbox
from portal.live.publish import RIGHTS
from portal.live.rights import RECENT, Rights
from tests.portal.live.conftest import Page

THREAD, OTHER = "thread:1", "thread:2"
FAILURES = [DatabaseError, InterfaceError, OSError, ValueError, KeyError]


class Database:
    """Knows who lost what; fails as often as it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.revocations: list[tuple[int | None, str]] = []
        self.failures: list[type[Exception]] = []
        self.asked: list[set[Visitor]] = []
        monkeypatch.setattr(rights, "in_database", self)

    async def __call__(self, function: Callable[..., Any], *values: Any) -> Any:
        if self.failures:
            raise self.failures.pop()
        if function is rights.unseen:
            return self.revocations[values[0] :]
        self.asked.append(set(values[0]))
        return dict.fromkeys(values[0], NOT_YOURS)


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    return Database(monkeypatch)


@pytest.fixture
async def hub() -> Hub:
    hub = Hub()
    hub.bind()
    return hub


def page(hub: Hub, *topics: str, user: int | None = None) -> Page:
    opened = Page(hub, *topics)
    opened.outbox.owner = Visitor("key", user, topics)
    return opened


async def closed(*pages: Page) -> None:
    """Wait until all are closed."""
    for each in pages:
        assert each.outbox._closing is not None
        await each.outbox._closing


async def asked_all(asking: Rights) -> None:
    while asking._asking:
        await asyncio.gather(*asking._asking)


@pytest.mark.parametrize("failure", FAILURES)
async def test_what_could_not_be_read_is_read_at_the_next_question(
    hub: Hub, database: Database, failure: type[Exception]
) -> None:
    asking, there = Rights(hub), page(hub, THREAD)
    database.revocations, database.failures = [(None, THREAD)], [failure]

    with pytest.raises(failure):
        await asking.reaches(1)
    assert asking.seen == 0
    await asking.reaches(1)

    await closed(there)
    assert asking.seen == 1
    assert there.closed == 4403


@pytest.mark.parametrize("failure", FAILURES)
async def test_who_could_not_be_asked_is_asked_at_the_next_question(
    hub: Hub, database: Database, failure: type[Exception]
) -> None:
    asking = Rights(hub)
    asking.watch()
    there, other = page(hub, THREAD), page(hub, OTHER)
    database.failures = [failure]

    hub.send_bytes(RIGHTS, json.dumps({"seq": 1, "user": None, "topic": THREAD}).encode())
    await asked_all(asking)
    assert there.closed is None
    await asking.reaches(0)

    await closed(there)
    assert there.closed == 4403
    assert other.closed is None
    assert database.asked == [{there.outbox.owner}]


async def test_asking_everybody_survives_whatever_fails(hub: Hub, database: Database) -> None:
    asking, there = Rights(hub), page(hub, THREAD)
    database.failures = [InterfaceError]

    await asking.ask_everybody()
    assert there.closed is None
    await asking.ask_everybody()

    await closed(there)
    assert there.closed == 4403


@pytest.mark.parametrize("data", [b"", b"\xff", b"[]", b"{}", b"7", b'{"user":1}', b"[" * 9_000])
async def test_nonsense_from_another_process_is_left_to_the_database(
    hub: Hub, database: Database, data: bytes
) -> None:
    asking = Rights(hub)
    asking.watch()

    hub.send_bytes(RIGHTS, data)

    assert (asking.losses, database.asked) == (0, [])


async def test_a_restored_database_is_read_from_its_beginning(hub: Hub, database: Database) -> None:
    asking, there = Rights(hub), page(hub, THREAD)
    asking.seen = 900
    database.revocations = [(None, THREAD)]

    await asking.reaches(1)

    await closed(there)
    assert asking.seen == 1


async def test_who_comes_in_during_more_losses_than_are_kept_is_asked(
    hub: Hub, database: Database
) -> None:
    asking = Rights(hub)
    asking.watch()
    lost = json.dumps({"seq": 1, "user": None, "topic": THREAD}).encode()
    other = json.dumps({"seq": 2, "user": None, "topic": OTHER}).encode()
    hub.send_bytes(RIGHTS, lost)
    for _loss in range(RECENT):
        hub.send_bytes(RIGHTS, other)
    late, before = page(hub, THREAD), page(hub, "thread:3")

    asking.joined(before.outbox, losses=asking.losses)
    asking.joined(late.outbox, losses=0)
    await asked_all(asking)

    await closed(late)
    assert late.closed == 4403
    assert before.closed is None


async def test_who_left_meanwhile_is_not_asked_again(hub: Hub, database: Database) -> None:
    asking, there = Rights(hub), page(hub, THREAD)
    database.failures = [InterfaceError]
    await asking.ask([there.outbox])

    gone: Outbox = there.outbox
    hub.leave(gone)
    gone.stop()
    await asking.reaches(0)

    assert database.asked in ([set()], [])
