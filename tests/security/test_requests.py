"""Requests that no browser of ours sends: each gets an answer, never a 500."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse

from consultations.models import Thread
from portal.accounts.models import User

BOUNDARY = "grens"


@contextmanager
def database_away() -> Iterator[None]:
    """Let every statement fail as it does when the database has gone."""

    def gone(*_arguments: Any) -> None:
        raise OperationalError("the server closed the connection unexpectedly")

    with connection.execute_wrapper(gone):
        yield


def multipart(fields: dict[str, bytes]) -> bytes:
    """Write a form as a browser does when it carries files."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value
        for name, value in fields.items()
    ]
    return b"\r\n".join([*parts, f"--{BOUNDARY}--\r\n".encode()])


@pytest.fixture
def patient() -> Client:
    """A browser that is told of a 500 instead of failing."""
    return Client(raise_request_exception=False)


@pytest.mark.django_db
def test_an_address_of_a_page_that_is_none_leads_to_the_entrance(
    patient: Client, thread: Thread
) -> None:
    address = reverse("consultations:comments", args=[thread.pk])

    answer = patient.post(
        address, {"body": "Ya"}, headers={"HX-Request": "true", "HX-Current-URL": "http://["}
    )

    assert answer.status_code == 200
    assert answer["HX-Redirect"].startswith("/account/login/")


@pytest.mark.parametrize(
    "words", ["-" * 90, "- " * 45, '-"' * 45, '"-' * 45, "(" * 90, '"' * 90, "or " * 30, "-a " * 30]
)
@pytest.mark.django_db
def test_words_that_no_search_understands_find_nothing(patient: Client, words: str) -> None:
    answer = patient.get("/", {"q": words})

    assert answer.status_code == 200


@pytest.mark.parametrize("charset", ["utf-7", "raw_unicode_escape", "rot13", "utf-16", "no-such"])
@pytest.mark.django_db
def test_a_form_in_letters_that_nobody_writes_is_refused(
    patient: Client, siti: User, thread: Thread, charset: str
) -> None:
    patient.force_login(siti)
    body = multipart({"body": b"+2AA- \\ud800", "key": b"x"})

    for address in (reverse("consultations:comments", args=[thread.pk]), "/account/login/"):
        answer = patient.generic(
            "POST", address, body, f"multipart/form-data; boundary={BOUNDARY}; charset={charset}"
        )
        assert answer.status_code == 400


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", ""])
@pytest.mark.django_db
def test_a_form_in_our_letters_is_read(
    patient: Client, siti: User, thread: Thread, charset: str
) -> None:
    patient.force_login(siti)
    kind = f"multipart/form-data; boundary={BOUNDARY}" + (f"; charset={charset}" if charset else "")
    body = multipart({"body": "Émoji 🚲".encode(), "key": b"not a key"})

    answer = patient.generic(
        "POST", reverse("consultations:comments", args=[thread.pk]), body, kind
    )

    assert answer.status_code == 422
    assert "Émoji 🚲" in answer.content.decode()


@pytest.mark.parametrize(
    "key", ["\x00" * 32, "a\x00" * 16, "'; DROP TABLE x; --", "é" * 32, "a" * 999]
)
@pytest.mark.django_db
def test_a_login_session_of_another_shape_is_none(patient: Client, key: str) -> None:
    patient.cookies[settings.SESSION_COOKIE_NAME] = ""
    patient.cookies[settings.SESSION_COOKIE_NAME]._coded_value = key  # type: ignore[attr-defined]

    for address in ("/", "/help/", "/me/", "/tidak-ada/"):
        assert patient.get(address).status_code in {200, 302, 404}


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        (f"multipart/form-data; boundary={BOUNDARY}", multipart({"csp-report": b"{}"}), 400),
        ("application/x-www-form-urlencoded", b"csp-report={}", 400),
        ("application/csp-report", b'{"csp-report": {"blocked-uri": "inline"}}', 204),
        ("application/json", b'{"csp-report": []}', 204),
        ("application/csp-report", b"[" * 9_000, 204),
        ("application/csp-report", b"x" * 20_000, 413),
    ],
)
def test_a_report_of_a_browser_is_read_whatever_it_holds(
    patient: Client, kind: str, body: bytes, status: int
) -> None:
    assert patient.generic("POST", "/csp/", body, kind).status_code == status


@pytest.mark.django_db
def test_the_other_language_of_no_page_stays_on_this_site(patient: Client) -> None:
    for address in ("/\\stranger.example", "/en/\\stranger.example", "/%5Cstranger.example/x"):
        page = patient.get(address).content.decode()
        assert 'href="/\\' not in page
        assert 'href="/en/\\' not in page


@pytest.mark.django_db
def test_a_database_that_is_away_is_said_also_where_nothing_is(patient: Client, siti: User) -> None:
    patient.force_login(siti)

    with database_away():
        missing, page = patient.get("/tidak-ada/"), patient.get("/me/")

    assert missing.status_code in {404, 503}
    assert page.status_code == 503
    assert page["Retry-After"]


@pytest.mark.django_db
def test_a_login_session_that_cannot_be_stored_is_a_503_with_the_text(
    patient: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_arguments: Any, **_named: Any) -> None:
        raise OperationalError("the server closed the connection unexpectedly")

    monkeypatch.setattr(SessionStore, "save", gone)
    monkeypatch.setattr(SessionStore, "create", gone)

    answer = patient.post(
        "/account/signup/",
        {"email": "baru@contoh.id.invalid", "pseudonym": "Warga", "text": "Jalur kiri"},
    )

    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert "Jalur kiri" in answer.content.decode()


@pytest.mark.django_db
def test_a_page_that_is_not_there_asks_the_database_for_nothing(
    patient: Client, siti: User
) -> None:
    patient.force_login(siti)

    with database_away():
        answer = patient.get("/tidak-ada/")

    assert answer.status_code == 404
