"""Django behind the `http` scope: synchronous, in a few long-lived threads, one hop.

A thread has one context for life, so connections that Django keeps per context are kept. The event
loop reads the body and writes the answer; a thread is never held by a slow client for long.
"""

import asyncio
import logging
import sys
import threading
from collections.abc import Callable, Iterable
from io import BytesIO
from queue import SimpleQueue
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from urllib.parse import unquote_to_bytes

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, HTTPScope

logger = logging.getLogger(__name__)

STALL_SECONDS = 4.5
"""How long an ordinary request may take: within 5 s the person hears that nothing was lost."""
FILES = "/static/"
"""What is answered without the database."""

LONGEST_QUEUE = 64
LARGEST_BODY = 16 * 1024 * 1024
SPOOLED_FROM = 1024 * 1024
CHUNK, CHUNKS_AHEAD = 64 * 1024, 16
SLOWEST_READER = 30
"""Seconds without any progress after which a download is given up."""
TOO_BUSY = 503
BARE = [
    (b"content-length", b"0"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'"),
]
SINGLE = frozenset({b"host", b"content-type", b"content-length"})

Environ = dict[str, Any]
Headers = list[tuple[bytes, bytes]]
Wsgi = Callable[[Environ, Any], Any]


class Call:
    """One request on its way through a thread."""

    def __init__(self, environ: Environ, loop: asyncio.AbstractEventLoop) -> None:
        self.environ = environ
        self.is_abandoned = False
        self.started: asyncio.Future[tuple[int, Headers, bytes | None]] = loop.create_future()
        self.chunks: asyncio.Queue[bytes | BaseException | None] = asyncio.Queue()
        self.room = threading.Semaphore(CHUNKS_AHEAD)
        self._loop = loop
        self._head: tuple[int, Headers] = (500, [])

    def run(self, handler: Wsgi) -> None:
        """Let Django answer; runs in a thread."""
        response = handler(self.environ, self._start)
        try:
            if getattr(response, "streaming", False) and self.environ["REQUEST_METHOD"] != "HEAD":
                self._say(self._settle, (*self._head, None))
                self._stream(response)
            else:
                self._say(self._settle, (*self._head, self._whole(response)))
        finally:
            if callable(close := getattr(response, "close", None)):
                close()

    def fail(self, error: BaseException) -> None:
        """Say that Django itself fell over: 500, or a cut connection in the middle of a file."""
        self._say(self._settle, (500, [], b""))
        self._say(self.chunks.put_nowait, error)

    def _start(self, status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
        named = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers
        ]
        self._head = (int(status[:3]), named)

    def _whole(self, response: Iterable[bytes]) -> bytes:
        return b"" if self.environ["REQUEST_METHOD"] == "HEAD" else b"".join(response)

    def _stream(self, response: Iterable[bytes]) -> None:
        """Read ahead by a megabyte at most; then the reader sets the pace."""
        waiting = bytearray()
        for piece in response:
            waiting += piece
            if len(waiting) >= CHUNK:
                self._push(bytes(waiting))
                waiting.clear()
        if waiting:
            self._push(bytes(waiting))
        self._say(self.chunks.put_nowait, None)

    def _push(self, chunk: bytes) -> None:
        if not self.room.acquire(timeout=SLOWEST_READER) or self.is_abandoned:
            raise ConnectionAbortedError("The reader of a download went away.")
        self._say(self.chunks.put_nowait, chunk)

    def _settle(self, answer: tuple[int, Headers, bytes | None]) -> None:
        if not self.started.done():
            self.started.set_result(answer)

    def _say(self, function: Callable[[Any], object], value: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, value)


class Threads:
    """A few threads that live as long as the process."""

    def __init__(self, handler: Wsgi, number: int, name: str) -> None:
        self._handler = handler
        self._calls: SimpleQueue[Call] = SimpleQueue()
        self._running: list[Call | None] = [None] * number
        for place in range(number):
            threading.Thread(
                target=self._work, args=(place,), name=f"{name}-{place + 1}", daemon=True
            ).start()

    @property
    def is_full(self) -> bool:
        """Whether another call would wait in vain: too many wait, or every thread hangs."""
        hanging = all(call and call.is_abandoned for call in self._running)
        return hanging or self._calls.qsize() >= LONGEST_QUEUE

    def put(self, call: Call) -> None:
        self._calls.put(call)

    def _work(self, place: int) -> None:
        while True:
            call = self._calls.get()
            if call.is_abandoned:
                continue
            self._running[place] = call
            try:
                call.run(self._handler)
            except ConnectionAbortedError as gone:
                call.fail(gone)
            except BaseException as error:
                logger.exception("A request fell through Django")
                call.fail(error)
            finally:
                self._running[place] = None


class Mount:
    """The ASGI application for the `http` scope. `sorry` answers when `handler` cannot.

    While `is_away` says that the database does not answer, no thread is sent to hang there.
    """

    def __init__(
        self, handler: Wsgi, sorry: Wsgi, *, threads: int, is_away: Callable[[], bool] = bool
    ) -> None:
        self._is_away = is_away
        self._threads = Threads(handler, threads, "http")
        self._sorry = Threads(sorry, 1, "sorry")

    async def __call__(
        self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        if has_doubles(scope):
            return await refuse(send, 400)
        with SpooledTemporaryFile(SPOOLED_FROM) as file:
            size = await read_body(receive, file)
            if size is None:
                return None  # the client went away while it was still talking
            if size > LARGEST_BODY:
                return await refuse(send, 413)
            file.seek(0)
            kept = file.read() if size <= SPOOLED_FROM else b""
            body: IO[bytes] = BytesIO(kept) if size <= SPOOLED_FROM else file
            call = None
            if scope["path"].startswith(FILES) or not self._is_away():
                call = await self._ask(self._threads, environ_of(scope, body, size), STALL_SECONDS)
            if call is None:
                excuse = environ_of(scope, BytesIO(kept), len(kept))
                call = await self._ask(self._sorry, excuse, STALL_SECONDS)
            if call is None:
                return await refuse(send, TOO_BUSY)
            return await answer(call, receive, send)

    async def _ask(self, threads: Threads, environ: Environ, seconds: float) -> Call | None:
        """Run one call and wait for its first word; None when there is none in time."""
        if threads.is_full:
            return None
        call = Call(environ, asyncio.get_running_loop())
        threads.put(call)
        try:
            await asyncio.wait_for(asyncio.shield(call.started), seconds)
        except TimeoutError:
            call.is_abandoned = True  # its late result is harmless: whatever creates has a key
            logger.warning("No answer to a %s within %s s", environ["REQUEST_METHOD"], seconds)
            return None
        return call


async def answer(call: Call, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Send what the thread said."""
    status, headers, body = call.started.result()
    if body is not None and call.environ["REQUEST_METHOD"] != "HEAD":
        known = any(name == b"content-length" for name, _value in headers)
        headers = headers if known else [*headers, (b"content-length", b"%d" % len(body))]
    await send(
        {"type": "http.response.start", "status": status, "headers": headers, "trailers": False}
    )
    if body is None:
        await send_chunks(call, receive, send)
    else:
        await send({"type": "http.response.body", "body": body, "more_body": False})


async def send_chunks(call: Call, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Pass a download on as fast as it is read, and stop making it when nobody reads."""
    gone = asyncio.ensure_future(receive())
    try:
        while (chunk := await call.chunks.get()) is not None:
            if isinstance(chunk, BaseException):
                raise chunk  # a cut connection: an end would look like the whole file
            async with asyncio.timeout(SLOWEST_READER):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            call.room.release()
            if gone.done():
                return
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        call.is_abandoned = True
        call.room.release()
        gone.cancel()


async def refuse(send: ASGISendCallable, status: int) -> None:
    """Answer without Django."""
    headers = [*BARE, (b"retry-after", b"5")] if status == TOO_BUSY else BARE
    await send(
        {"type": "http.response.start", "status": status, "headers": headers, "trailers": False}
    )
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def read_body(receive: ASGIReceiveCallable, file: IO[bytes]) -> int | None:
    """Write the body down; its size (too large: as soon as it is), None when the client left."""
    size = 0
    while size <= LARGEST_BODY:
        message = await receive()
        if message["type"] != "http.request":
            return None
        size += file.write(message["body"])
        if not message["more_body"]:
            break
    return size


def has_doubles(scope: HTTPScope) -> bool:
    """Whether a header that decides about the request came twice."""
    names = [name.lower() for name, _value in scope["headers"]]
    return any(names.count(name) > 1 for name in SINGLE)


def environ_of(scope: HTTPScope, body: IO[bytes], size: int) -> Environ:
    """Describe the request in the words of WSGI."""
    server, client = scope.get("server") or ("localhost", 80), scope.get("client") or ("", 0)
    raw = scope.get("raw_path") or scope["path"].encode()
    # An encoded slash stays encoded: it is a letter of a name, not the border of two.
    path = raw.partition(b"?")[0].replace(b"%2F", b"%252F").replace(b"%2f", b"%252F")
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 80),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "CONTENT_LENGTH": str(size),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        add_header(environ, name.decode("latin-1").lower(), value.decode("latin-1"))
    return environ


def add_header(environ: Environ, name: str, value: str) -> None:
    """Add one header; a name with an underscore would pass for its twin with a hyphen."""
    if "_" in name or name == "content-length":
        return
    key = name.upper().replace("-", "_")
    key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
    if key in environ:
        value = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
    environ[key] = value
