"""The process as a whole: proxies, sockets without a page, a database that hangs."""

from typing import Any, cast

import pytest
from django.test import Client as Browser

from portal import asgi
from portal.asgi import Alive, Apology, BehindProxies, application
from portal.mount import Mount, refuse
from tests.portal.test_mount import Client, scope

HTML = (b"accept", b"text/html")
HOST = (b"host", b"testserver")


def told(client: str, *headers: tuple[bytes, bytes], kind: str = "http") -> dict[str, Any]:
    proxies = BehindProxies(cast("Any", None), ["10.0.0.0/8", "::1"])
    asked = {**scope(headers=headers), "client": (client, 1), "type": kind, "scheme": kind}
    return proxies.seen_from_outside(asked)


def test_a_stranger_is_not_believed() -> None:
    seen = told("192.0.2.7", (b"x-forwarded-for", b"1.1.1.1"), (b"X-Forwarded-Proto", b"https"))

    assert seen["client"][0] == "192.0.2.7"
    assert seen["scheme"] == "http"
    assert seen["headers"] == []


def test_a_proxy_of_ours_is_believed_from_the_right() -> None:
    seen = told(
        "10.1.2.3",
        (b"x-forwarded-for", b"6.6.6.6, 192.0.2.7, 10.9.9.9"),
        (b"x-forwarded-proto", b"https"),
    )

    assert seen["client"][0] == "192.0.2.7"
    assert seen["scheme"] == "https"


def test_a_proxy_seen_through_a_socket_of_both_kinds_is_ours() -> None:
    seen = told("::ffff:10.1.2.3", (b"x-forwarded-for", b"192.0.2.7, ::ffff:10.9.9.9"))

    assert seen["client"][0] == "192.0.2.7"


@pytest.mark.parametrize("words", [b"", b"nonsense", b"192.0.2.7, <script>", b"10.0.0.1"])
def test_a_proxy_that_says_nothing_useful_stands_for_itself(words: bytes) -> None:
    assert told("10.1.2.3", (b"x-forwarded-for", words))["client"][0] == "10.1.2.3"


@pytest.mark.parametrize("schemes", [[b"ftp"], [b"https", b"http"], [b"https,http"]])
def test_an_odd_scheme_is_not_taken(schemes: list[bytes]) -> None:
    headers = [(b"x-forwarded-proto", scheme) for scheme in schemes]

    assert told("10.1.2.3", *headers)["scheme"] == "http"


def test_a_socket_through_a_proxy_is_a_secure_socket() -> None:
    seen = told("10.1.2.3", (b"x-forwarded-proto", b"https"), kind="websocket")

    assert seen["scheme"] == "wss"


async def test_a_socket_of_no_page_is_refused() -> None:
    heard: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        heard.append(message)

    await application(cast("Any", {**scope("/nowhere/"), "type": "websocket"}), receive, send)

    assert [message["type"] for message in heard] == ["websocket.close"]


async def test_a_stalled_request_is_answered_with_headers_language_and_text() -> None:
    """Without the mark for a database, none can be asked."""

    def never(environ: Any, start: Any) -> Any:
        raise AssertionError

    app = Mount(never, Apology(), threads=1)
    app._threads.__dict__["_running"] = [cast("Any", type("Hanging", (), {"is_abandoned": True})())]
    form = (b"content-type", b"application/x-www-form-urlencoded")

    page = await Client(app).ask(
        scope("/en/threads/1/", "POST", [HTML, HOST, form]), b"body=Saya%20setuju%20sekali"
    )
    piece = await Client(app).ask(
        scope("/threads/1/", "POST", [HOST, form, (b"hx-request", b"true")]), b"body=Saya"
    )

    headers = dict(page.headers)
    assert page.status == piece.status == 503
    assert headers[b"retry-after"] == b"5"
    assert b"default-src 'none'" in headers[b"content-security-policy"]
    assert headers[b"content-language"] == b"en"
    assert b"Saya setuju sekali" in page.body
    assert b"<html" in page.body
    assert b"Saya" in piece.body
    assert b"<html" not in piece.body


def test_every_socket_has_its_address() -> None:
    addresses = [str(route.pattern) for route in asgi.sockets]

    assert addresses == ["live/", "coedit/<int:document>/", ""]


@pytest.mark.parametrize(("method", "body"), [("GET", b'{"status": "ok"}'), ("HEAD", b"")])
async def test_whether_the_process_lives_is_said_while_every_thread_hangs(
    method: str, body: bytes
) -> None:
    async def hanging(*_: object) -> None:
        raise AssertionError

    answer = await Client(cast("Mount", Alive(hanging))).ask(scope("/healthz", method))

    assert (answer.status, answer.body) == (200, body)
    assert dict(answer.headers)[b"content-length"] == b"16"


async def test_every_other_address_is_asked_of_the_pages() -> None:
    asked: list[str] = []

    async def pages(scope: Any, _receive: object, send: Any) -> None:
        asked.append(scope["path"])
        await refuse(send, 404)

    for path, method in (("/", "GET"), ("/healthz", "POST"), ("/readyz", "GET")):
        await Client(cast("Mount", Alive(pages))).ask(scope(path, method))

    assert asked == ["/", "/healthz", "/readyz"]


def test_the_page_of_the_same_address_says_the_same() -> None:
    assert Browser().get(Alive.ADDRESS).content == Alive.BODY
