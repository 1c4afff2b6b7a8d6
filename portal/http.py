"""Typed requests, the rights beside each route, and what every answer has in common."""

import logging
import sys
from codecs import lookup
from collections.abc import Callable
from math import ceil
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import BadRequest
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, ngettext
from django.views.defaults import server_error
from django_htmx.middleware import HtmxDetails
from psycopg_pool import PoolTimeout

from portal.accounts.models import User
from portal.limits import ACTS, Pace
from portal.refusals import Refused, TooFast

logger = logging.getLogger(__name__)

KEPT_FIELDS = ("body", "text", "title", "summary", "question", "background", "reason")
READING = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
LONG_WAIT = 120
RETRY_AFTER = 5
LONGEST_NUMBER = 18
AWAY = (OperationalError, InterfaceError, PoolTimeout)
NOBODY: dict[str, object] = {"user": AnonymousUser(), "without_account": True}
"""What a page is told that must not ask who looks at it: the database may be away."""


class HtmxRequest(HttpRequest):
    """Any request: the person may be a visitor."""

    htmx: HtmxDetails
    user: User | AnonymousUser


class SignedInRequest(HtmxRequest):
    """A request of a person with an account."""

    user: User


AnyView = TypeVar("AnyView", bound=Callable[..., HttpResponse])
GetResponse = Callable[[HttpRequest], HttpResponse]


def rights(
    *, read: str = "", write: str = "", pace: Pace | None = ACTS
) -> Callable[[AnyView], AnyView]:
    """Say beside a route who may read and who may write, and how fast; a test asks every route."""

    def mark(view: AnyView) -> AnyView:
        view.rights = {"read": read, "write": write}  # type: ignore[attr-defined]
        view.pace = pace  # type: ignore[attr-defined]
        return view

    return mark


def site(request: HttpRequest) -> dict[str, object]:
    """What every page knows: the site, its language and the same page in the other one."""
    bare = "/" + request.get_full_path().removeprefix("/en/").lstrip("/")
    return {
        "site_name": settings.SITE_NAME,
        "language": get_language() or "id",
        "indonesian_path": bare,
        "english_path": f"/en{bare}",
        "is_development": settings.DEBUG,
    }


def parsed(address: str) -> SplitResult:
    """Split an address of unknown origin; one that is none has no parts."""
    try:
        return urlsplit(address)
    except ValueError:  # an unclosed bracket where a host would stand
        return urlsplit("")


def local_path(address: str | None, fallback: str = "/") -> str:
    """Give the path of an address of this site, never an address of another host."""
    parts = parsed(address or "")
    plain = parts.path.startswith("/") and not parts.path.startswith("//")
    if parts.scheme or parts.netloc or not plain or "\\" in parts.path:
        return fallback
    return parts.path + (f"?{parts.query}" if parts.query else "")


def page_path(request: HtmxRequest) -> str:
    """Give the path of the page from which htmx asked, if it is one of this site."""
    try:
        return local_path(request.htmx.current_url_abs_path, "")
    except ValueError:  # an unclosed bracket where a host would stand
        return ""


def whole_number(text: str) -> int | None:
    """Give the number that an address or a form names, if any; one that is none: a bad request."""
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > LONGEST_NUMBER:
        raise BadRequest
    return int(text)


class RefusalMiddleware:
    """A verb's `Refused` becomes 409, 422 or 429 with its sentence; what was typed is kept."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return refusal(request, exception) if isinstance(exception, Refused) else None


def refusal(request: HttpRequest, no: Refused) -> HttpResponse:
    """Say the sentence of a refusal, and when to come back."""
    answer = apology(request, "site/refused.html", no.status, reason=no.reason)
    if isinstance(no, TooFast):
        answer["Retry-After"] = str(no.retry_after)
    return answer


class PaceMiddleware:
    """Nobody writes faster than the pace of the route: by person first, then by network."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        pace: Pace | None = getattr(view, "pace", ACTS)
        if request.method in READING or pace is None:
            return None
        wait = pace.spend(person=request.user.pk, address=request.META.get("REMOTE_ADDR", ""))
        return refusal(request, too_fast(wait)) if wait else None


def too_fast(wait: int) -> TooFast:
    """Say how long to wait, in seconds or, for the limit of a day, in minutes."""
    if wait > LONG_WAIT:
        minutes = ceil(wait / 60)
        text = ngettext(
            "You have written a lot today. Please wait %(n)s minute.",
            "You have written a lot today. Please wait %(n)s minutes.",
            minutes,
        ) % {"n": minutes}
        return TooFast(text, retry_after=wait)
    text = ngettext(
        "That was too fast. Please wait %(n)s second and send it again.",
        "That was too fast. Please wait %(n)s seconds and send it again.",
        wait,
    ) % {"n": wait}
    return TooFast(text, retry_after=wait)


class DatabaseMiddleware:
    """A database that is away is a 503 that says so, with the typed text, never a 500."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return unavailable(request) if isinstance(exception, AWAY) else None


def unavailable(request: HttpRequest) -> HttpResponse:
    """Answer 503 without asking the database for anything."""
    answer = apology(request, "site/unavailable.html", 503)
    answer["Retry-After"] = str(RETRY_AFTER)
    return answer


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answer 403, with what was typed."""
    return apology(request, "403.html", 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """Answer 404 to everybody with the same page."""
    return render(request, "404.html", NOBODY, status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """Answer what fell over outside of a view: 503 when the database is away, else 500."""
    if isinstance(sys.exception(), AWAY):
        return unavailable(request)
    return server_error(request)


def apology(request: HttpRequest, template: str, status: int, **context: object) -> HttpResponse:
    """Say no with a sentence and give back what was typed; htmx gets the fragment only."""
    kept = [request.POST[name] for name in KEPT_FIELDS if request.POST.get(name)]
    fragment = bool(getattr(request, "htmx", False))
    context |= NOBODY | {
        "kept_texts": kept,
        "back": local_path(request.META.get("HTTP_REFERER") and _referer_path(request)),
        "base_template": "site/bare.html" if fragment else "base.html",
        "is_fragment": fragment,
    }
    return render(request, template, context, status=status)


def _referer_path(request: HttpRequest) -> str:
    parts = parsed(request.META.get("HTTP_REFERER", ""))
    return parts.path if parts.netloc == request.get_host() else "/"


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form was too old and give the text back instead of a bare 403."""
    logger.info("A form was refused: %s", reason.partition(" - ")[0])  # behind it: an address
    return apology(request, "site/csrf.html", 403)


class LettersMiddleware:
    """A form is written in UTF-8, as every browser does; other letters are a bad request."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        charset = (request.content_params or {}).get("charset", "utf-8")
        try:
            is_ours = lookup(charset).name == "utf-8"
        except (LookupError, ValueError):
            is_ours = False
        if not is_ours:
            raise BadRequest
        return self.get_response(request)


class MethodOverrideMiddleware:
    """`_method=delete` in a form becomes DELETE, after the CSRF check has read the POST."""

    METHODS = frozenset({"PUT", "DELETE"})

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> None:
        if request.method == "POST":
            method = request.POST.get("_method", "").upper()
            if method in self.METHODS:
                request.method = method


class CrossOriginMiddleware:
    """No other site may embed or read what this one answers."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        answer.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return answer
