"""The figures of this process, in Prometheus' words, for whoever holds the site's token."""

import time
from collections.abc import Callable

from django.conf import settings
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from procrastinate.contrib.django.models import ProcrastinateJob
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from portal.http import rights
from portal.live import lifespan
from portal.live.wire import the_hub
from portal.metrics import (
    IN_THREADS,
    JOBS,
    LINE,
    REGISTRY,
    REQUEST_SECONDS,
    REQUESTS,
    SOCKETS,
    TEXTS,
    TOPICS,
)  # fmt: skip
from proposals.coedit.rooms import the_rooms

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})


@rights(read="nobody")
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer who holds the token; everybody else, and every site without one, finds nothing."""
    given = request.headers.get("Authorization", "")
    known = settings.METRICS_TOKEN
    if not known or not constant_time_compare(given, f"Bearer {known}"):
        raise Http404
    measure()
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


def measure() -> None:
    """Read what is a state and not an event."""
    hub = the_hub()
    SOCKETS.set(len(hub.sockets))
    TOPICS.set(len(hub.topics))
    TEXTS.set(len(the_rooms.places))
    LINE.set(lifespan.lifespan.state == "ok")
    waiting = ProcrastinateJob.objects.filter(status="todo").aggregate(number=Count("pk"))
    JOBS.set(waiting["number"])


class MeasureMiddleware:
    """Counts every answer by its route, outermost, so that nothing is missed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # A stranger may invent methods; the verb of a form is rewritten on the way.
        method = request.method if request.method in METHODS else "other"
        began = time.perf_counter()
        with IN_THREADS.track_inprogress():
            answer = self.get_response(request)
        match = request.resolver_match
        route = match.view_name or "unnamed" if match is not None else "none"
        REQUESTS.labels(method, route, str(answer.status_code)).inc()
        REQUEST_SECONDS.labels(method).observe(time.perf_counter() - began)
        return answer
