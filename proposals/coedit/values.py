"""Values inside an update, lib0's any-values and JSON of marks: looked over, never built."""

import json

from proposals.coedit.protocol import MORE, Malformed, Reader, refuse

MAX_DEPTH = 4
MAX_BYTES = 4096
_LIST, _OBJECT, _TEXT, _WHOLE_NUMBER = 117, 118, 119, 125
_FIXED = {120: 0, 121: 0, 122: 8, 123: 8, 124: 4, 126: 0, 127: 0}  # mark → bytes that follow
_WHOLE_NUMBER_BYTES = 9


class Breach(Malformed):
    """Well-formed, but outside the schema of this document."""


def skip_value(reader: Reader) -> None:
    """Pass one any-value, with a list in place of recursion; bytes are refused."""
    start = reader.at
    waiting = [(1, False)]  # values still to come at each level, and whether they have keys
    while waiting:
        left, is_keyed = waiting.pop()
        if not left:
            continue
        waiting.append((left - 1, is_keyed))
        if is_keyed:
            reader.text()
        if opened := _scalar_or_opening(reader):
            if len(waiting) > MAX_DEPTH:
                refuse("depth")
            waiting.append(opened)
    if reader.at - start > MAX_BYTES:
        raise Breach("value")


def _scalar_or_opening(reader: Reader) -> tuple[int, bool] | None:
    mark = reader.byte()
    if mark == _TEXT:
        reader.text()
    elif mark == _WHOLE_NUMBER:
        _skip_whole_number(reader)
    elif mark in _FIXED:
        reader.skip(_FIXED[mark])
    elif mark == _LIST:
        return reader.count(1), False
    elif mark == _OBJECT:
        return reader.count(2), True
    else:
        refuse("value")
    return None


def _skip_whole_number(reader: Reader) -> None:
    for _byte in range(_WHOLE_NUMBER_BYTES):
        if reader.byte() < MORE:
            return
    refuse("number")


def check_json(text: str) -> None:
    """The value of a mark: an object of scalars in honest texts."""
    if len(text) > MAX_BYTES or text.count("[") + text.count("{") > MAX_DEPTH:
        raise Breach("value")
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except ValueError:
        refuse("json")


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
