"""What another process says, taken only when it is whole: half a message would stay half told."""

import json
import re
from collections.abc import Callable
from typing import Any, cast

from portal.live.frame import Payload
from portal.live.presence import Seen

HALF = re.compile("[\ud800-\udfff]")


class NotUnderstood(ValueError):
    """It is none of our messages, or of another version: the pages catch up by asking."""


def read_payload(body: bytes) -> Payload:
    """Give the message of a topic; fields that a newer version adds are left out."""
    said = json.loads(body)
    if not isinstance(said, dict):
        raise NotUnderstood
    known = {name: value for name, value in said.items() if name in FIELDS}
    if not all(FIELDS[name](value) for name, value in known.items()):
        raise NotUnderstood
    return cast("Payload", known)


def read_presence(body: bytes) -> dict[str, Seen]:
    """Give who listens there, per topic."""
    said = json.loads(body)
    if not isinstance(said, dict) or not all(_is_seen(value) for value in said.values()):
        raise NotUnderstood
    return {topic: (value[0], value[1], value[2]) for topic, value in said.items()}


def _is_number(value: object) -> bool:
    return type(value) is int and value >= 0


def _are_numbers(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_number, value))


def _is_text(value: object) -> bool:
    """Half of a pair of surrogates is a text that no socket can send."""
    return isinstance(value, str) and HALF.search(value) is None


def _are_counts(value: object) -> bool:
    return isinstance(value, dict) and all(
        _is_text(key) and _are_numbers(numbers) and numbers for key, numbers in value.items()
    )


def _is_cut(value: object) -> bool:
    return (
        isinstance(value, dict)
        and _is_text(value.get("id"))
        and _is_number(value.get("at", 0))
        and _is_number(value.get("when", 0))
    )


def _is_put(value: Any) -> bool:
    return (
        _is_cut(value)
        and _is_text(value.get("into"))
        and isinstance(html := value.get("html"), dict)
        and all(map(_is_text, html.values()))
    )


def _is_seen(value: object) -> bool:
    match value:
        case [listeners, strangers, list(people)]:
            return _are_numbers([listeners, strangers]) and all(map(_is_text, people))
    return False


def _each(is_one: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and all(map(is_one, value))


FIELDS: dict[str, Callable[[object], bool]] = {
    "s": _are_numbers,
    "put": _each(_is_put),
    "cut": _each(_is_cut),
    "n": _are_counts,
    "moved": _is_number,
    "here": _is_number,
    "typing": _is_number,
}
