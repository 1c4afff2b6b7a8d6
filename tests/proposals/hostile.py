"""Updates that the library itself makes and that no honest editor sends."""

import random
from collections.abc import Iterator
from typing import Any

from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText

from proposals.coedit.guard import MAX_DEPTH

Made = tuple[bytes, bool]  # the update, and whether it has to be refused
NODES = ("paragraph", "blockquote", "bulletList", "listItem", "heading")


def hostile_updates(dice: random.Random, count: int) -> Iterator[Made]:
    makers = (nested, foreign_root, foreign_node, foreign_mark, deep_value, wide, heavy_value)
    for number in range(count):
        doc: Doc[Any] = Doc(client_id=1_000 + dice.randrange(1_000))
        is_bad = makers[number % len(makers)](dice, doc)
        yield doc.get_update(), is_bad


def fragment(doc: Doc[Any]) -> Any:
    return doc.get("default", type=XmlFragment)


def element(tag: str, attributes: dict[str, Any] | None = None, *inside: Any) -> Any:
    maker: Any = XmlElement
    return maker(tag, attributes or {}, list(inside))


def nested(dice: random.Random, doc: Doc[Any]) -> bool:
    depth = dice.randrange(1, 120)
    parent = fragment(doc)
    for _level in range(depth):
        parent = parent.children.append(element(dice.choice(NODES)))
    return depth > MAX_DEPTH + 1  # the first one stands at depth 0


def foreign_root(dice: random.Random, doc: Doc[Any]) -> bool:
    kind: Any
    kind, inside = dice.choice(((Array, [1]), (Map, {"a": 1}), (Text, "a"), (Text, "a" * 9_000)))
    doc[dice.choice(("default", "t", "prosemirror"))] = kind(inside)
    return True


def foreign_node(dice: random.Random, doc: Doc[Any]) -> bool:
    tag = dice.choice(("script", "iframe", "image", "Paragraph", "p" * 4_000, ""))
    attributes = dice.choice(({}, {"onclick": "x"}, {"id": "x"}))
    fragment(doc).children.append(element(tag, attributes))
    return True


def foreign_mark(dice: random.Random, doc: Doc[Any]) -> bool:
    text = XmlText("kata")
    fragment(doc).children.append(element("paragraph", {}, text))
    mark = dice.choice(("onload", "suggestion", "b" * 500, ""))
    text.format(0, dice.randrange(1, 4), {mark: dice.choice((True, {}, {"a": "b"}))})
    return True


def deep_value(dice: random.Random, doc: Doc[Any]) -> bool:
    depth = dice.randrange(6, 200)
    value: Any = 1
    for _level in range(depth):
        value = dice.choice(([value], {"a": value}))
    fragment(doc).children.append(element("paragraph", {"id": value}))
    return True


def heavy_value(dice: random.Random, doc: Doc[Any]) -> bool:
    value = dice.choice((b"\x00" * 50, "a" * 5_000, list(range(5_000)), b"\xff" * 5_000))
    fragment(doc).children.append(element("paragraph", {"id": value}))
    return True


def wide(dice: random.Random, doc: Doc[Any]) -> bool:
    """Many small things: dear, but allowed."""
    root = fragment(doc)
    with doc.transaction():
        for _block in range(dice.randrange(1, 60)):
            text = XmlText("kata " * dice.randrange(1, 40))
            root.children.append(element("paragraph", {"id": "b"}, text))
            text.format(0, 2, {"bold": {}})
    return False
