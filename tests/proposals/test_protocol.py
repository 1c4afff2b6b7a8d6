"""Frames of the editor's socket: what is written is read, and nothing else is."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proposals.coedit import protocol
from proposals.coedit.protocol import Frame, Kind, Malformed, Presence, Reader, Sync

HOSTILE = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "hostile"
clocks = st.integers(0, protocol.MAX_CLOCK)
clients = st.integers(0, protocol.MAX_NUMBER)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)


@given(st.integers(0, protocol.MAX_NUMBER))
def test_a_number_comes_back(value: int) -> None:
    reader = Reader(protocol.number(value))

    assert reader.uint() == value
    reader.finish()


@given(st.sampled_from(Sync), st.binary(max_size=300))
def test_a_sync_frame_comes_back(step: Sync, body: bytes) -> None:
    assert protocol.read_frame(protocol.sync_frame(step, body)) == Frame(Kind.SYNC, step, body)


@given(st.dictionaries(clients, clocks, max_size=20))
def test_a_state_vector_comes_back(state: dict[int, int]) -> None:
    assert protocol.read_state_vector(protocol.state_vector(state)) == state


@given(st.lists(st.builds(Presence, clients, clocks, texts), max_size=5))
def test_awareness_comes_back(presences: list[Presence]) -> None:
    frame = protocol.read_frame(protocol.awareness_frame(presences))

    assert protocol.read_awareness(frame.body) == presences


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for read in (protocol.read_frame, protocol.read_state_vector, protocol.read_awareness):
        try:
            read(data)
        except Malformed:
            continue


@given(st.binary(min_size=1, max_size=200))
def test_a_cut_or_longer_frame_is_refused(body: bytes) -> None:
    frame = protocol.sync_frame(Sync.UPDATE, body)

    for broken in (frame[:-1], frame + b"\x00"):
        with pytest.raises(Malformed):
            protocol.read_frame(broken)


@pytest.mark.parametrize(
    "frame",
    [
        protocol.ack_frame(3),
        protocol.refused_frame("gap"),
        protocol.beat_frame(),
        protocol.notice_frame("thawed"),
        bytes((2, 0)),
        protocol.sync_frame(Sync.UPDATE, bytes(protocol.MAX_UPDATE + 1)),
        protocol.sync_frame(Sync.STEP1, bytes(protocol.MAX_STATE_VECTOR + 1)),
        bytes((1,)) + protocol.sized(bytes(protocol.MAX_AWARENESS + 1)),
        bytes((0, 3, 0)),
        b"\xff" * 12,
    ],
)
def test_what_only_the_server_says_or_is_too_long_is_refused(frame: bytes) -> None:
    with pytest.raises(Malformed):
        protocol.read_frame(frame)


def test_our_own_frames_are_what_the_browser_reads() -> None:
    assert protocol.ack_frame(300) == bytes((4, 0xAC, 0x02))
    assert protocol.refused_frame("gap") == b"\x05\x03gap"
    assert protocol.beat_frame() == b"\x06"
    assert protocol.notice_frame("frozen", reason="é") == (
        b"\x07\x1f" + '{"kind":"frozen","reason":"é"}'.encode()
    )


@pytest.mark.parametrize(
    "vector", json.loads((HOSTILE / "yjs-hostile.json").read_text()), ids=lambda v: v["name"]
)
def test_a_hostile_state_vector_is_refused(vector: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        protocol.read_state_vector(bytes.fromhex(vector.get("hex", "01")))


@pytest.mark.parametrize("body", [b"\x01\x01\x01\x02\xff\xfe", b"\x01\x01\x01\x01\x00"])
def test_awareness_that_is_no_text_is_refused(body: bytes) -> None:
    with pytest.raises(Malformed):
        protocol.read_awareness(body)
