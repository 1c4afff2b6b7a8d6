"""What one topic tells its open pages within one tick: the last value of a key wins."""

import json
from collections.abc import Mapping, Sequence
from typing import Required, TypedDict

FRAME_BYTES = 32_768
"""A longer frame says `moved` instead: the pages fetch what they show."""

LONGEST_SPREAD = 2_000
"""Milliseconds over which the pages of a full room spread their fetching."""


class Age(TypedDict, total=False):
    """How new a word about an element is: what is older never comes after it.

    Within a topic its number decides; between topics that tell of the same element, the moment at
    which the number was taken, in microseconds of the database's clock.
    """

    at: int
    when: int


class Put(Age):
    """An element to put: its id, the list it belongs to (or nothing), its HTML per language."""

    id: Required[str]
    into: Required[str]
    html: Required[Mapping[str, str]]


class Cut(Age):
    """An element to take away."""

    id: Required[str]


class Payload(TypedDict, total=False):
    """One message of a topic, as verbs send it and as processes pass it on."""

    s: Sequence[int]
    put: Sequence[Put]
    cut: Sequence[Cut]
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
        self.cuts: dict[str, Cut] = {}
        self.counts: dict[str, Sequence[int]] = {}
        self.moved = 0
        self.spread = 0
        self.here: int | None = None
        self.typing: int | None = None
        self._texts: dict[tuple[str, bool], str] = {}

    def add(self, payload: Payload) -> None:
        """Merge a message: the newest word about an element, whatever came first, and counts."""
        numbers = payload.get("s", ())
        own: Age = {"at": max(numbers, default=0), "when": 0}
        self.numbers.extend(numbers)
        for put in payload.get("put", ()):
            self._put({**own, **put})
        for cut in payload.get("cut", ()):
            self._cut({**own, **cut})
        for key, values in payload.get("n", {}).items():
            if key not in self.counts or self.counts[key][-1] <= values[-1]:
                self.counts[key] = values
        self.moved = max(self.moved, payload.get("moved", 0))
        self.here = payload.get("here", self.here)
        self.typing = payload.get("typing", self.typing)

    def _put(self, put: Put) -> None:
        """Keep the newest words and the list that any of them named: an edit still inserts."""
        dom_id = put["id"]
        if dom_id in self.cuts and self.cuts[dom_id]["at"] > put["at"]:
            return
        self.cuts.pop(dom_id, None)
        earlier = self.puts.get(dom_id, put)
        newest, other = (earlier, put) if earlier["at"] > put["at"] else (put, earlier)
        self.puts[dom_id] = {**newest, "into": newest["into"] or other["into"]}

    def _cut(self, cut: Cut) -> None:
        for known in (self.puts, self.cuts):
            if cut["id"] in known and known[cut["id"]]["at"] > cut["at"]:
                return
        self.puts.pop(cut["id"], None)
        self.cuts[cut["id"]] = cut

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
            merged["cut"] = list(self.cuts.values())
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
            puts = self.puts.values()
            told["put"] = [[p["id"], p["into"], p["html"].get(language, "")] for p in puts]
        if self.cuts:
            told["cut"] = list(self.cuts)
        if self.puts or self.cuts:
            told["age"] = self._ages()
        told |= self._moved(self.moved) if self.moved else {}
        rest = self._rest(counts=counts)
        text = encode(told | rest)
        if self.puts and len(text.encode()) > FRAME_BYTES:
            return encode({"t": self.topic} | self._moved(max(self.numbers, default=1)) | rest)
        return text

    def _ages(self) -> dict[str, list[int]]:
        """How new each word is, as `{id: [at, when]}`."""
        words: list[Put | Cut] = [*self.puts.values(), *self.cuts.values()]
        return {word["id"]: [word["at"], word["when"]] for word in words}

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
