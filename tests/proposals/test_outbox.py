"""Slow readers cost what they cost, and nobody else waits."""

import asyncio

import pytest

from proposals.coedit import consumer
from proposals.coedit.bucket import Bucket
from proposals.coedit.outbox import HELD_BYTES, OVERFLOW, QUIET, Outbox
from proposals.coedit.protocol import beat_frame


class Reader:
    """A socket whose reader may stop."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.code: int | None = None
        self.reads = asyncio.Event()
        self.reads.set()
        self.outbox = Outbox(self._send, self._close)

    async def _send(self, frame: bytes) -> None:
        await self.reads.wait()
        self.got.append(frame)

    async def _close(self, code: int) -> None:
        self.code = code


async def settle() -> None:
    for _turn in range(5):
        await asyncio.sleep(0)


async def test_frames_leave_in_their_order() -> None:
    reader = Reader()

    for number in range(5):
        reader.outbox.put(bytes([number]))
    await settle()

    assert reader.got == [bytes([number]) for number in range(5)]
    assert reader.outbox.held == 0


async def test_who_does_not_read_is_emptied_and_closed() -> None:
    reader = Reader()
    reader.reads.clear()

    for _megabyte in range(5):
        reader.outbox.put(bytes(1024 * 1024))
        await settle()

    assert reader.code == OVERFLOW
    assert reader.outbox.held == 0
    reader.outbox.put(b"more")
    assert reader.outbox.held == 0


async def test_one_text_larger_than_the_box_still_reaches_who_joins() -> None:
    reader = Reader()

    reader.outbox.put(bytes(HELD_BYTES + 1))
    await settle()

    assert len(reader.got[0]) == HELD_BYTES + 1
    assert reader.code is None


async def test_a_refusal_is_read_before_the_socket_closes() -> None:
    reader = Reader()
    reader.outbox.put(b"refused")

    reader.outbox.finish(4422)
    await settle()

    assert (reader.got, reader.code) == ([b"refused"], 4422)


async def test_silence_is_broken_after_fifteen_seconds() -> None:
    """The provider in the browser gives up after thirty."""
    reader = Reader()
    now = asyncio.get_running_loop().time()
    reader.outbox.put(b"x")
    await settle()

    reader.outbox.beat(now + QUIET - 1)
    await settle()
    assert reader.got == [b"x"]
    reader.outbox.beat(now + QUIET + 1)
    await settle()

    assert reader.got == [b"x", beat_frame()]


async def test_a_vanished_peer_ends_the_writer_quietly() -> None:
    async def gone(_frame: bytes) -> None:
        raise OSError

    async def close(_code: int) -> None:
        raise OSError

    outbox = Outbox(gone, close)
    outbox.put(b"x")
    await settle()

    assert not outbox.is_open


def test_a_burst_is_free_and_the_rest_waits_its_turn() -> None:
    bucket = Bucket(rate=30, burst=90)

    waits = [bucket.take(1_000.0) for _update in range(120)]

    assert waits[:90] == [0.0] * 90
    assert waits[-1] == pytest.approx(1.0)
    assert bucket.take(1_010.0) == 0.0


def test_three_overflows_in_a_minute_close_the_door() -> None:
    for second in (0.0, 10.0, 20.0):
        assert not consumer.is_too_slow("siti", second)
        consumer.note_overflow("siti", second)

    assert consumer.is_too_slow("siti", 30.0)
    assert not consumer.is_too_slow("siti", 61.0)
    assert not consumer.is_too_slow("budi", 30.0)
