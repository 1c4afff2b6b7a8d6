"""What operators and proxies ask: does the process live, can the site serve."""

import json
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateWorker

from portal.doors import health


def ready() -> tuple[int, dict[str, Any]]:
    answer = Client().get("/readyz")
    return answer.status_code, answer.json()


def test_a_living_process_asks_nobody(django_assert_num_queries: Any, db: None) -> None:
    with django_assert_num_queries(0):
        answer = Client().get("/healthz")

    assert answer.json() == {"status": "ok"}


@pytest.mark.django_db
def test_without_a_worker_the_site_serves_and_says_so() -> None:
    status, said = ready()

    assert status == 200
    assert (said["status"], said["database"], said["migrations"]) == ("degraded", "ok", "ok")
    assert said["worker"] == {"status": "missing", "age": None}


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "state"), [(5, "ok"), (600, "late")])
def test_the_worker_is_as_old_as_its_last_sign_of_life(seconds: int, state: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (%s)",
            [timezone.now() - timedelta(seconds=seconds)],
        )

    _status, said = ready()

    assert ProcrastinateWorker.objects.count() == 1
    assert said["worker"]["status"] == state
    assert abs(said["worker"]["age"] - seconds) < 5


@pytest.mark.django_db
def test_with_everything_there_it_is_ok() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")

    status, said = ready()

    assert (status, said.pop("worker")["status"]) == (200, "ok")
    assert said == {"status": "ok", "database": "ok", "migrations": "ok", "redis": "ok"}


@pytest.mark.django_db
def test_only_reading_is_offered() -> None:
    for address in ("/healthz", "/readyz"):
        assert Client().head(address).status_code == 200
        assert Client().post(address).status_code == 405
    assert Client().get("/csp/").status_code == 405


@pytest.mark.django_db
def test_without_redis_the_site_serves_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = redis.Redis(unix_socket_path="/nonexistent/valkey.sock")
    monkeypatch.setattr(health, "plain_client", lambda: nowhere)

    status, said = ready()

    assert (status, said["status"], said["redis"]) == (200, "degraded", "degraded")


@pytest.mark.django_db
def test_with_a_migration_missing_the_site_is_not_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        health, "_known_migrations", lambda: health.applied_migrations() | {("x", "0001")}
    )

    status, said = ready()

    assert (status, said["status"]) == (503, "unavailable")
    assert said["migrations"] == "1 not applied"


@pytest.mark.django_db
def test_without_a_database_the_site_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> frozenset[tuple[str, str]]:
        raise OperationalError

    monkeypatch.setattr(health, "applied_migrations", away)

    assert ready() == (503, {"status": "unavailable", "database": "unavailable"})


@pytest.mark.parametrize(
    "body",
    [
        b'{"csp-report": {"document-uri": "https://x/", "blocked-uri": "inline"}}',
        b"[]",
        b" ",
        b"\xff\xfe",
        b'{"csp-report": 7}',
        b"[" * 5_000,
    ],
)
@pytest.mark.django_db
def test_a_report_of_any_shape_is_taken_without_a_token(body: bytes) -> None:
    browser = Client(enforce_csrf_checks=True)

    answer = browser.post("/csp/", body, content_type="application/csp-report")

    assert answer.status_code == 204


@pytest.mark.django_db
def test_a_huge_report_is_not_read() -> None:
    answer = Client().post("/csp/", b"x" * 20_000, content_type="application/csp-report")

    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("page", "route"),
    [
        ("https://x/invitations/rahasia/?q=rahasia", "agencies:acceptance"),
        ("https://x/en/invitations/rahasia/", "agencies:acceptance"),
        ("https://x/rahasia/rahasia/", ""),
        ("https://[rahasia", ""),
    ],
)
def test_a_report_names_route_and_host_and_no_address(page: str, route: str) -> None:
    report = {"document-uri": page, "blocked-uri": "https://y.example/rahasia?z", "more": "rahasia"}

    said = health.reported(json.dumps({"csp-report": report}).encode())

    assert said == {"document-uri": route, "blocked-uri": "y.example"}


@pytest.mark.parametrize(("blocked", "kept"), [("inline", "inline"), ("data:rahasia", "data")])
def test_a_report_keeps_the_kind_of_what_has_no_host(blocked: str, kept: str) -> None:
    body = json.dumps({"csp-report": {"blocked-uri": blocked}}).encode()

    assert health.reported(body) == {"blocked-uri": kept}


def test_reports_are_logged_seldom(caplog: pytest.LogCaptureFixture) -> None:
    for _report in range(100):
        Client().post("/csp/", b"{}", content_type="application/csp-report")

    assert len([each for each in caplog.records if each.name == health.__name__]) <= 20
