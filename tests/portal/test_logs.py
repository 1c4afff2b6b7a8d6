"""What a log keeps in production: no word, choice, address or secret of anybody, at any level."""

import asyncio
import io
import json
import logging
import threading
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection
from django.test import Client, RequestFactory, override_settings
from django.utils.log import log_response

from consultations.models import Comment, Thread
from portal import mount
from portal.accounts.models import User
from portal.logs import JsonLine
from portal.mount import Mount
from proposals.models import Document
from tests.portal.test_mount import Client as Asked
from tests.portal.test_mount import echo, scope, sorry
from tests.proposals.conftest import document, proposal, rooms
from tests.proposals.editors import open_editor

__all__ = ["document", "proposal", "rooms"]

MAIL, ADDRESS, WORDS = "kenari@contoh.id.invalid", "203.0.113.77", "kenari kuning di dahan"
SECRET = "sangat-rahasia-kenari"
CANARIES = ("kenari", ADDRESS, SECRET)


class Kept(logging.Handler):
    """The log of production at every level, in memory."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(JsonLine())
        self.stream = io.StringIO()

    def emit(self, record: logging.LogRecord) -> None:
        self.stream.write(self.format(record) + "\n")

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def sings(self, *more: str) -> list[str]:
        text = self.stream.getvalue().lower()
        return [word for word in (*CANARIES, *more) if word.lower() in text]


@pytest.fixture
def kept() -> Iterator[Kept]:
    """Everything that anybody logs, whatever the levels were."""
    handler, root = Kept(), logging.getLogger()
    names = ["", *logging.root.manager.loggerDict]
    before = {name: logging.getLogger(name).level for name in names}
    root.addHandler(handler)
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def browser(user: User | None = None) -> Client:
    client = Client(REMOTE_ADDR=ADDRESS, raise_request_exception=False)
    if user is not None:
        client.force_login(user)
    return client


@override_settings(DEBUG=True)  # then Django logs every statement with its values
@pytest.mark.django_db
def test_no_word_of_anybody_is_kept(
    kept: Kept, thread: Thread, comment: Comment, siti: User
) -> None:
    visitor, signed_in = browser(), browser(siti)

    visitor.post("/account/signup/", {"email": MAIL, "password1": SECRET, "pseudonym": "Kenari"})
    visitor.post("/account/login/", {"login": MAIL, "password": SECRET})
    visitor.get(f"/search/?q={WORDS}")
    visitor.get(f"/invitations/{SECRET}/")
    visitor.get("/threads/0/?after=kenari")
    visitor.post("/csp/", "kenari", content_type="application/json")
    report = {"csp-report": {"document-uri": f"https://testserver/invitations/{SECRET}/"}}
    visitor.post("/csp/", json.dumps(report), content_type="application/csp-report")
    signed_in.post(f"/threads/{thread.pk}/comments/", {"body": WORDS, "key": uuid4()})
    signed_in.post(f"/comments/{comment.pk}/edit/", {"body": f"{WORDS} lagi"})
    signed_in.post(f"/threads/{thread.pk}/opinions/", {"opinion": f"{comment.pk}:-1"})
    careful = Client(REMOTE_ADDR=ADDRESS, enforce_csrf_checks=True)
    careful.post("/account/login/", {"login": MAIL})
    elsewhere = f"https://elsewhere.example/{SECRET}"
    careful.post("/account/login/", {"login": MAIL}, secure=True, HTTP_REFERER=elsewhere)

    assert kept.lines
    assert Comment.objects.filter(body=WORDS).exists()
    assert kept.sings(siti.email, f"{comment.pk}:-1") == []


@pytest.mark.django_db
def test_a_failure_keeps_its_kind_and_place_and_not_its_words(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, thread: Thread, siti: User
) -> None:
    def fall(*_values: object, **_words: object) -> None:
        secret_local = WORDS
        raise ValueError(f"could not keep {secret_local}")

    monkeypatch.setattr(Thread, "post", fall)

    browser(siti).post(f"/threads/{thread.pk}/comments/", {"body": WORDS, "key": uuid4()})

    failures = [line for line in kept.lines if line["logger"] == "django.request"]
    assert failures
    assert failures[0]["error"][0] == "builtins.ValueError"
    assert failures[0]["status"] == 500
    assert failures[0]["route"] == "consultations:comments"
    assert any("fall" in place for place in failures[0]["places"])
    assert kept.sings() == []


async def test_a_request_that_hangs_does_not_name_its_path(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mount, "STALL_SECONDS", 0.05)
    release = threading.Event()

    def hang(environ: Any, start: Any) -> Any:
        release.wait(10)
        return echo(environ, start)

    asked = await Asked(Mount(hang, sorry, threads=1)).ask(scope(f"/invitations/{SECRET}/"))
    release.set()

    assert asked.status == 503
    assert any("No answer" in line["event"] for line in kept.lines)
    assert kept.sings() == []


@pytest.mark.django_db
def test_a_refused_row_is_not_quoted(kept: Kept) -> None:
    User.objects.create_user(MAIL, pseudonym="Kenari")

    try:
        User.objects.create_user(MAIL, pseudonym="Kenari")
    except IntegrityError:
        logging.getLogger("portal.somewhere").exception("A row was refused.")
        connection.needs_rollback = False

    assert "django.db.utils.IntegrityError" in kept.lines[-1]["error"]
    assert kept.lines[-1]["event"] == "A row was refused."
    assert kept.sings() == []


@pytest.mark.django_db(transaction=True)
async def test_no_letter_of_a_text_is_kept(
    kept: Kept, document: Document, siti: User, rooms: None
) -> None:
    one = await open_editor(document, siti)
    await one.type("kenari ")
    await one.until(lambda: one.text.acked == one.text.sent)
    await one.say(b"\x00\x02\x06kenari")

    assert kept.sings() == []


def test_others_sentences_are_kept_without_their_values(kept: Kept) -> None:
    request = RequestFactory().get(f"/kenari/{SECRET}/")
    answer = type("Answer", (), {"status_code": 404, "reason_phrase": "Not Found"})()

    log_response("%s: %s", "Not Found", request.path, response=answer, request=request)
    logging.getLogger("uvicorn.access").info('%s - "GET %s"', ADDRESS, "/kenari")
    logging.getLogger("procrastinate.worker").warning(
        f"Job letters(mail={MAIL}) failed",  # noqa: G004 (as procrastinate does)
        extra={"action": "job_error"},
    )

    assert [line["event"] for line in kept.lines] == ["%s: %s", '%s - "GET %s"', "job_error"]
    assert kept.lines[0]["status"] == 404
    assert kept.sings() == []


def test_what_a_task_died_of_is_not_quoted(kept: Kept) -> None:
    async def die() -> None:
        raise ValueError(WORDS)

    async def forget() -> None:
        task = asyncio.get_running_loop().create_task(die())
        await asyncio.wait([task])
        asyncio.get_running_loop().call_exception_handler(
            {"message": "A task died.", "task": task, "exception": task.exception()}
        )

    asyncio.run(forget())

    died = next(line for line in kept.lines if line["logger"] == "asyncio" and "error" in line)
    assert died["event"] == "A task died."
    assert kept.sings() == []


def test_a_line_is_one_line_of_json(kept: Kept) -> None:
    logging.getLogger("portal.somewhere").info("two\nlines %s", "é")

    assert kept.stream.getvalue().count("\n") == 1
    assert kept.lines[0] | {"at": ""} == {
        "at": "", "level": "info", "logger": "portal.somewhere", "event": "two\nlines é",
    }  # fmt: skip
