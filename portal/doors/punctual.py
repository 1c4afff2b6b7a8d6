"""Half-open requests end by themselves: the proxy in front does this too, where there is one."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADERS_WITHIN = 20.0
"""Seconds from the first byte (or from connecting) to the end of the headers, however they drip."""
BODY_SILENCE = 20.0
"""Seconds between two pieces of a body."""


class PunctualProtocol(HttpToolsProtocol):
    """Lets go of a peer that begins a request and does not go on."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect(HEADERS_WITHIN)

    def data_received(self, data: bytes) -> None:
        """Take bytes in, then see what is still to come: headers, body, or nothing."""
        super().data_received(data)
        if self not in self.connections or self.transport.is_closing():  # a WebSocket by now
            self._forget()
        elif self.cycle is None or self.cycle.response_complete:
            if self._deadline is None:
                self._expect(HEADERS_WITHIN)
        else:
            self._forget()
            if self.cycle.more_body:
                self._expect(BODY_SILENCE)

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def _expect(self, seconds: float) -> None:
        self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _forget(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
