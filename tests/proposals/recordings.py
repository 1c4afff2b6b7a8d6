"""The recorded sessions of people typing at once, as updates a browser would send.

josephg/editing-traces, CC BY 4.0; read in place.
"""

import gzip
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pycrdt import Doc, TransactionEvent, XmlElement, XmlFragment, XmlText

DATA = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
NAMES = ("friendsforever", "clownschool")
EMPTY = b"\x00\x00"


@dataclass(frozen=True)
class Recording:
    """`updates[i]` was made by `agents[i]`, who had seen nothing newer than its parents."""

    seed: bytes
    updates: list[bytes]
    agents: list[int]
    end: str


@dataclass
class Typist:
    """One recorded person with a document of their own."""

    client: int
    seed: bytes

    def __post_init__(self) -> None:
        self.doc: Doc[XmlFragment] = Doc(client_id=self.client)
        root: Any = self.doc.get("default", type=XmlFragment)
        self.doc.apply_update(self.seed)
        self.text: XmlText = root.children[0].children[0]
        self.seen: set[int] = set()
        self.made = EMPTY
        self.doc.observe(self._keep)

    def _keep(self, event: TransactionEvent) -> None:
        self.made = event.update

    def type(self, patches: Iterable[tuple[int, int, str]]) -> bytes:
        self.made = EMPTY
        with self.doc.transaction():
            for position, deleted, inserted in patches:
                if deleted:
                    del self.text[position : position + deleted]
                if inserted:
                    self.text.insert(position, inserted)
        return self.made


@cache
def recording(name: str, length: int | None = None) -> Recording:
    """Play a recording, or its first transactions; `end` is only right for a whole one."""
    raw = json.loads(gzip.decompress((DATA / "editing-traces" / f"{name}.json.gz").read_bytes()))
    steps = raw["txns"][:length]
    seed = empty_text()
    typists = [Typist(1000 + agent, seed) for agent in range(raw["numAgents"])]
    updates: list[bytes] = []
    for number, step in enumerate(steps):
        typist = typists[step["agent"]]
        for missing in _unseen(step["parents"], typist.seen, steps):
            typist.doc.apply_update(updates[missing])
        updates.append(typist.type(step["patches"]))
        typist.seen.add(number)
    return Recording(seed, updates, [step["agent"] for step in steps], raw["endContent"])


def empty_text() -> bytes:
    doc: Doc[XmlFragment] = Doc(client_id=99)
    root = doc.get("default", type=XmlFragment)
    root.children.append(XmlElement("paragraph", {"id": "a"}, [XmlText("")]))
    return doc.get_update()


def _unseen(parents: list[int], seen: set[int], steps: list[dict[str, Any]]) -> list[int]:
    """Everything the parents build on that was not seen yet, oldest first."""
    found: list[int] = []
    waiting = list(parents)
    while waiting:
        number = waiting.pop()
        if number not in seen:
            seen.add(number)
            found.append(number)
            waiting += steps[number]["parents"]
    return sorted(found)
