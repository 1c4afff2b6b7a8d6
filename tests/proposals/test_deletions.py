"""What an update deletes, read as the library writes it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc, Text

from proposals.coedit.deletions import are_within, read_deletions
from proposals.coedit.protocol import Malformed, number

Cuts = list[tuple[int, int]]
CUTS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), max_size=6)


def text_of(client: int, cuts: Cuts) -> "Doc[Text]":
    """Fifty letters of one client, of which some are cut."""
    doc: Doc[Text] = Doc(client_id=client)
    text = doc.get("default", type=Text)
    text += "x" * 50
    for start, length in cuts:
        with doc.transaction():
            del text[min(start, len(text)) : min(start + length, len(text))]
    return doc


def deletions(doc: "Doc[Text]") -> bytes:
    """All that the text has deleted, and no letters."""
    return doc.get_update(doc.get_state())


@given(CUTS, CUTS)
@settings(max_examples=60, deadline=None)
def test_who_cuts_more_deletes_all_that_was_cut_before(before: Cuts, after: Cuts) -> None:
    doc = text_of(7, before)
    some = read_deletions(deletions(doc))
    length = len(doc.get("default", type=Text))

    doc = text_of(7, before + after)
    whole = read_deletions(deletions(doc))

    assert are_within(some, whole)
    assert are_within(whole, some) is (len(doc.get("default", type=Text)) == length)


def test_of_a_stranger_nothing_is_deleted() -> None:
    some = read_deletions(deletions(text_of(7, [(3, 4)])))

    assert some == {7: [(3, 7)]}
    assert not are_within(some, {8: [(0, 50)]})
    assert not are_within(some, {7: [(3, 6)]})
    assert are_within(some, {7: [(0, 2), (3, 7)]})
    assert are_within({}, {})


def test_ranges_that_touch_are_one() -> None:
    update = number(0) + number(1) + number(7) + number(3)
    for start, length in ((5, 5), (0, 5), (20, 1)):
        update += number(start) + number(length)

    assert read_deletions(update) == {7: [(0, 10), (20, 21)]}


@pytest.mark.parametrize(
    "update",
    [
        b"",
        b"\x00",
        text_of(7, []).get_update(),
        b"\x00\x01\x07\x01\x00",
        b"\x00\x01\x07\x7f\x00\x01",
        b"\x00\x00\x00",
    ],
)
def test_what_brings_letters_or_is_cut_short_is_refused(update: bytes) -> None:
    with pytest.raises(Malformed):
        read_deletions(update)
