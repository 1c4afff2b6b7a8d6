"""Where a caret is: the two relative positions of Yjs, and nothing else that a browser may say.

What is kept is built anew from whole numbers and one known word, so that every browser can read it
and nothing rides along.
"""

import json
from collections.abc import Callable, Mapping
from typing import NoReturn

from proposals.coedit.protocol import MAX_CLOCK, MAX_NUMBER
from proposals.coedit.vocabulary import ROOT

Position = dict[str, object]


def read_state(text: str) -> object:
    """What a browser says of itself; nonsense is as good as nothing."""
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def _no_number(name: str) -> NoReturn:
    """Not a Number and the infinities are Python's, no browser could read them."""
    raise ValueError(name)


def read_caret(said: object) -> dict[str, Position] | None:
    """`{"anchor": …, "head": …}` as y-prosemirror makes it, or nothing."""
    if not isinstance(said, Mapping) or said.keys() != {"anchor", "head"}:
        return None
    anchor, head = _position(said["anchor"]), _position(said["head"])
    return None if anchor is None or head is None else {"anchor": anchor, "head": head}


def _position(said: object) -> Position | None:
    """A relative position: an item or a type by its id, or the root by its name."""
    if not isinstance(said, Mapping) or not said.keys() <= FIELDS.keys():
        return None
    if not all(FIELDS[name](value) for name, value in said.items()):
        return None
    return {name: _copied(value) for name, value in said.items()}


def _copied(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value


def _is_id(value: object) -> bool:
    if value is None:
        return True
    return (
        isinstance(value, Mapping)
        and value.keys() == {"client", "clock"}
        and _is_number(value["client"], MAX_NUMBER)
        and _is_number(value["clock"], MAX_CLOCK)
    )


def _is_number(value: object, most: int) -> bool:
    return type(value) is int and 0 <= value <= most


def _is_root(value: object) -> bool:
    return value is None or value == ROOT


def _is_side(value: object) -> bool:
    return type(value) is int and -1 <= value <= 1


FIELDS: dict[str, Callable[[object], bool]] = {
    "type": _is_id,
    "tname": _is_root,
    "item": _is_id,
    "assoc": _is_side,
}
