"""Whether the process lives, whether the site can serve, and what browsers were kept from doing."""

import json
import logging
from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Max
from django.db.utils import Error
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.translation import get_language_from_path, override

# A browser sends its reports without a form, so without a token: this one route takes a POST from
# anywhere, changes nothing and only logs.
from django.views.decorators.csrf import csrf_exempt  # noqa: TID251
from django.views.decorators.http import require_POST, require_safe
from procrastinate.contrib.django.models import ProcrastinateWorker
from psycopg_pool import PoolTimeout

from portal.http import parsed, rights, whole_number
from portal.limits import Once, Rate
from portal.live.wire import FAILURES, plain_client

logger = logging.getLogger(__name__)

WORKER_IS_LATE = 60
"""Seconds without a sign of life: a worker writes one every 10."""

REPORT_BYTES = 16_384
REPORT_TYPES = ("application/csp-report", "application/json", "application/reports+json")
REPORTS = Once(Rate(20, 60))


def route_of(address: str) -> str:
    """Name the route of a page, never its path: paths hold tokens of invitations."""
    path = parsed(address).path
    try:
        with override(get_language_from_path(path) or settings.LANGUAGE_CODE):
            return resolve(path).view_name
    except Resolver404:
        return ""


def origin_of(address: str) -> str:
    """Name the host of what was refused, or its kind where it has none."""
    return parsed(address).netloc or address.partition(":")[0]


REPORTED: dict[str, Callable[[str], str]] = {
    "document-uri": route_of,
    "effective-directive": str,
    "violated-directive": str,
    "blocked-uri": origin_of,
}


@rights(read="everyone")
@require_safe
def process(_request: HttpRequest) -> JsonResponse:
    """Answer as long as the process does; asks nobody."""
    return JsonResponse({"status": "ok"})


@rights(read="everyone")
@require_safe
def readiness(_request: HttpRequest) -> JsonResponse:
    """503 without database or migrations; Redis and the worker away are said, and served."""
    try:
        waiting = sorted(_known_migrations() - applied_migrations())
        worker = worker_state() if not waiting else {"status": "unknown"}
    except (Error, PoolTimeout):
        return JsonResponse({"status": "unavailable", "database": "unavailable"}, status=503)
    redis = redis_state()
    degraded = redis != "ok" or worker["status"] != "ok"
    status = "unavailable" if waiting else "degraded" if degraded else "ok"
    answer = {
        "status": status,
        "database": "ok",
        "migrations": f"{len(waiting)} not applied" if waiting else "ok",
        "redis": redis,
        "worker": worker,
    }
    return JsonResponse(answer, status=503 if waiting else 200)


@rights(write="everyone", pace=None)
@csrf_exempt
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Log what a browser refused to load: seldom, and never more than four short fields of it."""
    if request.content_type not in REPORT_TYPES:
        return HttpResponse(status=400)
    if (whole_number(request.META.get("CONTENT_LENGTH", "")) or 0) > REPORT_BYTES:
        return HttpResponse(status=413)
    if REPORTS.spend():
        logger.warning("csp: %s", reported(request.body))
    return HttpResponse(status=204)


@cache
def _known_migrations() -> frozenset[tuple[str, str]]:
    """The migrations in the code of this process: read from disk once."""
    return frozenset(MigrationLoader(None).disk_migrations)


def applied_migrations() -> frozenset[tuple[str, str]]:
    """What the database says has been applied."""
    return frozenset(MigrationRecorder(connection).applied_migrations())


def worker_state() -> dict[str, str | int | None]:
    """How long ago a worker gave its last sign of life, in seconds."""
    newest = ProcrastinateWorker.objects.aggregate(at=Max("last_heartbeat"))["at"]
    if newest is None:
        return {"status": "missing", "age": None}
    age = max(0, int((timezone.now() - newest).total_seconds()))
    return {"status": "ok" if age < WORKER_IS_LATE else "late", "age": age}


def redis_state() -> str:
    """Ask Redis, for at most half a second."""
    try:
        plain_client().ping()
    except (*FAILURES, ValueError):
        return "degraded"
    return "ok"


def reported(body: bytes) -> dict[str, str]:
    """Take the telling fields of a report, shortened; nothing of what is not one."""
    try:
        report = json.loads(body)
        inner = report.get("csp-report", {}) if isinstance(report, dict) else {}
        found = {name: str(inner[name])[:200] for name in REPORTED if name in inner}
        return {name: REPORTED[name](value) for name, value in found.items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {}
