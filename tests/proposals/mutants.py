"""Broken updates against the guard, in a process of their own under a memory limit.

`python -m tests.proposals.mutants 20000 7` prints one line of JSON; a crash is seen by the caller.
"""

import contextlib
import json
import random
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from proposals.coedit.blocks import Node, Run
from proposals.coedit.crdt import Broken, Copy
from proposals.coedit.guard import scan
from proposals.coedit.protocol import Malformed
from proposals.coedit.render import to_html
from proposals.coedit.vocabulary import VOCABULARIES
from tests.proposals.hostile import hostile_updates

LIMIT = 1024**3
INTERESTING = (0, 1, 2, 4, 6, 7, 8, 10, 0x20, 0x28, 0x40, 0x7F, 0x80, 0x84, 0xC4, 0xFF)


def honest_updates() -> list[bytes]:
    """What an editor sends: headings, lists, marks, links, deletions, letters of many scripts."""
    made: list[bytes] = []
    doc: Doc[XmlFragment] = Doc(client_id=5)
    doc.observe(lambda event: made.append(event.update))
    root: Any = doc.get("default", type=XmlFragment)
    element: Any = XmlElement  # its attributes take numbers too
    root.children.append(element("heading", {"id": "h", "level": 2.0}, [XmlText("Judul 🌳")]))
    root.children.append(element("paragraph", {"id": "p"}, [XmlText("isi é ꦗꦮ")]))
    text = root.children[1].children[0]
    text.insert(2, "tebal", {"bold": {}})
    text.format(0, 3, {"link": {"href": "https://contoh.id"}})
    text.insert(0, "x" * 200)
    items = [XmlElement("listItem", {}, [XmlElement("paragraph", {}, [XmlText("satu")])])]
    root.children.append(element("orderedList", {"start": 3.0}, items))
    del text[4:150]
    del root.children[0]
    for letter in "Selamat pagi":
        text.insert(3, letter)
    made.append(doc.get_update())
    return made


def mutants(dice: random.Random, corpus: list[bytes], count: int) -> Iterator[bytes]:
    for _number in range(count):
        data = bytearray(dice.choice(corpus))
        for _change in range(dice.choice((1, 1, 1, 2, 4))):
            _harm(dice, data, corpus)
        yield bytes(data)


def _harm(dice: random.Random, data: bytearray, corpus: list[bytes]) -> None:
    at = dice.randrange(len(data) + 1)
    kind = dice.randrange(6)
    if kind == 0 and at < len(data):
        data[at] ^= 1 << dice.randrange(8)
    elif kind == 1 and at < len(data):
        data[at] = dice.choice(INTERESTING)
    elif kind == 2:
        del data[at : at + dice.randrange(1, 8)]
    elif kind == 3:
        data[at:at] = dice.randbytes(dice.randrange(1, 6))
    elif kind == 4:
        other = dice.choice(corpus)
        start = dice.randrange(len(other))
        data[at:at] = other[start : start + dice.randrange(1, 40)]
    elif data[at : at + 1]:
        data[at : at + 1] = _number(dice.choice((0, 1, 127, 128, 2**20, 2**31, 2**40, 2**60)))


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(128 | value & 127)
        value >>= 7
    return bytes((*out, value))


@dataclass
class Tally:
    """What became of the updates. Figures of time are told, never asserted."""

    count: int = 0
    passed: int = 0
    other_state: int = 0  # seen by the comparison after
    broken: int = 0  # seen by the library's own refusal
    wrongly_accepted: int = 0
    slowest_ms: float = 0.0
    grown_mb: float = 0.0


def run(count: int, seed: int) -> Tally:
    """Whatever passes is applied to a copy and read; a panic there is a crash of this process."""
    dice = random.Random(seed)  # noqa: S311  (repeatable, not secret)
    corpus = honest_updates()
    known = Copy(corpus).state()
    tally = Tally()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    made = count // 10
    for data, is_bad in hostile_updates(dice, made):
        judge(tally, data, corpus, known, is_bad=is_bad)
    for data in mutants(dice, corpus, count - made):
        judge(tally, data, corpus, known)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    tally.grown_mb = grown / 1024
    return tally


def judge(
    tally: Tally, data: bytes, corpus: list[bytes], known: dict[int, int], *, is_bad: bool = False
) -> None:
    tally.count += 1
    started = time.perf_counter()
    with contextlib.suppress(Malformed):
        verdict = scan(data, known, VOCABULARIES[1])
        tally.passed += 1
        tally.wrongly_accepted += is_bad
        take(tally, data, corpus, {**known, **verdict.ends}, verdict.elements)
    tally.slowest_ms = max(tally.slowest_ms, (time.perf_counter() - started) * 1000)


def take(
    tally: Tally, data: bytes, corpus: list[bytes], foretold: dict[int, int], elements: int
) -> None:
    """What the batch does with it: apply, compare, and only then show it."""
    copy = Copy(corpus)
    try:
        copy.apply([data], elements=elements)
        if copy.state() != foretold:
            tally.other_state += 1
            return
        blocks = copy.blocks()
        tally.wrongly_accepted += not all(map(is_known, blocks))
        to_html(blocks)
        copy.since()
    except Broken:
        tally.broken += 1


def is_known(node: Node) -> bool:
    """Whether this and everything inside stands in the vocabulary."""
    words = VOCABULARIES[1]
    return (
        node.tag in words.nodes
        and node.attributes.keys() <= words.attributes
        and all(
            part.marks.keys() <= words.marks if isinstance(part, Run) else is_known(part)
            for part in node.content
        )
    )


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))
    print(json.dumps(asdict(run(int(sys.argv[1]), int(sys.argv[2])))))  # noqa: T201
