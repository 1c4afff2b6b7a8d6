"""Strings that break programs, said on sockets: kept exactly, or answered with a closing code."""

import json
from typing import Any

import pytest

from consultations.models import Thread
from portal.accounts.models import User
from portal.live import consumer
from proposals.models import Document
from tests.live import PATIENCE, watch
from tests.proposals.conftest import document, proposal, rooms
from tests.proposals.editors import Editor, open_editor
from tests.security.test_naughty_strings import NAMES, NAUGHTY

__all__ = ["document", "proposal", "rooms"]

pytestmark = pytest.mark.django_db(transaction=True)

STRINGS = [text for text in (*NAUGHTY, *NAMES) if text and "\0" not in text]
AT_ONCE = 20
CLOSED = {consumer.TOO_LONG, consumer.NOT_UNDERSTOOD}


def paragraphs(editor: Editor) -> list[str]:
    """Give the paragraphs of a text as this person's browser holds them."""
    blocks: list[Any] = list(editor.text.root.children)
    return ["".join(str(part) for part in block.children) for block in blocks]


@pytest.mark.usefixtures("rooms")
async def test_a_text_written_together_keeps_every_string_exactly(
    document: Document, siti: User, budi: User
) -> None:
    writer, reader = await open_editor(document, siti), await open_editor(document, budi)
    before = paragraphs(writer)

    for start in range(0, len(STRINGS), AT_ONCE):
        for text in STRINGS[start : start + AT_ONCE]:
            writer.text.add_paragraph(text)
        await writer.send_unsent()
        await writer.until(
            lambda: writer.text.refused or writer.text.acked == writer.text.sent, seconds=PATIENCE
        )
        assert not writer.text.refused, (start, writer.text.refused)

    assert (writer.text.refused, writer.code) == ("", None)
    await reader.until(lambda: len(paragraphs(reader)) == len(before) + len(STRINGS))
    assert paragraphs(reader) == before + STRINGS
    later = await open_editor(document, budi)
    assert paragraphs(later) == before + STRINGS
    writer.text.add_paragraph("\0nul")  # no database keeps it
    await writer.send_unsent()
    await writer.until(lambda: writer.text.refused)
    assert writer.text.refused == "malformed"


async def test_a_live_page_survives_every_string(
    thread: Thread, siti: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "FRAMES_PER_SECOND", 10 * len(STRINGS))
    page, _connected = await watch(thread, user=siti)
    spoken = [json.dumps({"typing": text}) for text in STRINGS]
    for frame in spoken:
        if len(frame) <= consumer.FRAME_BYTES:
            await page.send_to(frame)

    for text in STRINGS[::10]:
        stranger, _connected = await watch(thread, user=siti)
        await stranger.send_to(text)
        assert await stranger.closing_code() in CLOSED, text

    assert await page.receive_nothing()
    await page.disconnect()
