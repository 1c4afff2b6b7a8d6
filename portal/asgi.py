"""What uvicorn runs: pages through the mount, sockets natively, and what lives with the process."""

import ipaddress
from collections.abc import Callable, Iterable
from typing import Any, cast

import django

django.setup()

from asgiref.typing import (  # noqa: E402
    ASGI3Application,
    ASGIReceiveCallable,
    ASGISendCallable,
    HTTPScope,
    LifespanScope,
    Scope,
)
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from csp.middleware import CSPMiddleware  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.handlers.exception import convert_exception_to_response  # noqa: E402
from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.middleware.locale import LocaleMiddleware  # noqa: E402
from django.middleware.security import SecurityMiddleware  # noqa: E402
from django.urls import path, re_path  # noqa: E402
from django_htmx.middleware import HtmxMiddleware  # noqa: E402
from django_permissions_policy import PermissionsPolicyMiddleware  # noqa: E402

from portal.http import CrossOriginMiddleware, unavailable  # noqa: E402
from portal.live import lifespan  # noqa: E402
from portal.live.consumer import LiveConsumer  # noqa: E402
from portal.mount import Mount  # noqa: E402
from portal.watchdog import Question, Watchdog, conninfo, renew_connections  # noqa: E402
from proposals.coedit.consumer import CoeditConsumer  # noqa: E402
from proposals.coedit.rooms import stop_rooms  # noqa: E402

Middleware = Callable[[Any], Any]


class Apology(WSGIHandler):
    """Says that the database does not answer, without asking it: headers, language, typed text."""

    WITHOUT_DATABASE: tuple[Middleware, ...] = (
        SecurityMiddleware,
        CSPMiddleware,
        PermissionsPolicyMiddleware,
        CrossOriginMiddleware,
        LocaleMiddleware,
        HtmxMiddleware,
    )

    def load_middleware(self, is_async: bool = False) -> None:  # noqa: FBT001, FBT002 (Django's)
        """Keep what gives every answer its headers; leave what asks for people and sessions."""
        answer = convert_exception_to_response(unavailable)
        for middleware in reversed(self.WITHOUT_DATABASE):
            answer = convert_exception_to_response(middleware(answer))
        self._middleware_chain = answer


class Alive:
    """Answers `/healthz` on the loop: a pool of threads that all hang is no reason to be killed."""

    ADDRESS = "/healthz"
    BODY = b'{"status": "ok"}'

    def __init__(self, pages: Any) -> None:
        self._pages = pages

    async def __call__(
        self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        if scope["path"] == self.ADDRESS and scope["method"] in {"GET", "HEAD"}:
            await self._answer(send, b"" if scope["method"] == "HEAD" else self.BODY)
        else:
            await self._pages(scope, receive, send)

    async def _answer(self, send: ASGISendCallable, body: bytes) -> None:
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(self.BODY)),
            (b"cache-control", b"no-store"),
            (b"content-security-policy", b"default-src 'none'"),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send(
            {"type": "http.response.start", "status": 200, "headers": headers, "trailers": False}
        )
        await send({"type": "http.response.body", "body": body, "more_body": False})


class BehindProxies:
    """Believes the forwarded scheme and address of the proxies that the settings name, only."""

    def __init__(self, app: ASGI3Application, proxies: Iterable[str]) -> None:
        self._app = app
        self._proxies = [ipaddress.ip_network(proxy, strict=False) for proxy in proxies]

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        if scope["type"] != "lifespan":
            scope = cast("Scope", self.seen_from_outside(dict(scope)))
        await self._app(scope, receive, send)

    def seen_from_outside(self, scope: dict[str, Any]) -> dict[str, Any]:
        """Take the headers away, and their word where it comes from one of us."""
        told = [(name.lower(), value.decode("latin-1")) for name, value in scope["headers"]]
        scope["headers"] = [
            (name, value)
            for name, value in scope["headers"]
            if not name.lower().startswith(b"x-forwarded-") and name.lower() != b"forwarded"
        ]
        client = scope.get("client")
        if not client or not self._is_ours(client[0]):
            return scope
        addresses = ",".join(value for name, value in told if name == b"x-forwarded-for")
        schemes = [value.strip() for name, value in told if name == b"x-forwarded-proto"]
        if schemes in (["http"], ["https"]):
            secure = schemes == ["https"]
            socket = scope["type"] == "websocket"
            scope["scheme"] = ("ws" if socket else "http") + ("s" if secure else "")
        scope["client"] = (self._first_stranger(addresses) or client[0], client[1])
        return scope

    def _first_stranger(self, addresses: str) -> str:
        """Read from the right: what a stranger wrote further left may be invented."""
        for address in reversed([part.strip() for part in addresses.split(",")]):
            if not is_address(address):
                return ""
            if not self._is_ours(address):
                return address
        return ""

    def _is_ours(self, address: str) -> bool:
        if not is_address(address):
            return False
        plain = ipaddress.ip_address(address)
        plain = getattr(plain, "ipv4_mapped", None) or plain  # how a socket of both kinds says it
        return any(plain in proxy for proxy in self._proxies)


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


question = Question(conninfo)
watchdog = Watchdog(question, back=renew_connections)


async def live_and_die(
    _scope: LifespanScope, receive: ASGIReceiveCallable, send: ASGISendCallable
) -> None:
    """Start the hub before the first request; end after the last text is committed."""
    await receive()
    await lifespan.start()
    watchdog.start()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await stop_rooms()
    await lifespan.stop()
    await watchdog.stop()
    await question.end()
    await send({"type": "lifespan.shutdown.complete"})


async def nobody_there(
    _scope: Scope, _receive: ASGIReceiveCallable, send: ASGISendCallable
) -> None:
    """Refuse a socket with an address that no page uses."""
    await send({"type": "websocket.close", "code": 4404, "reason": None})


sockets: list[Any] = [
    path("live/", cast("Any", LiveConsumer.as_asgi())),
    path("coedit/<int:document>/", cast("Any", CoeditConsumer.as_asgi())),
    re_path("", cast("Any", nobody_there)),
]

application = BehindProxies(
    ProtocolTypeRouter(
        {
            "http": Alive(
                Mount(
                    WSGIHandler(),
                    Apology(),
                    threads=settings.HTTP_THREADS,
                    is_away=lambda: watchdog.is_away,
                )
            ),
            "websocket": URLRouter(sockets),
            "lifespan": live_and_die,
        }
    ),
    settings.PROXIES,
)
