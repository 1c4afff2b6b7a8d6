"""The same addresses in five states: own, another's, another agency's, hidden, closed.

Every form is sent with words that would do, so that what is refused is refused for the state.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consultations.models import (
    Comment,
    CommentRevision,
    Consultation,
    OpinionChange,
    Participant,
    Thread,
)
from portal.agencies.models import Agency, Member
from portal.journal.models import Entry
from portal.moderation.models import Rule
from proposals.models import Support, Update
from tests.conftest import ALL_ACTIVITIES, close, in_office, plan
from tests.matrix import (
    HOLDS,
    OWN_ROUTES,
    Town,
    arguments,
    clients,
    is_entitled,
    proposal_of,
    rows_touched,
    town,
)

__all__ = ["town"]

ROOMS = ("consultations:", "proposals:", "moderation:")
ABOUT_AN_OBJECT = sorted(
    name for name, route in OWN_ROUTES.items() if route.words and name.startswith(ROOMS)
)
WRITTEN_BY_PEOPLE = ("comments", "opinions", "replies", "edit_comment", "new", "text", "supports")
SECRET = "Rahasiabelaka"
REASON = "Kalimat ini menyerang seseorang dengan menyebut namanya."


def words_for(name: str, of: Town) -> dict[str, str]:
    """What somebody would send to that address."""
    comment = of.comment
    return {
        "body": f"Kata lain untuk {name}.",
        "text": "Naskah yang lain.",
        "base": "1",
        "key": str(uuid4()),
        "title": "Judul lain",
        "summary": "Ringkasan lain.",
        "subject": "Pokok lain?",
        "question": "Apa yang diputuskan?",
        "reason": REASON,
        "rule": str(Rule.objects.of(of.consultation.topic)[0].pk),
        "opinion": f"{comment.pk}:1",
        "seen": comment.wording,
    }


def send(browser: Client, address: str, words: dict[str, str]) -> tuple[int, int]:
    """Send a form and undo it; gives the status and the rows it wrote."""
    with transaction.atomic():
        before, kept = rows_touched(), rows_kept()
        answer = browser.post(address, words)
        touched, left = rows_touched() - before, rows_kept() - kept
        transaction.set_rollback(True)
    # PostgreSQL counts what a refusal rolled back as well.
    return answer.status_code, touched if answer.status_code < 400 else left


def rows_kept() -> int:
    """What the verbs of people leave behind, also the smallest of them."""
    return sum(
        kind.objects.count()
        for kind in (Entry, Participant, Comment, CommentRevision, OpinionChange, Support, Update)
    )


def outcomes(of: Town) -> Iterator[tuple[str, str, int, int]]:
    """Let everybody send everything: route, actor, status, rows."""
    browsers = clients(of)
    for name in ABOUT_AN_OBJECT:
        address = reverse(name, kwargs=arguments(OWN_ROUTES[name], of))
        for actor, browser in browsers.items():
            yield (name, actor, *send(browser, address, words_for(name, of)))


def is_of_people(name: str) -> bool:
    return name.rpartition(":")[2] in WRITTEN_BY_PEOPLE and not name.startswith("moderation")


def hidden_words(of: Town) -> Town:
    """Comment and proposal with words that no stranger may read any more."""
    moderator, author = of.people["moderator"], of.people["author"]
    comment = of.thread.post(author=author, body=f"{SECRET} komentar", key=uuid4())
    proposal = proposal_of(of.consultation, author)
    type(proposal).objects.filter(pk=proposal.pk).update(title=f"{SECRET} usulan")
    for item in (comment, proposal):
        item.refresh_from_db()
        item.hide(by=moderator, rule=item.rules()[0], reason=REASON)
    return replace(of, comment=comment, proposal=proposal)


def of_another_agency(of: Town, other: Agency) -> Town:
    """The same things, of an agency in which nobody of the town holds a role."""
    officer = in_office(other, "Asing", Member.Role.OFFICER)
    in_office(other, "Penengah", Member.Role.MODERATOR)
    consultation = Consultation.draft(
        agency=other, by=officer, key=uuid4(), phases=plan(*ALL_ACTIVITIES), title="Lain",
        question="Apa?", background="Ada.", organiser="Bidang",
    )  # fmt: skip
    consultation.publish(by=officer)
    consultation = Consultation.objects.for_display().get(pk=consultation.pk)
    thread = Thread.start(consultation=consultation, subject="Apa?", by=officer, key=uuid4())
    author = of.people["author"]
    comment = thread.post(author=author, body="Di sana", key=uuid4())
    proposal = proposal_of(consultation, author)
    return replace(
        of, agency=other, consultation=consultation, thread=thread, comment=comment,
        proposal=proposal,
    )  # fmt: skip


@pytest.mark.django_db
def test_what_is_open_is_written_by_whom_the_row_names_and_nobody_else(town: Town) -> None:
    surprises, wrote = [], set()

    for name, actor, status, touched in outcomes(town):
        row = OWN_ROUTES[name].rights["write"]
        if touched and not is_entitled(actor, row):
            surprises.append(f"{actor} {name}: wrote {touched} rows ({status})")
        if touched:
            wrote.add((name, "author" if actor == "author" else "other"))

    assert not surprises, "\n".join(surprises)
    assert ("consultations:edit_comment", "author") in wrote
    assert ("consultations:edit_comment", "other") not in wrote
    assert {"consultations:comments", "consultations:opinions", "consultations:replies"} <= {
        name for name, _who in wrote
    }
    assert {"moderation:hiding", "proposals:supports", "proposals:new"} <= {n for n, _w in wrote}


@pytest.mark.django_db
def test_a_role_of_one_agency_is_none_in_another(town: Town, other_agency: Agency) -> None:
    there = of_another_agency(town, other_agency)
    insiders = {"moderator", "officer", "owner"}
    surprises = []

    for name, actor, status, touched in outcomes(there):
        row = set(OWN_ROUTES[name].rights["write"].split("|"))
        is_foreign = actor in insiders and not row & {"citizen", "everyone", "visible"}
        if is_foreign and (touched or status not in {302, 404, 405}):
            surprises.append(f"{actor} {name}: {status}, {touched} rows")

    assert not surprises, "\n".join(surprises)


@pytest.mark.django_db
def test_what_is_hidden_is_read_and_written_by_none_but_its_moderators(town: Town) -> None:
    gone = hidden_words(town)
    may_read = {"author", "moderator"}
    surprises = []

    for name in ABOUT_AN_OBJECT:
        address = reverse(name, kwargs=arguments(OWN_ROUTES[name], gone))
        for actor, browser in clients(gone).items():
            page = browser.get(address)
            if actor not in may_read and SECRET in page.content.decode():
                surprises.append(f"{actor} reads {name}")

    for name, actor, status, touched in outcomes(gone):
        is_about_it = name.rpartition(":")[2] in {"replies", "edit_comment", "text", "supports"}
        if is_about_it and touched:
            surprises.append(f"{actor} writes {name}: {status}, {touched} rows")
        if actor != "moderator" and touched and name.startswith("moderation:"):
            surprises.append(f"{actor} decides {name}: {status}")

    assert not surprises, "\n".join(surprises)


@pytest.mark.django_db
def test_what_is_closed_is_read_by_all_and_written_by_nobody(town: Town) -> None:
    close(town.consultation)
    surprises = []

    for name, actor, status, touched in outcomes(town):
        if is_of_people(name) and not name.endswith("consultations:new") and touched:
            surprises.append(f"{actor} {name}: {status}, {touched} rows")
    for name in ("consultations:thread", "consultations:comment", "proposals:show"):
        address = reverse(name, kwargs=arguments(OWN_ROUTES[name], town))
        if Client().get(address).status_code != 200:
            surprises.append(f"{name} is gone")

    assert not surprises, "\n".join(surprises)


# The clock of a worker is off by an hour: the database's decides


@pytest.mark.parametrize("hours", [-1, 1])
@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.django_db
def test_a_wrong_clock_of_the_worker_opens_and_closes_nothing(
    town: Town,
    hours: int,
    is_open: bool,
) -> None:
    now = timezone.now()
    starts = now - timedelta(minutes=30) if is_open else now - timedelta(days=2)
    ends = now + timedelta(minutes=30) if is_open else now - timedelta(minutes=30)
    town.consultation.phases.update(starts_at=starts, ends_at=ends)
    surprises = []

    with time_machine.travel(now + timedelta(hours=hours), tick=True):
        for name in ABOUT_AN_OBJECT:
            browser = Client()
            browser.force_login(town.people["author"])
            address = reverse(name, kwargs=arguments(OWN_ROUTES[name], town))
            status, touched = send(browser, address, words_for(name, town))
            surprises += said_of(name, status, touched, is_open=is_open)
        page: Any = Client().get(reverse("consultations:thread", args=[town.thread.pk]))

    assert not surprises, "\n".join(surprises)
    assert page.context["phase"].is_running == is_open


def said_of(name: str, status: int, touched: int, *, is_open: bool) -> list[str]:
    """What is wrong with the answer to the author of the things."""
    if not is_of_people(name) or name.endswith("consultations:new"):
        return []
    if bool(touched) != is_open:
        return [f"{name}: {status}, {touched} rows"]
    return []


def test_every_word_of_the_rows_is_asked_here() -> None:
    assert {"author", "moderator", "officer", "owner", "citizen"} <= set(HOLDS)
    assert len(ABOUT_AN_OBJECT) > 15
