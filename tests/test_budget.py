"""What a page costs: statements counted exactly, the same for a small and for a large town."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from consultations.models import Comment, Opinion, Participant, Thread
from consultations.models.place import next_place
from portal.accounts.models import User
from proposals.models import Proposal
from tests.consultations.statements import counted
from tests.matrix import OWN_ROUTES, Town, arguments, proposal_of, town

__all__ = ["town"]

# Route → statements for a visitor and for somebody signed in (login session and person included).
# None: a visitor is led to the entrance.
PAGES: dict[str, tuple[int | None, int]] = {
    "consultations:thread": (6, 8),
    "consultations:comment": (7, 9),
    "consultations:show": (6, 9),
    "consultations:comments": (6, 8),
    "consultations:threads": (5, 8),
    "consultations:revisions": (4, 6),
    "consultations:opinions": (None, 6),
    "consultations:replies": (None, 6),
    "consultations:edit_comment": (None, 6),
    "consultations:new": (None, 6),
    "consultations:edit": (None, 8),
    "consultations:preview": (None, 9),
    "consultations:publication": (None, 9),
    "proposals:index": (5, 8),
    "proposals:show": (6, 9),
    "proposals:new": (None, 8),
    "proposals:edit": (None, 12),
    "proposals:text": (None, 12),
    "proposals:freezing": (None, 9),
    "moderation:index": (None, 12),
    "moderation:hiding": (None, 12),
    "notifications:index": (None, 6),
    "agencies:index": (2, 4),
    "agencies:show": (4, 8),
    "agencies:new": (None, 6),
    "agencies:description": (None, 8),
    "agencies:members": (None, 10),
    "agencies:acceptance": (None, 6),
    "accounts:me": (None, 8),
    "healthz": (0, 0),
    "readyz": (6, 6),
    "doors:home": (6, 10),
    "doors:help": (0, 4),
    "doors:promises": (0, 4),
    "doors:office": (None, 8),
}
MANY = 1_000


def crowd(thread: Thread, author: User, number: int) -> list[Comment]:
    """Fill a thread in two statements: comments at the top and their opinions."""
    participant = Participant.objects.get(person=author)
    first = thread.comments.count() + 1
    rows = [
        Comment(
            thread=thread, author=participant, key=uuid4(), number=each, body="Setuju.",
            body_html="<p>Setuju.</p>", place=next_place("", each), posted_at=timezone.now(),
        )
        for each in range(first, first + number)
    ]  # fmt: skip
    made = Comment.objects.bulk_create(rows)
    Thread.objects.filter(pk=thread.pk).update(
        last_number=first + number, comment_count=first + number - 1
    )
    Opinion.objects.bulk_create(
        Opinion(comment=each, participant=participant, value=1) for each in made
    )
    return made


def cost(browser: Client, address: str) -> int:
    """Count the statements of one page; it must be a page."""
    with counted() as asked:
        answer = browser.get(address)
    assert answer.status_code == 200, f"{address}: {answer.status_code}"
    return len(asked)


def browsers(town: Town, name: str) -> tuple[Client, Client]:
    """A visitor and the person whom the row of the page names."""
    visitor, signed_in = Client(), Client()
    row = OWN_ROUTES[name].rights["read"].split("|")[0]
    actor = {"official": "officer", "invited": "citizen"}.get(row, row)
    signed_in.force_login(town.people.get(actor, town.people["author"]))
    return visitor, signed_in


def test_every_page_has_its_budget() -> None:
    read_by = {name: route.rights.get("read") for name, route in OWN_ROUTES.items()}
    pages = {name for name, row in read_by.items() if row not in {"", "nobody"}}

    assert {
        f"{name}: say its statements in tests/test_budget.py" for name in pages - set(PAGES)
    } == set()
    assert set(PAGES) <= pages


@pytest.mark.parametrize("name", sorted(PAGES))
@pytest.mark.django_db
def test_a_page_keeps_its_budget(name: str, town: Town) -> None:
    address = reverse(name, kwargs=arguments(OWN_ROUTES[name], town))
    if name == "consultations:edit":
        town.consultation.publication.delete()  # only a draft is edited
    visitor, signed_in = browsers(town, name)
    for_visitors, for_people = PAGES[name]

    if for_visitors is not None:
        assert cost(visitor, address) <= for_visitors
    assert cost(signed_in, address) <= for_people


@pytest.mark.parametrize(
    "name",
    ["consultations:show", "consultations:comment", "moderation:index"],
)
@pytest.mark.django_db
def test_a_page_costs_the_same_in_a_large_town(name: str, town: Town) -> None:
    address = reverse(name, kwargs=arguments(OWN_ROUTES[name], town))
    crowd(town.thread, town.people["author"], 60)
    small = [cost(browser, address) for browser in browsers(town, name)[name.startswith("mod") :]]

    crowd(town.thread, town.people["author"], MANY)

    assert [
        cost(browser, address) for browser in browsers(town, name)[name.startswith("mod") :]
    ] == small


@pytest.mark.django_db
def test_more_proposals_cost_no_more(town: Town) -> None:
    address = reverse("proposals:index", args=[town.consultation.slug])
    for _each in range(3):
        proposal_of(town.consultation, town.people["citizen"])
    small = cost(Client(), address)

    for _each in range(25):
        proposal_of(town.consultation, town.people["citizen"])

    assert cost(Client(), address) == small
    assert Proposal.objects.count() > 25


@pytest.mark.django_db
def test_an_opinion_is_four_statements_whatever_it_changes(town: Town) -> None:
    citizen = Client()
    citizen.force_login(town.people["citizen"])
    address = reverse("consultations:opinions", args=[town.thread.pk])

    for opinion in ("1", "-1", "-1"):
        with counted() as asked:
            answer = citizen.post(address, {"opinion": f"{town.comment.pk}:{opinion}"})
        assert answer.status_code == 302
        assert len(asked) <= 4, asked


@pytest.mark.django_db
def test_a_repeated_opinion_writes_nothing(town: Town) -> None:
    Comment.opine(town.comment.pk, voter=town.people["citizen"], value=1)
    before = rows_written()

    Comment.opine(town.comment.pk, voter=town.people["citizen"], value=1)

    assert rows_written() == before


@pytest.mark.django_db
def test_a_support_is_four_statements(town: Town) -> None:
    citizen = Client()
    citizen.force_login(town.people["citizen"])
    address = reverse("proposals:supports", args=[town.proposal.pk])

    with counted() as asked:
        answer = citizen.post(address)

    assert answer.status_code == 302
    assert len(asked) <= 4, asked


@pytest.mark.django_db
def test_five_thousand_comments_cost_what_fifty_do(town: Town) -> None:
    address = reverse("consultations:thread", args=[town.thread.pk])
    crowd(town.thread, town.people["author"], 60)
    small = [cost(browser, address) for browser in browsers(town, "consultations:thread")]

    crowd(town.thread, town.people["author"], 5_000)

    large = [cost(browser, address) for browser in browsers(town, "consultations:thread")]
    assert large == small
    assert large[0] <= 6
    assert large[1] <= 8
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE consultations_comment")
    last = town.thread.comments.order_by("-place")[51].place

    first_page, last_page = buffers(town.thread, ""), buffers(town.thread, last)

    assert last_page <= 2 * first_page


def buffers(thread: Thread, after: str) -> int:
    """Buffers that the list query of a page touches, and no scan of the whole table."""
    query = Comment.objects.filter(thread=thread).after(after).order_by("place")[:51]
    sql, parameters = query.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", parameters)
        plan = cursor.fetchone()[0][0]["Plan"]
    assert "Seq Scan" not in str(plan)
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def rows_written() -> int:
    """Rows written in this transaction so far."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables"
        )
        return int(cursor.fetchone()[0])
