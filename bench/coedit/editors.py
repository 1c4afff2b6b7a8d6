"""Editors that cost the load little: what they type is made beforehand, most only count frames."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from bench.coedit.dialect import Dialect
from bench.load.websocket import BINARY, Socket
from bench.site import HOST
from proposals.coedit.guard import scan
from proposals.coedit.protocol import EMPTY_UPDATE, Kind, Reader, Sync, sync_frame
from proposals.coedit.vocabulary import SCHEMA, VOCABULARIES

FOR_EVER = 2**31 - 1


class Known(dict[int, int]):
    """How far each typing client is known; what nobody here types is known for ever."""

    def get(self, client: int, _default: int = 0) -> int:  # type: ignore[override]
        """Never ask for what was before."""
        return super().get(client, FOR_EVER)


@dataclass
class Ledger:
    """When each character left, and how long until the observed editors had it."""

    sent_at: dict[tuple[int, int], float] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    sent: int = 0
    refused: list[str] = field(default_factory=list)


def seed_state() -> bytes:
    """Make a text of one paragraph, as every contestant begins with it."""
    doc: Doc[XmlFragment] = Doc(client_id=1)
    root = doc.get("default", type=XmlFragment)
    root.children.append(XmlElement("paragraph", {}, [XmlText("Kami minta jalur sepeda.")]))
    return doc.get_update()


def strokes(client: int, state: bytes, number: int) -> Iterator[tuple[int, bytes]]:
    """Type one letter after the other into the first paragraph; gives the clock and the update."""
    doc: Doc[XmlFragment] = Doc(client_id=client)
    doc.apply_update(state)
    root = doc.get("default", type=XmlFragment)
    paragraph = root.children[0]
    assert isinstance(paragraph, XmlElement)
    text = paragraph.children[0]
    assert isinstance(text, XmlText)
    kept: list[bytes] = []
    doc.observe(lambda event: kept.append(event.update))
    for _each in range(number):
        text.insert(0, "x")
    yield from enumerate(kept, start=1)


class Editor:
    """One person in one text."""

    def __init__(self, dialect: Dialect, client: int, ledger: Ledger, *, observes: bool) -> None:
        self.dialect = dialect
        self.client = client
        self._ledger = ledger
        self._observes = observes
        self._known = Known()
        self.strokes: list[tuple[int, bytes]] = []
        self.state = b""
        self.synced: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.frames = self.seen = self.acked = 0
        self.socket: Socket | None = None

    async def join(self, port: int, request: bytes) -> "Editor":
        """Connect and wait for the text."""
        loop = asyncio.get_running_loop()
        _transport, self.socket = await loop.create_connection(
            lambda: Socket(request, self.take), HOST, port
        )
        await asyncio.wait_for(asyncio.shield(self.socket.opened), 30)
        for frame in self.dialect.hello():
            self.socket.say(frame, opcode=BINARY)
        await asyncio.wait_for(asyncio.shield(self.synced), 30)
        return self

    def watch(self, others: Mapping[int, "Editor"]) -> None:
        """From now on count what the others type; one's own letters need not come back."""
        for client in others.keys() - {self.client}:
            self._known[client] = 0

    def take(self, socket: Socket, payload: bytes) -> None:
        """Answer what must be answered; decode updates only as an observer."""
        frame = self.dialect.unwrap(payload)
        if frame[0] == Kind.SYNC:
            self._sync(socket, frame)
        elif frame[0] == Kind.ACK and self.dialect.document is not None:
            self.acked += Reader(frame[1:]).uint()
        elif frame[0] == Kind.REFUSED and self.dialect.document is not None:
            self._ledger.refused.append(Reader(frame[1:]).text())

    def _sync(self, socket: Socket, frame: bytes) -> None:
        if frame[1] == Sync.UPDATE:
            self.frames += 1
            if self._observes:
                self._observe(frame)
        elif frame[1] == Sync.STEP1:
            answer = sync_frame(Sync.STEP2, EMPTY_UPDATE)
            socket.say(self.dialect.wrap(answer), opcode=BINARY)
        elif not self.synced.done():
            reader = Reader(frame)
            reader.uint()
            reader.uint()
            self.state = reader.bytes()
            self.synced.set_result(None)

    def _observe(self, frame: bytes) -> None:
        now = time.perf_counter()
        reader = Reader(frame)
        reader.uint()
        reader.uint()
        for client, end in scan(reader.bytes(), self._known, VOCABULARIES[SCHEMA]).ends.items():
            for clock in range(self._known.get(client), end):
                if began := self._ledger.sent_at.get((client, clock)):
                    self._ledger.latencies.append(now - began)
                    self.seen += 1
            self._known[client] = end

    async def type(self, seconds: float, rate: float, offset: float) -> None:
        """Send what was made, at a steady pace."""
        began = time.perf_counter() + offset
        for number in range(round(seconds * rate)):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            _number, update = self.strokes.pop(0)
            clock = self._ledger_clock(update)
            self._ledger.sent_at[self.client, clock] = time.perf_counter()
            self._ledger.sent += 1
            if self.socket is not None:
                frame = self.dialect.wrap(sync_frame(Sync.UPDATE, update))
                self.socket.say(frame, opcode=BINARY)

    def _ledger_clock(self, update: bytes) -> int:
        reader = Reader(update)
        for _skipped in range(3):  # one client, its structs, its number
            reader.uint()
        return reader.uint()
