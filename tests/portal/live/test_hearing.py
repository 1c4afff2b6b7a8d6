"""What another process says is taken whole or not at all."""

import json
from typing import Any

import pytest

from portal.live.frame import Frame
from portal.live.hearing import NotUnderstood, read_payload, read_presence
from tests.portal.live.test_hub import THREAD, put, votes

CUT: dict[str, object] = {"id": "comment-1", "at": 3, "when": 5}


def written(said: object) -> bytes:
    return json.dumps(said).encode()


@pytest.mark.parametrize(
    "said", [put(1), votes(3), {"cut": [CUT]}, {"moved": 4}, {"typing": 0}, {}]
)
def test_what_a_hub_sends_is_understood(said: dict[str, Any]) -> None:
    frame = Frame(THREAD)
    frame.add(read_payload(written(said)))

    assert read_payload(written(frame.payload())) == frame.payload()


def test_what_a_newer_version_adds_is_left_out() -> None:
    assert read_payload(written({"moved": 4, "colour": "red"})) == {"moved": 4}


@pytest.mark.parametrize(
    "said",
    [
        7,
        {"s": 7},
        {"s": ["1"]},
        {"s": [True]},
        {"moved": -1},
        {"n": {"comment-1": []}},
        {"n": {"comment-1": [1, "2"]}},
        {"cut": ["comment-1"]},
        {"cut": [CUT | {"at": "1"}]},
        {"put": [{"id": "comment-1", "into": "list"}]},
        {"put": [{"id": "comment-1", "html": {}}]},
        {"put": [{"id": "comment-1", "into": "list", "html": {"id": None}}]},
        {"put": [{"id": "comment-1", "into": "list", "html": {"id": "\ud800"}}]},
    ],
)
def test_half_a_message_is_none(said: object) -> None:
    with pytest.raises(NotUnderstood):
        read_payload(written(said))


def test_who_listens_elsewhere_is_understood() -> None:
    seen = {THREAD: [3, 1, ["5", "8"]]}

    assert read_presence(written(seen)) == {THREAD: (3, 1, ["5", "8"])}


@pytest.mark.parametrize(
    "said", [[], {THREAD: [1]}, {THREAD: [1, 0, [[]]]}, {THREAD: ["1", 0, []]}]
)
def test_a_crowd_of_nonsense_is_nobody(said: object) -> None:
    with pytest.raises(NotUnderstood):
        read_presence(written(said))
