"""Half-open requests: whoever begins one and does not go on is let go within a minute."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from unittest.mock import MagicMock

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from portal.doors.management.commands.serve import configuration
from portal.doors.punctual import BODY_SILENCE, HEADERS_WITHIN, PunctualProtocol
from tests.portal.live.conftest import on_a_fake_clock

HEAD = b"GET / HTTP/1.1\r\nhost: testserver\r\n"
FORM = b"POST / HTTP/1.1\r\nhost: testserver\r\ncontent-length: 9\r\n\r\n"
UPGRADE = (
    b"GET /live/ HTTP/1.1\r\nhost: testserver\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class Peer:
    """Somebody at the other end: what was sent to them, and when they were let go."""

    def __init__(self, config: Config, state: ServerState) -> None:
        self.transport = MagicMock()
        self.transport.is_closing.side_effect = lambda: self.left_at is not None
        self.transport.get_extra_info.return_value = None
        self.transport.abort.side_effect = self.transport.close.side_effect = self._leave
        self.left_at: float | None = None
        self.protocol: Any = PunctualProtocol(config, state, {})
        self.transport.set_protocol.side_effect = self._changed
        self.protocol.connection_made(self.transport)

    def says(self, data: bytes) -> None:
        self.protocol.data_received(data)

    def _changed(self, protocol: Any) -> None:
        self.protocol = protocol

    def _leave(self) -> None:
        if self.left_at is None:
            self.left_at = asyncio.get_running_loop().time()
            self.protocol.connection_lost(None)


async def application(
    scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Reads the body, then answers in a second; a socket is accepted and left open."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        await asyncio.sleep(300)
        return
    while (await receive()).get("more_body"):
        pass
    await asyncio.sleep(1)
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def story_of(told: Callable[[Callable[[], Peer]], Awaitable[None]]) -> None:
    async def story() -> None:
        config = Config(application, http=PunctualProtocol, ws="websockets-sansio", log_config=None)
        config.load()
        state = ServerState()
        await told(lambda: Peer(config, state))
        for task in state.tasks:
            task.cancel()
        await asyncio.gather(*state.tasks, return_exceptions=True)

    on_a_fake_clock(story)


def test_the_site_is_served_punctually() -> None:
    options = {"host": "127.0.0.1", "port": 8000, "workers": 1, "reload": False}

    assert configuration(options).http is PunctualProtocol


@pytest.mark.parametrize("begun", [b"", b"G", HEAD, UPGRADE[:-2]])
def test_two_thousand_half_open_requests_are_let_go(begun: bytes) -> None:
    async def told(peer: Callable[[], Peer]) -> None:
        peers = [peer() for _peer in range(2_000)]
        for each in peers:
            if begun:
                each.says(begun)

        await asyncio.sleep(60)

        assert {each.left_at for each in peers} == {HEADERS_WITHIN}
        assert not peers[0].protocol.connections

    story_of(told)


def test_dripping_does_not_help() -> None:
    async def told(peer: Callable[[], Peer]) -> None:
        dripping = peer()
        for letter in HEAD + b"x: " + b"y" * 40:
            if dripping.left_at is None:
                dripping.says(bytes([letter]))
                await asyncio.sleep(1)

        assert dripping.left_at == HEADERS_WITHIN

    story_of(told)


def test_a_body_that_stops_is_given_up_and_a_slow_one_is_not() -> None:
    async def told(peer: Callable[[], Peer]) -> None:
        stopping, slow = peer(), peer()
        for each in (stopping, slow):
            each.says(FORM + b"a")
        for _letter in range(8):
            await asyncio.sleep(BODY_SILENCE - 1)
            slow.says(b"b")
        await asyncio.sleep(2)

        assert stopping.left_at == BODY_SILENCE
        assert slow.left_at is None
        assert b"204" in b"".join(call.args[0] for call in slow.transport.write.mock_calls)

    story_of(told)


def test_who_comes_back_on_the_same_connection_has_the_same_time() -> None:
    async def told(peer: Callable[[], Peer]) -> None:
        again = peer()
        again.says(HEAD + b"\r\n")
        await asyncio.sleep(3)
        assert again.left_at is None

        again.says(HEAD)
        await asyncio.sleep(60)

        assert again.left_at == 3 + HEADERS_WITHIN

    story_of(told)


def test_an_open_socket_is_left_open() -> None:
    async def told(peer: Callable[[], Peer]) -> None:
        socket = peer()
        socket.says(UPGRADE)
        await asyncio.sleep(29)

        assert socket.left_at is None
        assert type(socket.protocol) is not PunctualProtocol

    story_of(told)
