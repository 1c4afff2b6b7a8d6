"""Django behind the http scope: headers, bodies, clients that leave, threads that hang."""

import asyncio
import contextvars
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

import pytest
from asgiref.typing import HTTPScope

from portal import mount
from portal.mount import Environ, Mount, environ_of

StartResponse = Callable[..., object]


class Streamed:
    """What Django's streaming answers look like from outside."""

    streaming = True

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.pieces = pieces
        self.is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.pieces)

    def close(self) -> None:
        self.is_closed = True


def echo(environ: Environ, start: StartResponse) -> Iterable[bytes]:
    start("200 OK", [("Content-Type", "text/plain"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    return [environ["REQUEST_METHOD"].encode(), b" ", environ["wsgi.input"].read()]


def sorry(environ: Environ, start: StartResponse) -> Iterable[bytes]:
    start("503 Service Unavailable", [("Retry-After", "5")])
    return [b"kept: ", environ["wsgi.input"].read()]


def scope(path: str = "/", method: str = "GET", headers: Iterable[tuple[bytes, bytes]] = ()) -> Any:
    raw, _mark, query = path.partition("?")
    return cast(
        "HTTPScope",
        {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": raw,
            "raw_path": raw.encode(),
            "query_string": query.encode(),
            "headers": list(headers),
            "server": ("rembuk.example", 443),
            "client": ("192.0.2.7", 5000),
        },
    )


class Client:
    """One request by hand: what is said, and everything that is heard."""

    def __init__(self, app: Mount, reads_on: asyncio.Event | None = None) -> None:
        self.app = app
        self.reads_on = reads_on
        self.heard: list[Any] = []
        self.leave = asyncio.Event()

    async def ask(self, asked: Any, *body: bytes) -> "Client":
        chunks = iter(body or (b"",))
        left = max(len(body), 1)

        async def receive() -> Any:
            nonlocal left
            if not left:
                await self.leave.wait()
                return {"type": "http.disconnect"}
            left -= 1
            return {"type": "http.request", "body": next(chunks), "more_body": left > 0}

        async def send(message: Any) -> None:
            self.heard.append(message)
            if self.reads_on and len(self.heard) > 1:
                await self.reads_on.wait()

        await self.app(asked, receive, send)
        return self

    @property
    def status(self) -> int:
        return int(self.heard[0]["status"])

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        return list(self.heard[0]["headers"])

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.heard[1:])


async def test_a_body_in_pieces_arrives_whole_and_the_length_is_said() -> None:
    client = await Client(Mount(echo, sorry, threads=2)).ask(scope(method="POST"), b"satu ", b"dua")

    assert client.status == 200
    assert client.body == b"POST satu dua"
    assert (b"content-length", b"13") in client.headers
    assert [value for name, value in client.headers if name == b"set-cookie"] == [b"a=1", b"b=2"]


async def test_head_says_the_headers_alone() -> None:
    client = await Client(Mount(echo, sorry, threads=1)).ask(scope(method="HEAD"))

    assert client.status == 200
    assert client.body == b""


async def test_a_large_body_is_spooled_and_a_huge_one_refused() -> None:
    app = Mount(echo, sorry, threads=1)
    megabyte = b"x" * 1024 * 1024

    large = await Client(app).ask(scope(method="POST"), megabyte, megabyte)
    huge = await Client(app).ask(scope(method="POST"), *[megabyte] * 17)

    assert len(large.body) == len(b"POST ") + 2 * len(megabyte)
    assert huge.status == 413


async def test_a_client_that_leaves_in_mid_sentence_reaches_no_view() -> None:
    asked = []

    def note(environ: Environ, start: StartResponse) -> Iterable[bytes]:
        asked.append(environ)
        return []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        raise AssertionError(message)

    await Mount(note, sorry, threads=1)(scope(method="POST"), receive, send)

    assert not asked


def test_headers_become_what_django_reads() -> None:
    environ = environ_of(
        scope(
            "/a%2Fb/%C3%A9?q=%20",
            headers=[
                (b"host", b"rembuk.example"),
                (b"accept", b"text/html"),
                (b"accept", b"text/plain"),
                (b"cookie", b"a=1"),
                (b"cookie", b"b=2"),
                (b"x_forwarded_proto", b"https"),
                (b"content-type", b"text/plain"),
                (b"content-length", b"999"),
            ],
        ),
        cast("Any", None),
        3,
    )

    assert environ["HTTP_HOST"] == "rembuk.example"
    assert environ["HTTP_ACCEPT"] == "text/html,text/plain"
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["CONTENT_TYPE"] == "text/plain"
    assert environ["CONTENT_LENGTH"] == "3"
    assert "HTTP_X_FORWARDED_PROTO" not in environ
    assert environ["PATH_INFO"] == "/a%2Fb/\u00c3\u00a9"
    assert environ["QUERY_STRING"] == "q=%20"
    assert environ["REMOTE_ADDR"] == "192.0.2.7"
    assert environ["SERVER_PORT"] == "443"


@pytest.mark.parametrize("name", [b"host", b"Content-Length", b"content-type"])
async def test_a_deciding_header_that_comes_twice_is_refused(name: bytes) -> None:
    client = await Client(Mount(echo, sorry, threads=1)).ask(
        scope(headers=[(name, b"1"), (name.lower(), b"2")])
    )

    assert client.status == 400
    assert (b"content-security-policy", b"default-src 'none'") in client.headers


async def test_a_thousand_requests_use_the_same_threads_and_contexts() -> None:
    seen: contextvars.ContextVar[int] = contextvars.ContextVar("seen", default=0)
    threads, counts = set(), []

    def count(environ: Environ, start: StartResponse) -> Iterable[bytes]:
        threads.add(threading.get_ident())
        seen.set(seen.get() + 1)
        counts.append(seen.get())
        return echo(environ, start)

    app = Mount(count, sorry, threads=4)
    before = threading.active_count()
    for _round in range(20):
        await asyncio.gather(*[Client(app).ask(scope()) for _one in range(50)])

    assert threading.active_count() == before
    assert len(threads) <= 4
    assert max(counts) >= 250  # a context lives on from request to request


async def test_a_stalled_request_gets_the_typed_text_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mount, "STALL_SECONDS", 0.05)
    release, idle = threading.Event(), threading.Event()

    class Late(Streamed):
        """An answer that is too late: closing it is the last thing the thread does with it."""

        streaming = False

        def close(self) -> None:
            idle.set()

    def hang(environ: Environ, start: StartResponse) -> Iterable[bytes]:
        release.wait(10)
        return Late(echo(environ, start))

    app = Mount(hang, sorry, threads=1)

    first = await Client(app).ask(scope(method="POST"), b"pendapat saya")
    monkeypatch.setattr(mount, "STALL_SECONDS", 60)
    second = await Client(app).ask(scope(method="POST"), b"juga")

    assert (first.status, first.body) == (503, b"kept: pendapat saya")
    assert (second.status, second.body) == (503, b"kept: juga")  # at once: every thread hangs
    release.set()
    await asyncio.to_thread(idle.wait, 10)
    later = [await Client(app).ask(scope()) for _one in range(50)]
    assert later[-1].body == b"GET "


async def test_while_the_database_is_away_nobody_is_sent_to_hang_there() -> None:
    reached: list[str] = []

    def handler(environ: Environ, start: StartResponse) -> Iterable[bytes]:
        reached.append(environ["PATH_INFO"])
        return echo(environ, start)

    away = [True]
    app = Mount(handler, sorry, threads=1, is_away=lambda: away[0])

    refused = await Client(app).ask(scope("/threads/1/", "POST"), b"body=Jalur")
    sheet = await Client(app).ask(scope("/static/css/rembuk.css"))
    away[0] = False
    back = await Client(app).ask(scope("/threads/1/", "POST"), b"body=Jalur")

    assert (refused.status, sheet.status, back.status) == (503, 200, 200)
    assert refused.body == b"kept: body=Jalur"
    assert (b"retry-after", b"5") in refused.headers
    assert reached == ["/static/css/rembuk.css", "/threads/1/"]


async def test_more_than_64_waiting_are_told_to_come_back() -> None:
    started, release = threading.Event(), threading.Event()

    def wait(environ: Environ, start: StartResponse) -> Iterable[bytes]:
        started.set()
        release.wait(10)
        return echo(environ, start)

    app = Mount(wait, sorry, threads=1)
    first = asyncio.create_task(Client(app).ask(scope()))
    await asyncio.to_thread(started.wait, 10)
    waiting = [asyncio.create_task(Client(app).ask(scope())) for _one in range(64)]
    await asyncio.sleep(0)  # each of them is in the queue now

    refused = await Client(app).ask(scope())

    assert refused.status == 503
    assert (b"retry-after", b"5") in refused.headers
    release.set()
    assert {client.status for client in await asyncio.gather(first, *waiting)} == {200}


async def test_a_broken_apology_is_still_an_answer() -> None:
    def broken(environ: Environ, start: StartResponse) -> Iterable[bytes]:
        raise RuntimeError

    app = Mount(broken, sorry, threads=1)

    assert (await Client(app).ask(scope())).status == 500


class Endless:
    """A download that says when it is ahead by as much as it may be."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.made = 0
        self.is_ahead, self.is_closed = threading.Event(), threading.Event()

    def serve(self, environ: Environ, start: StartResponse) -> Iterable[bytes]:
        start("200 OK", [])
        return self

    streaming = True

    def __iter__(self) -> Iterator[bytes]:
        while self.made < self.length:
            self.made += 1
            if self.made > mount.CHUNKS_AHEAD:
                self.is_ahead.set()
            yield b"x" * mount.CHUNK

    def close(self) -> None:
        self.is_closed.set()


async def test_a_download_goes_at_the_readers_pace() -> None:
    download, may_go_on = Endless(100), asyncio.Event()
    client = Client(Mount(download.serve, sorry, threads=1), may_go_on)

    reading = asyncio.create_task(client.ask(scope()))
    await asyncio.to_thread(download.is_ahead.wait, 10)

    assert download.made == mount.CHUNKS_AHEAD + 1
    may_go_on.set()
    await reading
    assert len(client.body) == 100 * mount.CHUNK
    assert await asyncio.to_thread(download.is_closed.wait, 10)


async def test_a_download_nobody_reads_any_more_is_no_longer_made() -> None:
    download = Endless(10_000)
    client = Client(Mount(download.serve, sorry, threads=1))
    client.leave.set()

    await client.ask(scope())

    assert await asyncio.to_thread(download.is_closed.wait, 10)
    assert download.made < 100


async def test_a_download_that_breaks_is_cut_and_not_ended() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"x" * mount.CHUNK
        raise ValueError("disk")

    def serve(environ: Environ, start: StartResponse) -> Iterable[bytes]:
        start("200 OK", [])
        return Streamed(pieces())

    client = Client(Mount(serve, sorry, threads=1))

    with pytest.raises(ValueError, match="disk"):
        await client.ask(scope())

    assert client.heard[-1]["more_body"]
