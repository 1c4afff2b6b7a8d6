"""Looks through an update before the CRDT library sees it. Pure bytes: no pycrdt, no Django.

The library trusts its input: nested values of 60 kB kill the process, 25 bytes cost 500 MB, and
structs that point to what nobody has are kept silently and lost. One pass over the bytes, format
V1 of yjs, decides what is refused (`Malformed`, `Breach`, `Gap`) and predicts the state
vector that applying must give. String lengths count UTF-16 units, as in a browser.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from proposals.coedit.nesting import Gap, Link, Track, refuse_deeper_than
from proposals.coedit.protocol import MAX_CLOCK, MAX_UPDATE, Reader, refuse
from proposals.coedit.values import Breach, check_json, skip_value
from proposals.coedit.vocabulary import ROOT, Vocabulary

MAX_STRUCTS = 20_000
MAX_DEPTH = 32
MIN_DEEP = (
    4 * MAX_DEPTH
)  # an element takes at least four bytes: shorter frames cannot nest too deep
MAX_GROWTH = 2**20
MAX_NAME = 128
_SCALE = 200  # a whole text against one frame

ORIGIN, RIGHT_ORIGIN, PARENT_SUB = 0x80, 0x40, 0x20
GARBAGE, DELETED, STRING, FORMAT, TYPE, ANY = 0, 1, 4, 6, 7, 8
ELEMENT, TEXT = 3, 6


@dataclass(slots=True)
class Verdict:
    """What an accepted update will do."""

    ends: dict[int, int]  # clients that grow → their clock afterwards
    elements: int  # elements and texts it brings
    units: int  # UTF-16 units of text it brings
    deletes: bool


def scan(update: bytes, known: Mapping[int, int], vocabulary: Vocabulary) -> Verdict:
    """Judge one update against the state vector `known`; raises `Malformed` and its kinds."""
    if len(update) > MAX_UPDATE:
        refuse("size")
    return _Scan(update, known, vocabulary).verdict()


def scan_checkpoint(
    state: bytes, vocabulary: Vocabulary, known: Mapping[int, int] | None = None
) -> Verdict:
    """Judge what the log holds: the same checks, but a whole text may be large."""
    return _Scan(state, known or {}, vocabulary, scale=_SCALE).verdict()


class _Scan(Reader):
    __slots__ = (
        "elements",
        "ends",
        "known",
        "link",
        "reach",
        "scale",
        "structs",
        "tracks",
        "units",
        "vocabulary",
    )  # fmt: skip

    def __init__(
        self, data: bytes, known: Mapping[int, int], vocabulary: Vocabulary, *, scale: int = 1
    ) -> None:
        super().__init__(data)
        self.scale = scale
        self.known = known
        self.vocabulary = vocabulary
        self.ends: dict[int, int] = {}  # client → end of its structs in this frame
        self.reach: dict[int, int] = {}  # client → highest clock that is pointed to
        self.tracks: dict[int, Track] = {}
        self.link: Link = None
        self.structs = self.elements = self.units = 0

    def verdict(self) -> Verdict:
        for _client in range(self.count(4)):
            self._client_structs()
        deletes = self._deletions()
        self.finish()
        self._refuse_gaps()
        if self.elements > MAX_DEPTH:
            refuse_deeper_than(MAX_DEPTH * min(self.scale, 2), self.tracks)
        known = self.known
        grown = {client: end for client, end in self.ends.items() if end > known.get(client, 0)}
        if (
            sum(end - known.get(client, 0) for client, end in grown.items())
            > MAX_GROWTH * self.scale
        ):
            refuse("growth")
        return Verdict(grown, self.elements, self.units, deletes)

    def _client_structs(self) -> None:
        count = self.uint()
        client = self.uint()
        clock = self.uint()
        if count * 2 > self.end - self.at or not count:
            refuse("count")
        self.structs += count
        if self.structs > MAX_STRUCTS * self.scale or client in self.ends:
            refuse("structs")
        if clock > self.known.get(client, 0):
            raise Gap("clock")
        if self.end > MIN_DEEP:
            clock = self._tracked_structs(client, clock, count)
        else:
            for _struct in range(count):
                clock += self._struct()
        if clock > MAX_CLOCK:
            refuse("clock")
        self.ends[client] = clock

    def _tracked_structs(self, client: int, clock: int, count: int) -> int:
        track = self.tracks[client] = Track()
        for _struct in range(count):
            track.clocks.append(clock)
            self.link = None
            clock += self._struct()
            track.links.append(self.link)
        track.end = clock
        return clock

    def _struct(self) -> int:
        """One struct; the number of clock ticks it takes."""
        info = self.byte()
        kind = info & 0x1F
        if kind == GARBAGE:
            if info:
                refuse("kind")
            return self._length()
        if info & ORIGIN:
            self.link = (False, *self._reference())
            if info & RIGHT_ORIGIN:
                self._reference()
        elif info & RIGHT_ORIGIN:
            self.link = (False, *self._reference())
        else:
            self._parent(info)
        if kind == STRING and not info & PARENT_SUB:
            return self._string()
        return self._rare(kind, named=bool(info & PARENT_SUB))

    def _rare(self, kind: int, *, named: bool) -> int:
        if kind == DELETED:
            return self._length()
        if kind == ANY and named:
            return self._values()
        if kind == FORMAT and not named:
            return self._format()
        if kind == TYPE and not named:
            return self._type()
        raise Breach("kind")

    def _reference(self) -> tuple[int, int]:
        client = self.uint()
        clock = self.uint()
        if clock > self.reach.get(client, -1):
            self.reach[client] = clock
        return client, clock

    def _parent(self, info: int) -> None:
        is_root = self.uint()
        if is_root > 1:
            refuse("parent")
        if is_root:
            if self.text() != ROOT or info & 0x1F not in (TYPE, DELETED) or info & PARENT_SUB:
                raise Breach("root")
        else:
            self.link = (True, *self._reference())
        if info & PARENT_SUB and self.text() not in self.vocabulary.attributes:
            raise Breach("attribute")

    def _length(self) -> int:
        length = self.uint()
        if not length:
            refuse("empty")
        return length

    def _string(self) -> int:
        text = self.text()
        units = len(text) if text.isascii() else len(text.encode("utf-16-le")) >> 1
        if not units:
            refuse("empty")
        self.units += units
        return units

    def _format(self) -> int:
        name = self.text()
        if name.split("--", 1)[0] not in self.vocabulary.marks or len(name) > MAX_NAME:
            raise Breach("mark")
        value = self.text()
        if value not in ("null", "{}", "true"):
            check_json(value)
        return 1

    def _type(self) -> int:
        kind = self.uint()
        if kind == ELEMENT:
            if self.text() not in self.vocabulary.nodes:
                raise Breach("node")
        elif kind != TEXT:
            raise Breach("type")
        self.elements += 1
        return 1

    def _values(self) -> int:
        count = self.count(1)
        if not count:
            refuse("empty")
        for _value in range(count):
            skip_value(self)
        return count

    def _deletions(self) -> bool:
        clients = self.count(4)
        seen: set[int] = set()
        for _client in range(clients):
            client = self.uint()
            if client in seen:
                refuse("deletions")
            seen.add(client)
            for _range in range(self.count(2)):
                last = self.uint() + self._length() - 1
                if last > self.reach.get(client, -1):
                    self.reach[client] = last
        return bool(clients)

    def _refuse_gaps(self) -> None:
        ends, known = self.ends, self.known
        for client, clock in self.reach.items():
            if clock >= ends.get(client, 0) and clock >= known.get(client, 0):
                raise Gap("reference")
