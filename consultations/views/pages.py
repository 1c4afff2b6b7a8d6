"""What the pages of a discussion have in common: who looks at it, and the list of comments."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, resolve_url
from django_htmx.http import HttpResponseClientRedirect

from consultations.forms.comments import CommentForm
from consultations.models import Consultation, Phase, Thread
from consultations.models.label import comment_words, thread_words
from consultations.models.page import Page
from consultations.models.place import is_place
from consultations.models.thread import LISTED
from portal.accounts.models import User
from portal.http import HtmxRequest, SignedInRequest, local_path, page_path
from portal.live.models import addressed, heads

Answer = Callable[..., HttpResponse]


def people_only(view: Answer) -> Answer:
    """Lead a visitor to the entrance and back; what was typed stays on the device."""

    @wraps(view)
    def entrance(request: HtmxRequest, *args: object, **kwargs: object) -> HttpResponse:
        if isinstance(request.user, User) and request.user.is_active:
            return view(request, *args, **kwargs)
        way = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': origin(request)})}"
        return HttpResponseClientRedirect(way) if request.htmx else redirect(way)

    return entrance


def origin(request: HtmxRequest) -> str:
    """The page from which something was sent: never an address of another host."""
    if request.htmx and (page := page_path(request)):
        return page
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    return local_path(request.POST.get("page", ""))


def heads_for(
    request: HtmxRequest, *topics: str, behind: QuerySet[Any, Any] | None = None
) -> dict[str, int]:
    """Read how far the topics of a page are, and the person's own: before any row is read."""
    own = (request.user.topic,) if isinstance(request.user, User) else ()
    return heads((*topics, *own), behind=behind)


def heads_at(request: HtmxRequest, slug: str) -> dict[str, int]:
    """Read the same for a page of the consultation at an address."""
    named = addressed("consultation", Consultation.objects.filter(slug=slug))
    return heads_for(request, behind=named)


def place_from(request: HtmxRequest, name: str) -> str:
    """Give the place an address names; one of another shape is a bad request."""
    place = request.GET.get(name, "")
    if place and not is_place(place):
        raise BadRequest
    return place


def viewer(request: HtmxRequest, consultation: Consultation) -> dict[str, object]:
    """What a page reveals by: the roles and the participant of who looks at it."""
    standing = consultation.standing_of(request.user)
    return {
        "roles": standing.words,
        "participant_id": standing.participant_id,
        "consultation": consultation,
    }


def discussions(consultation: Consultation, *, before: int | None = None) -> dict[str, object]:
    """Gather one page of the list of discussions, and where the next one begins."""
    rows = list(consultation.threads.general().before(before)[: LISTED + 1])
    return {
        "consultation": consultation,
        "threads": rows[:LISTED],
        "rest": rows[LISTED - 1] if len(rows) > LISTED else None,
        "before": before,
        "words": thread_words(),
    }


def discussion(
    request: HtmxRequest, thread: Thread, page: Page, live: dict[str, int]
) -> dict[str, object]:
    """Everything a page that shows comments of a thread needs."""
    return viewer(request, thread.consultation) | {
        "thread": thread,
        "page": page,
        "words": comment_words(),
        "phase": thread.consultation.phase_of(Phase.Activity.COMMENT),
        "form": CommentForm(place=f"composer-{thread.dom_id}"),
        "live": live,
    }


__all__ = [
    "SignedInRequest",
    "discussion",
    "discussions",
    "heads_at",
    "heads_for",
    "origin",
    "people_only",
    "viewer",
]
