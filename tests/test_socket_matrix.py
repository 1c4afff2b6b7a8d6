"""Every message of every socket, by everybody: the consumer's table says who may send it.

The tables are read from the consumers; a message without a sender below fails.
"""

import json
from collections.abc import Awaitable, Callable

import pytest

from consultations.models import Consultation, Publication, Thread
from portal.accounts.models import User
from portal.agencies.models import Agency, Member
from portal.live.consumer import LiveConsumer
from proposals.coedit.consumer import CoeditConsumer
from proposals.coedit.protocol import Kind, Sync, sync_frame
from proposals.models import Document
from tests.conftest import in_office, person
from tests.live import in_a_thread, open_page, watch
from tests.matrix import HOLDS, INSIDE, is_entitled
from tests.proposals.conftest import document, proposal, rooms
from tests.proposals.editors import Editor, caret, editor, open_editor

__all__ = ["document", "proposal", "rooms"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("rooms")]

Heard = Callable[[Editor], Awaitable[bool]]


@pytest.fixture
def people(
    agency: Agency, siti: User, budi: User, moderator: User, officer: User, foreign_officer: User
) -> dict[str, User | None]:
    """One person of each kind; the author is the one who proposed."""
    return {
        "visitor": None,
        "citizen": budi,
        "author": siti,
        "moderator": moderator,
        "officer": officer,
        "owner": in_office(agency, "Ketua", Member.Role.OWNER),
        "foreign_officer": foreign_officer,
        "administrator": person("Admin", is_staff=True, is_superuser=True, is_demo=True),
    }


async def types(editor: Editor) -> bool:
    """Whether what is typed is kept."""
    await editor.type(" Sekata lagi.")
    await editor.until(lambda: editor.text.refused or editor.text.acked == editor.text.sent)
    return not editor.text.refused


async def offers_text(editor: Editor) -> bool:
    """Whether text that waited on the device is kept when the connection is there again."""
    editor.text.type(" Dari luring.")
    editor.text.unsent.clear()
    editor.text.sent += 1
    await editor.say(sync_frame(Sync.STEP2, editor.text.doc.get_update()))
    await editor.until(lambda: editor.text.refused or editor.text.acked == editor.text.sent)
    return not editor.text.refused


async def asks_for_text(editor: Editor) -> bool:
    """Whether the text is handed out."""
    editor.text.is_synced = False
    await editor.say(sync_frame(Sync.STEP1, b"\x00"))
    await editor.until(lambda: editor.text.is_synced)
    return "Cemara" in editor.text.words


async def asks_who_is_here(editor: Editor) -> bool:
    """Whether the question is answered or at least allowed: the socket stays open."""
    await editor.say(bytes([Kind.QUERY_AWARENESS]))
    await editor.hear_all()
    return editor.code is None


async def points(editor: Editor) -> bool:
    """Whether others see the caret: the editor itself asks who is here."""
    await editor.point({"cursor": caret()})
    await editor.say(bytes([Kind.QUERY_AWARENESS]))
    await editor.hear_all()
    return editor.code is None


SENDERS: dict[str, Heard] = {
    "sync step 1": asks_for_text,
    "sync step 2": offers_text,
    "update": types,
    "awareness": points,
    "query awareness": asks_who_is_here,
}
IGNORED = frozenset({"awareness"})
"""What nobody is refused for: a caret that may not be is not shown."""


def test_every_message_is_sent_here(people: dict[str, User | None]) -> None:
    assert set(people) == set(HOLDS)
    assert set(SENDERS) == set(CoeditConsumer.messages)
    assert set(LiveConsumer.messages) == {"typing", "rested"}


@pytest.mark.parametrize("message", sorted(CoeditConsumer.messages))
async def test_a_text_takes_a_message_from_whom_its_row_names(
    document: Document, people: dict[str, User | None], message: str
) -> None:
    for actor, user in people.items():
        opened = await open_editor(document, user)

        is_taken = await SENDERS[message](opened)

        entitled = is_entitled(actor, CoeditConsumer.messages[message])
        assert is_taken is (entitled or message in IGNORED), actor
        await opened.leave()


async def test_the_caret_of_a_visitor_is_shown_to_nobody(
    document: Document, people: dict[str, User | None]
) -> None:
    reader, writer = (
        await open_editor(document, None),
        await open_editor(document, people["author"]),
    )

    await reader.point({"cursor": caret()})
    await writer.hear_all()

    assert reader.text.client not in writer.text.people
    await reader.leave()
    await writer.leave()


async def test_a_thread_takes_typing_from_whom_its_row_names(
    thread: Thread, people: dict[str, User | None]
) -> None:
    for actor, user in people.items():
        page, _connected = await watch(thread, user=user)

        await page.send_to(json.dumps({"typing": thread.topic}))

        if is_entitled(actor, LiveConsumer.messages["typing"]):
            while "typing" not in json.loads(await page.next_text()):
                pass
        else:
            assert await page.closing_code() == 4403, actor
        await page.disconnect()


async def test_a_draft_is_joined_by_those_inside_only(
    document: Document, consultation: Consultation, people: dict[str, User | None]
) -> None:
    await in_a_thread(Publication.objects.all().delete)

    for actor, user in people.items():
        opened = await editor(document, user)
        await opened.connect()
        page = await open_page([f"{consultation.topic}@0"], user=user)
        await page.connect()

        if actor in INSIDE:
            assert json.loads(await page.next_text())["t"] == consultation.topic
            await opened.until(lambda: opened.frames)  # noqa: B023  awaited at once
        else:
            assert await page.closing_code() == 4404, actor
            await opened.until(lambda: opened.code)  # noqa: B023  awaited at once
            assert opened.code == 4404, actor
        await opened.leave()
