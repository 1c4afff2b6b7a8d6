"""An open editor for tests: it speaks the frames that a browser speaks and keeps count of acks."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from pycrdt import Doc, TransactionEvent, XmlElement, XmlFragment, XmlText

from portal.accounts.models import User
from proposals.coedit import replay
from proposals.coedit.consumer import CoeditConsumer
from proposals.coedit.crdt import Copy
from proposals.coedit.protocol import (
    EMPTY_UPDATE,
    Kind,
    Presence,
    Reader,
    Sync,
    awareness_frame,
    read_awareness,
    sync_frame,
)  # fmt: skip
from proposals.coedit.render import to_text
from proposals.models import Document
from tests.live import ORIGIN, in_a_thread, login_session, untyped_communicator


def caret(clock: int = 1) -> dict[str, Any]:
    """A selection as y-prosemirror says it: two relative positions of Yjs."""
    position = {"type": None, "tname": None, "item": {"client": 5, "clock": clock}, "assoc": 0}
    return {"anchor": position, "head": dict(position)}


class Typing:
    """A text in the hands of one person: what a browser's editor does with it."""

    def __init__(self, client: int) -> None:
        self.client = client
        self.doc: Doc[XmlFragment] = Doc(client_id=client)
        self.root = self.doc.get("default", type=XmlFragment)
        self.unsent: list[bytes] = []
        self.is_own = False
        self.doc.observe(self._keep)
        self.sent = self.acked = 0
        self.refused = ""
        self.notices: list[dict[str, Any]] = []
        self.people: dict[int, Any] = {}
        self.is_synced = False
        self.updates = 0

    def _keep(self, event: TransactionEvent) -> None:
        if self.is_own:
            self.unsent.append(event.update)

    def type(self, words: str, *, block: int = 0, at: int | None = None) -> None:
        """Put words into a paragraph, at its end unless told otherwise."""
        text = self._text(block)
        self._by_hand(lambda: text.insert(len(text) if at is None else at, words))

    def delete(self, start: int, stop: int, *, block: int = 0) -> None:
        text = self._text(block)
        self._by_hand(lambda: text.__delitem__(slice(start, stop)))

    def add_paragraph(self, words: str) -> None:
        self._by_hand(
            lambda: self.root.children.append(XmlElement("paragraph", {}, [XmlText(words)]))
        )

    def _text(self, block: int) -> XmlText:
        found: Any = list(self.root.children)[block]
        if not len(found.children):
            self._by_hand(lambda: found.children.append(XmlText("")))
        text: XmlText = found.children[0]
        return text

    def _by_hand(self, change: Callable[[], object]) -> None:
        self.is_own = True
        with self.doc.transaction():
            change()
        self.is_own = False

    @property
    def words(self) -> str:
        return to_text(Copy([self.doc.get_update()]).blocks())

    def answers(self, frame: bytes) -> list[bytes]:
        """Take a frame of the server in; what a browser would send back."""
        reader = Reader(frame)
        kind = reader.uint()
        if kind == Kind.SYNC:
            return self._sync(Sync(reader.uint()), reader.bytes())
        if kind == Kind.ACK:
            self.acked += reader.uint()
        elif kind == Kind.REFUSED:
            self.refused = reader.text()
        elif kind == Kind.NOTICE:
            self.notices.append(json.loads(reader.text()))
        elif kind == Kind.AWARENESS:
            for presence in read_awareness(reader.bytes()):
                self.people[presence.client] = json.loads(presence.state)
        return []

    def _sync(self, step: Sync, body: bytes) -> list[bytes]:
        if step == Sync.STEP1:
            update = self.doc.get_update(body)
            self.sent += update != EMPTY_UPDATE
            self.unsent.clear()
            return [sync_frame(Sync.STEP2, update)]
        self.doc.apply_update(body)
        self.is_synced = self.is_synced or step == Sync.STEP2
        self.updates += step == Sync.UPDATE
        return []

    def take_unsent(self) -> list[bytes]:
        frames = [sync_frame(Sync.UPDATE, update) for update in self.unsent]
        self.sent += len(frames)
        self.unsent.clear()
        return frames


class Editor:
    """An editor on the consumer itself, inside the test's process."""

    def __init__(self, document: Document, client: int, session: str | None, **query: Any) -> None:
        headers = [(b"host", b"testserver"), (b"origin", query.pop("origin", ORIGIN))]
        if session:
            headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={session}".encode()))
        asked = {"epoch": document.epoch, "schema": document.schema_version, "client": client}
        scope = {
            "type": "websocket", "path": f"/coedit/{document.pk}/", "headers": headers,
            "query_string": urlencode({**asked, **query}).encode(),
            "client": ("127.0.0.1", 50_000),
        }  # fmt: skip
        self._app = untyped_communicator(CoeditConsumer.as_asgi(), scope)
        self.text = Typing(client)
        self.code: int | None = None
        self.frames: list[bytes] = []

    async def connect(self) -> bool:
        await self._app.send_input({"type": "websocket.connect"})
        return bool((await self._app.receive_output(5))["type"] == "websocket.accept")

    async def join(self) -> "Editor":
        """Shake hands and wait for the whole text."""
        self.text.sent = self.text.acked = 0  # both count per connection
        self.text.is_synced = False
        assert await self.connect()
        await self.say(sync_frame(Sync.STEP1, self.text.doc.get_state()))
        await self.until(lambda: self.text.is_synced or self.code is not None)
        return self

    async def say(self, frame: bytes) -> None:
        await self._app.send_input({"type": "websocket.receive", "bytes": frame})

    async def type(self, words: str, **where: int) -> None:
        self.text.type(words, **where)
        await self.send_unsent()

    async def send_unsent(self) -> None:
        for frame in self.text.take_unsent():
            await self.say(frame)

    async def point(self, state: object, *, client: int | None = None, clock: int = 1) -> None:
        """Say where the caret is, in a state of one's own making."""
        presence = Presence(client or self.text.client, clock, json.dumps(state))
        await self.say(awareness_frame([presence]))

    async def hear(self, seconds: float = 3.0) -> None:
        """Take one frame in."""
        output = await self._app.receive_output(seconds)
        if output["type"] == "websocket.close":
            self.code = output["code"]
            return
        self.frames.append(output["bytes"])
        for answer in self.text.answers(output["bytes"]):
            await self.say(answer)

    async def until(self, holds: Callable[[], object], seconds: float = 3.0) -> None:
        """Take frames in until something holds."""
        async with asyncio.timeout(seconds):
            while not holds():
                await self.hear(seconds)

    async def saved(self) -> None:
        await self.until(lambda: self.text.acked == self.text.sent)

    async def hear_all(self, seconds: float = 0.15) -> None:
        """Take in whatever comes until nothing comes any more."""
        while not await self._app.receive_nothing(seconds):
            await self.hear()

    async def leave(self) -> None:
        await self._app.send_input({"type": "websocket.disconnect", "code": 1001})
        await self._app.wait(2)


_clients = iter(range(10_000, 10_000_000))


async def editor(
    document: Document, user: User | None, *, client: int | None = None, **query: Any
) -> Editor:
    """Make an editor with a login session, not yet connected."""
    session = await in_a_thread(login_session, user) if user else None
    return Editor(document, client or next(_clients), session, **query)


async def open_editor(document: Document, user: User | None, **query: Any) -> Editor:
    """Open the text and wait until it is there."""
    return await (await editor(document, user, **query)).join()


async def logged(document: Document) -> str:
    """The words of a cold start."""
    loaded = await in_a_thread(replay.build, document.pk)
    return to_text(loaded.copy.blocks())
