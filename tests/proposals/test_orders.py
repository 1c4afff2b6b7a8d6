"""The list of proposals in two orders, each page by page from a place in it on."""

import re
from itertools import chain

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consultations.models import Consultation
from portal.accounts.models import User
from proposals.models import Proposal
from proposals.views.proposals import LISTED

TITLE = re.compile(r"data-title>(\d+)</a>")
NEXT = re.compile(r'href="([^"]+)" rel="next"')


@pytest.fixture
def many(consultation: Consultation) -> list[str]:
    """More than two pages; titles say who stands behind them, here and elsewhere."""
    totals = [number * 7 % 60 for number in range(2 * LISTED + 5)]
    Proposal.objects.bulk_create(
        Proposal(
            consultation=consultation, title=str(total), summary="Ringkas",
            support_count=total // 2, supports_taken_over=total - total // 2,
        )
        for total in totals
    )  # fmt: skip
    return [str(total) for total in totals]


def pages(address: str) -> list[list[str]]:
    """Follow the links until the last page."""
    found: list[list[str]] = []
    while address:
        said = Client().get(address).text
        found.append(TITLE.findall(said))
        link = NEXT.search(said)
        address = link[1].replace("&amp;", "&") if link else ""
    return found


def test_newest_first_shows_every_proposal_once(
    consultation: Consultation, many: list[str]
) -> None:
    found = pages(f"/consultations/{consultation.slug}/proposals/")

    assert [len(page) for page in found] == [LISTED, LISTED, 5]
    assert list(chain.from_iterable(found)) == many[::-1]


def test_most_supported_first_counts_what_was_taken_over_and_shows_every_proposal_once(
    consultation: Consultation, many: list[str]
) -> None:
    found = pages(f"/consultations/{consultation.slug}/proposals/?order=supports")

    assert [len(page) for page in found] == [LISTED, LISTED, 5]
    assert list(chain.from_iterable(found)) == sorted(many, key=int, reverse=True)


def test_a_page_far_down_costs_what_the_first_one_does(
    consultation: Consultation, many: list[str]
) -> None:
    address = f"/consultations/{consultation.slug}/proposals/?order=supports"
    deep = f"{address}&below={many[3]}&before={Proposal.objects.order_by('pk')[3].pk}"
    Client().get(address)
    asked = []

    for each in (address, deep):
        with CaptureQueriesContext(connection) as statements:
            assert Client().get(each).status_code == 200
        asked.append(len(statements))

    assert asked[0] == asked[1]


def test_one_step_down_the_order_reads_the_index_from_there(
    consultation: Consultation, many: list[str]
) -> None:
    rows = Proposal.objects.filter(consultation=consultation).most_supported(below=20, pk=10**6)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
    plan = rows[:LISTED].explain()

    assert "most_supported_first" in plan
    assert "support_total <=" in plan.partition("Index Cond")[2].partition("\n")[0]


@pytest.mark.parametrize(
    "query", ["order=lain", "order=supports&below=5", "order=supports&before=5"]
)
def test_an_address_that_names_no_place_gives_the_beginning(
    consultation: Consultation, many: list[str], query: str
) -> None:
    [first, *_rest] = pages(f"/consultations/{consultation.slug}/proposals/?{query}")

    assert len(first) == LISTED


def test_the_address_takes_no_words_for_numbers(consultation: Consultation) -> None:
    address = f"/consultations/{consultation.slug}/proposals/?order=supports&below=x&before=1"

    assert Client().get(address).status_code == 400


def test_the_order_that_is_shown_is_marked(consultation: Consultation, many: list[str]) -> None:
    said = Client().get(f"/consultations/{consultation.slug}/proposals/?order=supports").text

    assert re.search(r'order=supports" aria-current="page"', said)
    assert "data-live-list" not in said


# Looking for words


def put(consultation: Consultation, *titles: str, **fields: object) -> None:
    """Put proposals before the others."""
    for title in titles:
        Proposal.objects.create(
            consultation=consultation, title=title, **{"summary": "Ringkas", **fields}
        )


def found(consultation: Consultation, query: str) -> list[str]:
    said = Client().get(f"/consultations/{consultation.slug}/proposals/?{query}").text
    return re.findall(r"data-title>([^<]+)</a>", said)


def test_every_word_must_be_said_in_the_title_or_the_summary(consultation: Consultation) -> None:
    put(consultation, "Lampu jalan", "Rak sepeda", "Jalan setapak")
    put(consultation, "Halte", summary="Lampu di tepi jalan.")

    assert found(consultation, "q=JALAN+lampu") == ["Halte", "Lampu jalan"]
    assert found(consultation, "q=lampu+kapal") == []
    assert found(consultation, "q=%25") == []


def test_what_is_found_stands_in_the_order_that_was_chosen(
    consultation: Consultation, many: list[str]
) -> None:
    first, *rest = pages(f"/consultations/{consultation.slug}/proposals/?q=ringkas&order=supports")
    newest = pages(f"/consultations/{consultation.slug}/proposals/?q=5")

    assert first + list(chain.from_iterable(rest)) == sorted(many, key=int, reverse=True)
    assert list(chain.from_iterable(newest)) == [each for each in many[::-1] if "5" in each]


def test_looking_for_words_costs_what_the_list_does(
    consultation: Consultation, many: list[str]
) -> None:
    address = f"/consultations/{consultation.slug}/proposals/"
    Client().get(address)
    asked = []

    for query in ("", "?q=1", "?q=1+2+3+4+5+6+7+8+9"):
        with CaptureQueriesContext(connection) as statements:
            assert Client().get(address + query).status_code == 200
        asked.append(len(statements))

    assert len(set(asked)) == 1


def test_a_hidden_proposal_is_not_found_by_its_words(
    consultation: Consultation, proposal: Proposal, moderator: User
) -> None:
    word = proposal.title.split()[0]
    assert found(consultation, f"q={word}") == [proposal.title]

    proposal.hide(by=moderator, rule=proposal.rules()[0], reason="Memuat nomor telepon orang lain.")

    page = Client().get(f"/consultations/{consultation.slug}/proposals/?q={word}").text
    assert proposal.tombstone not in page
    assert "Tidak ada usulan yang memuat kata itu." in page


def test_nothing_is_searched_where_there_is_nothing(consultation: Consultation) -> None:
    address = f"/consultations/{consultation.slug}/proposals/"

    page = Client().get(address).text

    assert 'name="q"' not in page
    assert "Belum ada usulan." in page
    put(consultation, "Lampu jalan")
    assert 'name="q"' in Client().get(address).text
