"""What a topic tells of one element in a tick: the newest word, in whatever order it came."""

import json
from collections.abc import Sequence
from itertools import permutations
from typing import Any

import pytest
from django.db import connection

from consultations.models import Thread
from portal.live.frame import Cut, Frame, Payload, Put
from portal.live.numbers import Telling, take_numbers

POST, EDIT, HIDE = 5, 6, 7


def put(number: int, text: str, *, into: str = "") -> Payload:
    """Make one word about the comment."""
    return {"s": [number], "put": [Put(id="comment-17", into=into, html={"id": text})]}


def cut(number: int) -> Payload:
    """Make the word that takes it away."""
    return {"s": [number], "cut": [Cut(id="comment-17")]}


def told(*messages: Payload) -> dict[str, Any]:
    """Put the messages into one frame, and read what a browser reads."""
    frame = Frame("thread:81")
    for message in messages:
        frame.add(message)
    said: dict[str, Any] = json.loads(frame.text("id"))
    return said


STORY = [put(POST, "asli", into="list"), put(EDIT, "disunting"), put(HIDE, "nisan")]


@pytest.mark.parametrize("order", [*permutations(STORY)])
def test_the_newest_word_about_an_element_wins_in_every_order(order: tuple[Payload, ...]) -> None:
    said = told(*order)

    assert said["put"] == [["comment-17", "list", "nisan"]]
    assert said["age"] == {"comment-17": [HIDE, 0]}


@pytest.mark.parametrize("order", [*permutations([*STORY[:2], cut(HIDE)])])
def test_what_was_taken_away_does_not_come_back_in_any_order(order: tuple[Payload, ...]) -> None:
    said = told(*order)

    assert "put" not in said
    assert said["cut"] == ["comment-17"]
    assert said["age"] == {"comment-17": [HIDE, 0]}


@pytest.mark.parametrize("order", [*permutations([STORY[0], cut(EDIT), put(HIDE, "kembali")])])
def test_what_was_restored_stands_again_in_every_order(order: tuple[Payload, ...]) -> None:
    said = told(*order)

    assert [text for _id, _into, text in said["put"]] == ["kembali"]
    assert "cut" not in said


@pytest.mark.parametrize("order", [*permutations(STORY)])
def test_ages_survive_the_way_through_another_process(order: tuple[Payload, ...]) -> None:
    frame = Frame("thread:81")
    frame.add(order[0])
    frame.add(order[1])
    there = Frame("thread:81")
    there.add(order[2])

    there.add(json.loads(json.dumps(frame.payload())))

    assert json.loads(there.text("id"))["put"][0][2] == "nisan"


@pytest.mark.django_db
def test_numbers_of_a_transaction_share_one_moment_and_the_next_one_is_later(
    thread: Thread,
) -> None:
    class Told(Telling):
        topics = (thread.topic, "consultation:5")

        def tell(self, together: Sequence[Telling]) -> None:
            raise AssertionError("nothing was committed")

    first, again, later = Told(), Told(), Told()

    take_numbers(connection, [first, again])
    take_numbers(connection, [later])

    assert first.when == again.when > 0
    assert later.when > first.when
