"""An open page for tests: `socket, connected = await watch(thread, user=siti)`."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.db import close_old_connections
from django.test import Client

from portal.accounts.models import User
from portal.live.consumer import LiveConsumer
from portal.live.models import heads
from portal.live.publish import Addressed

ORIGIN = b"http://testserver"
PRESENCE = {"t", "here", "typing"}
PATIENCE = 5.0
"""Seconds that a busy machine may take for anything."""

NOISE = {"beat", "slower"}


untyped_communicator: Any = ApplicationCommunicator


class OpenPage:
    """A socket that leaves out what is said without anybody having done anything.

    The one in `channels.testing` needs daphne, which has no back-pressure and is not used here.
    """

    def __init__(self, query: str, headers: list[tuple[bytes, bytes]]) -> None:
        scope = {
            "type": "websocket",
            "path": "/live/",
            "query_string": query.encode(),
            "headers": headers,
            "client": ("127.0.0.1", 50_000),
        }
        self._app = untyped_communicator(LiveConsumer.as_asgi(), scope)

    async def connect(self) -> bool:
        """Shake hands; says whether the socket was accepted."""
        await self._app.send_input({"type": "websocket.connect"})
        return bool((await self._app.receive_output(PATIENCE))["type"] == "websocket.accept")

    async def send_to(self, text: str) -> None:
        """Say something, as a browser would."""
        await self._app.send_input({"type": "websocket.receive", "text": text})

    async def send_bytes(self, data: bytes) -> None:
        """Say something that is no text."""
        await self._app.send_input({"type": "websocket.receive", "bytes": data})

    async def disconnect(self) -> None:
        """Close the tab."""
        await self._app.send_input({"type": "websocket.disconnect", "code": 1001})
        await self._app.wait(PATIENCE)

    async def next_text(self) -> str:
        """Wait for the next frame, whatever it says."""
        output = await self._app.receive_output(PATIENCE)
        assert output["type"] == "websocket.send", output
        return str(output["text"])

    async def receive_from(self) -> str:
        """Wait for the next frame that says more than who is here."""
        while is_noise(text := await self.next_text()):
            pass
        return text

    async def receive_nothing(self, seconds: float = 0.3) -> bool:
        """Whether nothing was said for longer than a tick."""
        while not await self._app.receive_nothing(seconds):
            if not is_noise(await self.next_text()):
                return False
        return True

    async def everything(self, seconds: float = 0.3) -> str:
        """Take all frames until it is quiet for so long."""
        texts = []
        while not await self._app.receive_nothing(seconds):
            texts.append(await self.next_text())
        return "\n".join(texts)

    async def told(self) -> dict[str, Any]:
        """Wait for a frame and read it."""
        said = json.loads(await self.receive_from())
        assert isinstance(said, dict)
        return said

    async def closing_code(self, seconds: float = PATIENCE) -> int:
        """Wait until the server closes, whatever it says before."""
        while True:
            output = await self._app.receive_output(seconds)
            if output["type"] == "websocket.close":
                return int(output["code"])

    async def greetings(self, number: int) -> list[dict[str, Any]]:
        """Take what a page is told when it has joined: one frame per topic."""
        told: list[dict[str, Any]] = []
        while len(told) < number:
            said = json.loads(await self.next_text())
            told += [said] if "t" in said else []
        return told


def is_noise(text: str) -> bool:
    """Whether a frame tells only of presence, silence or speed."""
    said = set(json.loads(text))
    return said <= PRESENCE or said <= NOISE


async def watch(
    *nouns: Addressed, user: User | None = None, language: str = "id"
) -> tuple[OpenPage, bool]:
    """Open a page that was rendered just now, and take its greetings."""
    known = await in_a_thread(heads, [noun.topic for noun in nouns])
    page = await open_page(
        [f"{topic}@{head}" for topic, head in known.items()], user=user, language=language
    )
    if connected := await page.connect():
        await page.greetings(len(known))
    return page, connected


async def open_page(
    topics: list[str],
    *,
    user: User | None = None,
    language: str = "id",
    origin: bytes | None = ORIGIN,
) -> OpenPage:
    """Make a page with a login session, not yet connected."""
    headers = [(b"host", b"testserver")]
    if origin is not None:
        headers.append((b"origin", origin))
    if user is not None:
        key = await in_a_thread(login_session, user)
        headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={key}".encode()))
    query = urlencode({"topic": topics, "lang": language}, doseq=True)
    return OpenPage(query, headers)


def login_session(user: User) -> str:
    """Sign the person in; gives the key of the login session."""
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


async def until(holds: Callable[[], object]) -> None:
    """Wait until something holds that other tasks or threads change."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def in_a_thread(function: Any, *args: Any, **kwargs: Any) -> Any:
    """Call a verb from a coroutine, in a thread whose connection goes back."""

    def call() -> Any:
        try:
            return function(*args, **kwargs)
        finally:
            close_old_connections()

    return await sync_to_async(call, thread_sensitive=False)()
