"""Frames of the editor's socket: y-protocols' 0, 1 and 3, and our own 4 to 7. Pure bytes.

A frame is one WebSocket message: a variable-length number for its type, then its body.
Numbers are LEB128, texts and byte strings carry their length in bytes (lib0). Whatever is
cut, too long or followed by more bytes raises `Malformed`.

A text that a moderator hides: everybody here hears notice `hidden`, updates are refused with the
word `hidden`, and who may not read hidden texts is closed with 4403, as with every lost right.
Coming back is answered with 4404. Moderators of the consultation stay and read on.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NoReturn

MAX_UPDATE = 512 * 1024
MAX_STATE_VECTOR = 64 * 1024
MAX_AWARENESS = 2 * 1024
MAX_FRAME = MAX_UPDATE + 64
MAX_NUMBER = 2**53 - 1  # the largest a browser can hold
MAX_CLOCK = 2**31 - 1
_LAST_SHIFT = 49
MORE = 128  # the bit of a byte that says: the number goes on
EMPTY_UPDATE = b"\x00\x00"
EMPTY_STATE = b"\x00"


class Malformed(Exception):
    """These bytes are not what they claim to be; `reason` is one word for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Kind(IntEnum):
    """First number of a frame."""

    SYNC = 0
    AWARENESS = 1
    QUERY_AWARENESS = 3
    ACK = 4
    REFUSED = 5
    BEAT = 6
    NOTICE = 7


class Sync(IntEnum):
    """Second number of a sync frame."""

    STEP1 = 0  # "this is my state vector"
    STEP2 = 1  # "this is what you lack"
    UPDATE = 2


@dataclass(frozen=True, slots=True)
class Frame:
    """What a client may send, taken apart; `body` is a state vector, an update or awareness."""

    kind: Kind
    sync: Sync | None = None
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Presence:
    """One client's awareness: `state` is JSON text, `null` when it has left."""

    client: int
    clock: int
    state: str


class Reader:
    """Reads forward through bytes; never allocates what a number in them asks for."""

    __slots__ = ("at", "data", "end")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.end = len(data)

    def byte(self) -> int:
        at = self.at
        if at >= self.end:
            refuse("cut")
        self.at = at + 1
        return self.data[at]

    def uint(self) -> int:
        at = self.at
        if at >= self.end:
            refuse("cut")
        self.at = at + 1
        first = self.data[at]
        return first if first < MORE else self._long(first & 127)

    def _long(self, value: int) -> int:
        shift = 7
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            if byte < MORE:
                break
            shift += 7
            if shift > _LAST_SHIFT:
                refuse("number")
        if value > MAX_NUMBER:
            refuse("number")
        return value

    def skip(self, count: int) -> None:
        self.at += count
        if self.at > self.end:
            refuse("cut")

    def count(self, least: int) -> int:
        """A count of things that take at least so many bytes each."""
        count = self.uint()
        if count * least > self.end - self.at:
            refuse("count")
        return count

    def bytes(self) -> bytes:
        length = self.uint()
        start = self.at
        self.skip(length)
        return self.data[start : self.at]

    def text(self) -> str:
        try:
            text = self.bytes().decode()
        except UnicodeDecodeError:
            refuse("utf-8")
        if "\0" in text:
            refuse("nul")
        return text

    def finish(self) -> None:
        if self.at != self.end:
            refuse("trailing")


def refuse(reason: str) -> NoReturn:
    raise Malformed(reason)


def read_frame(data: bytes) -> Frame:
    """Take a client's frame apart; only types that a client may send come back."""
    if len(data) > MAX_FRAME:
        refuse("size")
    reader = Reader(data)
    kind = reader.uint()
    if kind == Kind.SYNC:
        frame = _read_sync(reader)
    elif kind == Kind.AWARENESS:
        frame = Frame(Kind.AWARENESS, body=_bounded(reader, MAX_AWARENESS))
    elif kind == Kind.QUERY_AWARENESS:
        frame = Frame(Kind.QUERY_AWARENESS)
    else:
        refuse("type")
    reader.finish()
    return frame


def _read_sync(reader: Reader) -> Frame:
    step = reader.uint()
    if step not in (Sync.STEP1, Sync.STEP2, Sync.UPDATE):
        refuse("type")
    limit = MAX_STATE_VECTOR if step == Sync.STEP1 else MAX_UPDATE
    return Frame(Kind.SYNC, Sync(step), _bounded(reader, limit))


def _bounded(reader: Reader, limit: int) -> bytes:
    body = reader.bytes()
    if len(body) > limit:
        refuse("size")
    return body


def read_state_vector(data: bytes) -> dict[int, int]:
    """Client → clock; counts larger than the bytes could hold are refused, not allocated."""
    if len(data) > MAX_STATE_VECTOR:
        refuse("size")
    reader = Reader(data)
    count = reader.uint()
    if count * 2 > reader.end - reader.at:
        refuse("count")
    state: dict[int, int] = {}
    for _entry in range(count):
        client, clock = reader.uint(), reader.uint()
        if client in state or clock > MAX_CLOCK:
            refuse("number")
        state[client] = clock
    reader.finish()
    return state


def read_awareness(data: bytes) -> list[Presence]:
    reader = Reader(data)
    count = reader.uint()
    if count * 3 > reader.end - reader.at:
        refuse("count")
    found = [Presence(reader.uint(), reader.uint(), reader.text()) for _entry in range(count)]
    reader.finish()
    return found


def number(value: int) -> bytes:
    """A non-negative whole number as LEB128."""
    if value < MORE:
        return bytes((value,))
    out = bytearray()
    while value >= MORE:
        out.append(MORE | value & 127)
        value >>= 7
    out.append(value)
    return bytes(out)


def sized(body: bytes) -> bytes:
    return number(len(body)) + body


def sync_frame(step: Sync, body: bytes) -> bytes:
    return bytes((Kind.SYNC, step)) + sized(body)


def awareness_body(presences: Sequence[Presence]) -> bytes:
    return number(len(presences)) + b"".join(
        number(each.client) + number(each.clock) + sized(each.state.encode()) for each in presences
    )


def awareness_frame(presences: Sequence[Presence]) -> bytes:
    return bytes((Kind.AWARENESS,)) + sized(awareness_body(presences))


def state_vector(state: dict[int, int]) -> bytes:
    return number(len(state)) + b"".join(
        number(client) + number(clock) for client, clock in state.items()
    )


def ack_frame(count: int) -> bytes:
    """`count` further sync messages of this connection are in the log for good."""
    return bytes((Kind.ACK,)) + number(count)


def refused_frame(reason: str) -> bytes:
    """The connection may write no more; `reason` is one word of the table in docs/coediting.md."""
    return bytes((Kind.REFUSED,)) + sized(reason.encode())


def beat_frame() -> bytes:
    return bytes((Kind.BEAT,))


def notice_frame(kind: str, **details: str | int) -> bytes:
    """Something changed for everybody here: `frozen`, `thawed`, `hidden`, `mode`, `epoch`."""
    body = json.dumps({"kind": kind, **details}, separators=(",", ":"), ensure_ascii=False)
    return bytes((Kind.NOTICE,)) + sized(body.encode())
