"""How much a plain form may hold: counted on its letters, before anything is parsed. Pure.

Parsing takes time with every block and every sign, whatever the length; the counts are a little
too high where that is cheaper than to be exact.
"""

import re
from enum import StrEnum

MAX_BLOCKS = 2_000
MAX_SIGNS = 20_000
MAX_MARKERS = 19  # in one line: the parser leaves out what stands deeper

_SIGNS = "*_~`[]<>\\!&\n"
_MARKERS = re.compile(r"(?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t]|$)))+")
_MARKER = re.compile(r"[^ \t\d]")
_FENCE = re.compile(r"[ \t>]*(?:```|~~~)")
_BREAK = re.compile(
    r"[ \t]*(?:#{1,6}(?:[ \t]|$)|(?:-[ \t]*)+$|(?:_[ \t]*)+$|(?:\*[ \t]*)+$|=+[ \t]*$)"
)


class Excess(StrEnum):
    """Of what a text holds too much."""

    BLOCKS = "blocks"
    SIGNS = "signs"
    NESTING = "nesting"


class TooMuch(ValueError):
    """More than a plain form takes."""

    def __init__(self, excess: Excess) -> None:
        super().__init__(excess)
        self.excess = excess


def refuse_too_much(text: str) -> None:
    """Raise `TooMuch`, in time that grows with the length alone."""
    if sum(text.count(sign) for sign in _SIGNS) > MAX_SIGNS:
        raise TooMuch(Excess.SIGNS)
    blocks = 0
    is_new, is_fenced = True, False  # the next words begin a block; every line is one
    for line in text.split("\n"):
        markers = _markers(line)
        if markers > MAX_MARKERS:
            raise TooMuch(Excess.NESTING)
        is_fenced = is_fenced or _FENCE.match(line) is not None
        is_break = _BREAK.match(line) is not None
        blocks += max(markers, is_break, bool(line.strip()) and (is_new or is_fenced))
        is_new = is_break or not line.strip()
    if blocks > MAX_BLOCKS:
        raise TooMuch(Excess.BLOCKS)


def _markers(line: str) -> int:
    """How many lists and quotations this line may open."""
    found = _MARKERS.match(line)
    return len(_MARKER.findall(found[0])) if found else 0
