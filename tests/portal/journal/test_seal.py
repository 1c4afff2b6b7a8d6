"""The chain: sealed in batches, and the first bad line is named."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from consultations.models import Comment
from portal.agencies.models import Agency
from portal.journal.models import Entry, record
from portal.journal.seal import START, faults, head, link, seal
from tests.consultations.together import together


@pytest.fixture
def lines(comment: Comment) -> list[Entry]:
    """Twenty sealed lines and those of the town."""
    for number in range(20):
        record("tested", comment, by=None, number=number)
    seal()
    return list(Entry.objects.sealed())


@contextmanager
def an_insider() -> Iterator[None]:
    """Act as somebody who may switch the triggers of the database off."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def verify(**options: str) -> str:
    said = io.StringIO()
    call_command("verify_journal", stdout=said, **options)
    return said.getvalue()


def test_a_whole_chain_has_no_fault_and_gapless_numbers(lines: list[Entry]) -> None:
    assert list(faults()) == []
    assert [line.seq for line in lines] == list(range(1, len(lines) + 1))
    assert lines[0].prev == START
    assert head() == (lines[-1].seq, lines[-1].hash)


def test_sealing_twice_adds_nothing(lines: list[Entry]) -> None:
    before = head()

    assert seal() == 0
    assert head() == before


def test_later_lines_follow_the_sealed_ones(lines: list[Entry], comment: Comment) -> None:
    record("tested", comment, by=None)

    assert seal() == 1
    assert Entry.objects.sealed().last().prev == lines[-1].hash  # type: ignore[union-attr]
    assert list(faults()) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("verb", "hidden"),
        ("topic", "comment:999"),
        ("actor_id", 7),
        ("agency_id", 7),
        ("consultation_id", 7),
        ("details", {"number": 7_000}),
        ("hash", "0" * 64),
        ("prev", "1" * 64),
    ],
)
def test_a_changed_column_is_named_by_its_line(
    lines: list[Entry], field: str, value: object
) -> None:
    changed = lines[7]
    with an_insider():
        Entry.objects.filter(pk=changed.pk).update(**{field: value})

    assert f"line {changed.seq}" in next(faults())
    with pytest.raises(CommandError, match=f"line {changed.seq}"):
        verify()


def test_a_changed_moment_is_found(lines: list[Entry]) -> None:
    with an_insider(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE journal_entry SET at = at + interval '1 microsecond' WHERE id = %s",
            [lines[3].pk],
        )

    assert next(faults()).startswith(f"line {lines[3].seq} ")


def test_a_line_that_was_taken_out_is_named(lines: list[Entry]) -> None:
    with an_insider():
        Entry.objects.filter(pk=lines[5].pk).delete()

    assert next(faults()).startswith(f"line {lines[5].seq} is missing")


def test_two_lines_that_changed_places_are_found(lines: list[Entry]) -> None:
    first, second = lines[4], lines[9]
    with an_insider():
        Entry.objects.filter(pk=first.pk).update(seq=1_000_000)
        Entry.objects.filter(pk=second.pk).update(seq=first.seq)
        Entry.objects.filter(pk=first.pk).update(seq=second.seq)

    assert f"line {first.seq}" in next(faults())


def test_a_cut_tail_is_found_with_a_head_that_was_kept(lines: list[Entry]) -> None:
    kept = f"{lines[-1].seq}:{lines[-1].hash}"
    with an_insider():
        Entry.objects.filter(seq__gt=10).delete()

    assert "chain whole" in verify()
    with pytest.raises(CommandError, match="tail was cut"):
        verify(head=kept)


def test_a_rewritten_chain_is_found_with_a_head_that_was_kept(lines: list[Entry]) -> None:
    kept = f"{lines[-1].seq}:{lines[-1].hash}"
    forged = link(lines[-1].prev, "another line")
    with an_insider():
        Entry.objects.filter(pk=lines[-1].pk).update(hash=forged)

    with pytest.raises(CommandError, match=f"line {lines[-1].seq}"):
        verify(head=kept)


def test_a_head_of_another_shape_is_refused_in_words(lines: list[Entry]) -> None:
    with pytest.raises(CommandError, match="SEQ:HASH"):
        verify(head="kemarin")


@pytest.mark.django_db(transaction=True)
def test_sealers_at_once_take_turns_also_at_the_first_line(agency: Agency) -> None:
    for number in range(20):
        record("tried", agency, by=None, number=number)

    outcomes = together(*[seal] * 5)

    assert sum(outcomes) == Entry.objects.count()
    assert next(faults(), None) is None
