"""Writing together as tutorials show it: apply, INSERT, tell the group; one row per update.

Kept honest: pycrdt holds the live text, the row is committed before the others are told, nobody
decodes more than they must.
"""

import asyncio
import os
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import django

django.setup()

import psycopg  # noqa: E402
from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter  # noqa: E402
from pycrdt import Doc, XmlFragment  # noqa: E402

from proposals.coedit.protocol import Kind, Reader, Sync, sync_frame  # noqa: E402

TABLE = """
    CREATE TABLE IF NOT EXISTS bench_update (
        id bigserial PRIMARY KEY, text varchar(80) NOT NULL, payload bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now())
"""
STORE = "INSERT INTO bench_update (text, payload) VALUES (%s, %s)"
docs: dict[str, Doc[XmlFragment]] = {}
locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)


@cache
def database() -> psycopg.Connection[Any]:
    """One connection for the process: kinder than a thread hop to Django's ORM."""
    link = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    link.execute(TABLE)
    return link


def doc_of(name: str) -> Doc[XmlFragment]:
    """Give the live text."""
    if name not in docs:
        docs[name] = Doc()
        docs[name].apply_update(Path(os.environ["BENCH_STATE"]).read_bytes())
    return docs[name]


class PadConsumer(AsyncWebsocketConsumer):
    """One socket of one text."""

    async def connect(self) -> None:
        """Join the group, then say what is known."""
        self.name = self.scope["path"].strip("/")
        await self.channel_layer.group_add(self.name, self.channel_name)
        await self.accept()
        state = doc_of(self.name).get_state()
        await self.send(bytes_data=sync_frame(Sync.STEP1, state))

    async def disconnect(self, code: int) -> None:
        """Leave."""
        await self.channel_layer.group_discard(self.name, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Answer a question; apply, store and pass on an update."""
        reader = Reader(bytes_data or b"\x03")
        if reader.uint() != Kind.SYNC:
            return
        step, body = reader.uint(), reader.bytes()
        doc = doc_of(self.name)
        if step == Sync.STEP1:
            await self.send(bytes_data=sync_frame(Sync.STEP2, doc.get_update(body)))
        elif body != b"\x00\x00":
            doc.apply_update(body)
            await asyncio.to_thread(database().execute, STORE, (self.name, body))
            message = {"type": "pad.update", "frame": sync_frame(Sync.UPDATE, body)}
            await self.channel_layer.group_send(self.name, message)

    async def pad_update(self, event: dict[str, Any]) -> None:
        """Tell the browser."""
        await self.send(bytes_data=event["frame"])


application = ProtocolTypeRouter({"websocket": PadConsumer.as_asgi()})
