"""What one topic tells its open pages within one tick: the last value of a key wins."""

import json
from collections.abc import Mapping, Sequence
from typing import TypedDict

FRAME_BYTES = 32_768
"""A longer frame says `moved` instead: the pages fetch what they show."""

LONGEST_SPREAD = 2_000
"""Milliseconds over which the pages of a full room spread their fetching."""


class Put(TypedDict):
    """An element to put: its id, the list it belongs to (or nothing), its HTML per language."""

    id: str
    into: str
    html: Mapping[str, str]


class Payload(TypedDict, total=False):
    """One message of a topic, as verbs send it and as processes pass it on."""

    s: Sequence[int]
    put: Sequence[Put]
    cut: Sequence[str]
    n: Mapping[str, Sequence[int]]
    moved: int
    here: int
    typing: int


class Frame:
    """The messages of one topic between two ticks; encoded once per language."""

    __slots__ = (
        "_texts",
        "counts",
        "cuts",
        "here",
        "moved",
        "numbers",
        "puts",
        "spread",
        "topic",
        "typing",
    )

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.numbers: list[int] = []
        self.puts: dict[str, Put] = {}
        self.cuts: dict[str, None] = {}
        self.counts: dict[str, Sequence[int]] = {}
        self.moved = 0
        self.spread = 0
        self.here: int | None = None
        self.typing: int | None = None
        self._texts: dict[tuple[str, bool], str] = {}

    def add(self, payload: Payload) -> None:
        """Merge a message: items in their order, a repeated element once, the newest counts."""
        self.numbers.extend(payload.get("s", ()))
        for put in payload.get("put", ()):
            self._put(put)
        for dom_id in payload.get("cut", ()):
            self.puts.pop(dom_id, None)
            self.cuts[dom_id] = None
        for key, values in payload.get("n", {}).items():
            if key not in self.counts or self.counts[key][-1] <= values[-1]:
                self.counts[key] = values
        self.moved = max(self.moved, payload.get("moved", 0))
        self.here = payload.get("here", self.here)
        self.typing = payload.get("typing", self.typing)

    def _put(self, put: Put) -> None:
        """Keep the list of the first put: an edit right after the post must still insert."""
        earlier = self.puts.get(put["id"])
        if earlier is not None and not put["into"]:
            put = {"id": put["id"], "into": earlier["into"], "html": put["html"]}
        self.cuts.pop(put["id"], None)
        self.puts[put["id"]] = put

    def __bool__(self) -> bool:
        return bool(self.has_items or self.counts or self._is_about_people)

    @property
    def has_items(self) -> bool:
        """Whether something besides counts and presence is told."""
        return bool(self.numbers or self.puts or self.cuts or self.moved)

    @property
    def _is_about_people(self) -> bool:
        return self.here is not None or self.typing is not None

    def payload(self) -> Payload:
        """Give the merged message back, for the other processes."""
        merged: Payload = {}
        if self.numbers:
            merged["s"] = self.numbers
        if self.puts:
            merged["put"] = list(self.puts.values())
        if self.cuts:
            merged["cut"] = list(self.cuts)
        if self.counts:
            merged["n"] = self.counts
        if self.moved:
            merged["moved"] = self.moved
        if self.typing is not None:
            merged["typing"] = self.typing
        return merged

    def text(self, language: str, *, counts: bool = True) -> str:
        """Encode for the browsers of one language: once, whatever the number of sockets."""
        key = (language, counts)
        if key not in self._texts:
            self._texts[key] = self._encode(language, counts=counts)
        return self._texts[key]

    def _encode(self, language: str, *, counts: bool) -> str:
        told: dict[str, object] = {"t": self.topic}
        if self.numbers:
            told["s"] = self.numbers
        if self.puts:
            told["put"] = [[p["id"], p["into"], p["html"].get(language, "")] for p in self._shown()]
        if self.cuts:
            told["cut"] = list(self.cuts)
        told |= self._moved(self.moved) if self.moved else {}
        rest = self._rest(counts=counts)
        text = encode(told | rest)
        if self.puts and len(text.encode()) > FRAME_BYTES:
            return encode({"t": self.topic} | self._moved(max(self.numbers, default=1)) | rest)
        return text

    def _shown(self) -> list[Put]:
        return list(self.puts.values())

    def _moved(self, number: int) -> dict[str, object]:
        return {"moved": max(number, self.moved), "spread": self.spread}

    def _rest(self, *, counts: bool) -> dict[str, object]:
        rest: dict[str, object] = {}
        if counts and self.counts:
            rest["n"] = self.counts
        if self.here is not None:
            rest["here"] = self.here
        if self.typing is not None:
            rest["typing"] = self.typing
        return rest


def encode(message: Mapping[str, object]) -> str:
    """Write compact JSON."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))
