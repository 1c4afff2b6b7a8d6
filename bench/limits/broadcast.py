"""The limit: a WebSocket broadcaster on the bare protocol. Usage: python -m … --port N.

No ping, no rights, no back-pressure, no order between processes: only the writes to sockets.
"""

import asyncio
import base64
import hashlib
import sys

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
SHORT, MEDIUM = 126, 127


class Listener(asyncio.Protocol):
    """One socket; what it says, all hear."""

    everybody: set[asyncio.WriteTransport] = set()

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self._is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Shake hands once, then pass every frame on."""
        assert self._transport is not None
        if not self._is_open:
            self._is_open = True
            key = data.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
            accept = base64.b64encode(hashlib.sha1(key + MAGIC).digest())  # noqa: S324 (RFC 6455)
            self._transport.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
            )
            self.everybody.add(self._transport)
            return
        frame = unmasked(data)
        for transport in self.everybody:
            transport.write(frame)

    def connection_lost(self, _error: Exception | None) -> None:
        """Forget it."""
        if self._transport is not None:
            self.everybody.discard(self._transport)


def unmasked(data: bytes) -> bytes:
    """Take the (zero) mask of a short text frame off."""
    size = data[1] & 0x7F
    if size < SHORT:
        return bytes([data[0], size]) + data[6 : 6 + size]
    return bytes([data[0], size]) + data[2:4] + data[8 : 8 + int.from_bytes(data[2:4], "big")]


async def main(port: int) -> None:
    """Serve for ever."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Listener, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[-1])))
