"""Where a comment stands in its thread: a text whose order is the order of the page."""

import re

# Enough for 60 million comments in a thread; fixed width, so that text order is tree order.
WIDTH = 5
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
DEEPEST = 400

_SHAPE = re.compile(rf"(?:[{DIGITS}]{{{WIDTH}}}){{1,{DEEPEST + 1}}}")


def next_place(above: str, number: int) -> str:
    """Give the key that sorts newest top-level comments first and replies below, oldest first.

    `above` is the place of the comment replied to, empty for the top level.
    """
    return above + _digits(number if above else len(DIGITS) ** WIDTH - 1 - number)


def branch_of(place: str) -> str:
    """Give the place of the top-level comment under which this place lies."""
    return place[:WIDTH]


def is_place(text: str) -> bool:
    """Say whether a text from an address has the shape of a place."""
    return _SHAPE.fullmatch(text) is not None


def _digits(value: int) -> str:
    letters = []
    for _position in range(WIDTH):
        value, digit = divmod(value, len(DIGITS))
        letters.append(DIGITS[digit])
    return "".join(reversed(letters))
