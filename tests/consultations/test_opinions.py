"""Agree, disagree, pass: set and not toggled, exact counters, few statements, one form a page."""

from functools import partial
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from consultations.models import Comment, Consultation, Opinion, OpinionChange, Participant, Thread
from portal.accounts.models import User
from portal.journal.models import Entry
from portal.refusals import Refused
from tests.conftest import close, person
from tests.consultations.statements import counted
from tests.consultations.together import together
from tests.live import in_a_thread, watch

LIVE = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}
REASON = "Kata ini menghina sesama peserta."


def counts(comment: Comment) -> list[int]:
    comment.refresh_from_db()
    return [*comment.counts, comment.opinion_version]


def rows_written() -> int:
    """Rows of opinions and comments written in this transaction so far."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)"
            " FROM pg_stat_xact_user_tables WHERE relname LIKE 'consultations%%'"
        )
        return int(cursor.fetchone()[0])


# Giving


def test_an_opinion_counts_once_and_can_change(comment: Comment, budi: User) -> None:
    Comment.opine(comment.pk, voter=budi, value=1)
    assert counts(comment) == [1, 0, 0, 1]

    Comment.opine(comment.pk, voter=budi, value=-1)
    assert counts(comment) == [0, 1, 0, 2]

    Comment.opine(comment.pk, voter=budi, value=0)
    assert counts(comment) == [0, 0, 1, 3]
    assert Opinion.objects.get().value == 0


def test_repeating_an_opinion_writes_nothing(comment: Comment, budi: User) -> None:
    Comment.opine(comment.pk, voter=budi, value=1)
    before = rows_written()

    again = Comment.opine(comment.pk, voter=budi, value=1)

    assert rows_written() == before
    assert again.counts == [1, 0, 0]
    assert counts(comment) == [1, 0, 0, 1]


def test_every_change_is_kept(comment: Comment, budi: User) -> None:
    Comment.opine(comment.pk, voter=budi, value=1)
    Comment.opine(comment.pk, voter=budi, value=-1)
    Comment.retract(comment.pk, voter=budi)

    steps = OpinionChange.objects.order_by("pk").values_list("before", "after")
    assert list(steps) == [(None, 1), (1, -1), (-1, None)]
    assert not Entry.objects.filter(topic=comment.topic, verb="opined").exists()


def test_taking_back_uncounts_and_twice_is_harmless(comment: Comment, budi: User) -> None:
    Comment.opine(comment.pk, voter=budi, value=1)

    Comment.retract(comment.pk, voter=budi)
    Comment.retract(comment.pk, voter=budi)

    assert counts(comment) == [0, 0, 0, 2]
    assert not Opinion.objects.exists()


def test_the_first_opinion_makes_a_participant(comment: Comment, budi: User) -> None:
    Comment.opine(comment.pk, voter=budi, value=1)

    budi_here = Participant.objects.get(person=budi)
    assert (budi_here.pseudonym, budi_here.number) == ("Budi", 2)


# Refusing


def test_after_the_close_opinions_stay_as_they_are(comment: Comment, budi: User) -> None:
    Comment.opine(comment.pk, voter=budi, value=1)
    close(comment.thread.consultation)

    for act in (
        partial(Comment.opine, comment.pk, voter=budi, value=-1),
        partial(Comment.retract, comment.pk, voter=budi),
    ):
        with pytest.raises(Refused, match=r"open|terbuka|dibuka"):
            act()
    assert counts(comment) == [1, 0, 0, 1]


def test_replies_take_no_opinion(thread: Thread, comment: Comment, siti: User, budi: User) -> None:
    reply = thread.post(author=siti, body="Balasan", key=uuid4(), parent=comment)

    with pytest.raises(Refused):
        Comment.opine(reply.pk, voter=budi, value=1)


def test_a_hidden_comment_takes_no_opinion(comment: Comment, budi: User, moderator: User) -> None:
    comment.hide(by=moderator, rule=comment.rules()[0], reason=REASON)

    with pytest.raises(Refused):
        Comment.opine(comment.pk, voter=budi, value=1)
    assert counts(comment) == [0, 0, 0, 0]


def test_what_one_may_not_see_takes_no_opinion(comment: Comment, budi: User) -> None:
    comment.thread.consultation.publication.delete()

    with pytest.raises(Comment.DoesNotExist):
        Comment.opine(comment.pk, voter=budi, value=1)
    with pytest.raises(Comment.DoesNotExist):
        Comment.opine(10**15, voter=budi, value=1)


def test_a_suspended_person_has_no_opinion(comment: Comment, budi: User) -> None:
    User.objects.filter(pk=budi.pk).update(is_active=False)

    with pytest.raises(Refused):
        Comment.opine(comment.pk, voter=budi, value=1)


def test_the_database_keeps_one_opinion_per_person_and_only_three_values(
    comment: Comment, budi: User
) -> None:
    Comment.opine(comment.pk, voter=budi, value=1)
    opinion = Opinion.objects.get()

    with pytest.raises(IntegrityError, match="one_opinion_per_comment"), transaction.atomic():
        Opinion.objects.create(comment=comment, participant=opinion.participant, value=0)
    with pytest.raises(IntegrityError, match="agree_pass_or_disagree"), transaction.atomic():
        Opinion.objects.filter(pk=opinion.pk).update(value=2)


# At the same moment


@LIVE
def test_twenty_presses_of_one_person_are_one_opinion(comment: Comment, budi: User) -> None:
    def press(value: int) -> Comment:
        return Comment.opine(comment.pk, voter=budi, value=value)

    outcomes = together(*[partial(press, n % 3 - 1) for n in range(20)])

    assert all(isinstance(each, (Comment, Refused)) for each in outcomes), outcomes
    opinion = Opinion.objects.get()
    expected = [int(opinion.value == value) for value in (1, -1, 0)]
    assert counts(comment)[:3] == expected
    assert Participant.objects.filter(person=budi).count() == 1
    assert comment.thread.consultation.participants.count() == 2


@LIVE
def test_twenty_people_at_once_are_all_counted(comment: Comment) -> None:
    people = [person(f"Warga{number}") for number in range(20)]

    outcomes = together(
        *[partial(Comment.opine, comment.pk, voter=each, value=1) for each in people]
    )

    assert all(isinstance(each, Comment) for each in outcomes), outcomes
    assert counts(comment) == [20, 0, 0, 20]
    consultation = Consultation.objects.get(pk=comment.thread.consultation_id)
    assert consultation.participant_count == consultation.participants.count() == 21
    numbers = consultation.participants.order_by("number").values_list("number", flat=True)
    assert list(numbers) == list(range(1, 22))


# What open pages hear


@LIVE
async def test_an_opinion_reaches_the_thread_as_numbers_and_nobody_else(
    comment: Comment, thread: Thread, budi: User
) -> None:
    page, _ = await watch(thread)
    elsewhere, is_there = await watch(thread.consultation)

    await in_a_thread(Comment.opine, comment.pk, voter=budi, value=1)

    told = await page.told()
    assert told["n"] == {comment.dom_id: [1, 0, 0, 1]}
    assert "put" not in told
    assert is_there
    assert await elsewhere.receive_nothing()


@LIVE
async def test_a_repeated_opinion_is_not_pushed(
    comment: Comment, thread: Thread, budi: User
) -> None:
    await in_a_thread(Comment.opine, comment.pk, voter=budi, value=1)
    page, _ = await watch(thread)

    await in_a_thread(Comment.opine, comment.pk, voter=budi, value=1)

    assert await page.receive_nothing()


@LIVE
async def test_an_opinion_that_rolls_back_is_not_pushed(
    comment: Comment, thread: Thread, budi: User
) -> None:
    page, _ = await watch(thread)

    def fail() -> None:
        with transaction.atomic():
            Comment.opine(comment.pk, voter=budi, value=1)
            transaction.set_rollback(True)

    await in_a_thread(fail)

    assert await page.receive_nothing()


# The page


def test_an_opinion_without_scripts_comes_back_to_the_comment(
    client: Client, thread: Thread, comment: Comment, budi: User
) -> None:
    client.force_login(budi)
    page = client.get(f"/threads/{thread.pk}/").content.decode()
    assert f'form="opinions" name="opinion" value="{comment.pk}:1"' in page

    answer = client.post(
        f"/threads/{thread.pk}/opinions/",
        {"opinion": f"{comment.pk}:1", "page": f"/threads/{thread.pk}/?after=zzzzz"},
    )

    assert answer["Location"] == f"/threads/{thread.pk}/?after=zzzzz#{comment.dom_id}"
    assert counts(comment) == [1, 0, 0, 1]


def test_no_form_leads_to_another_host(
    client: Client, thread: Thread, comment: Comment, budi: User
) -> None:
    client.force_login(budi)

    answer = client.post(
        f"/threads/{thread.pk}/opinions/",
        {"opinion": f"{comment.pk}:1", "page": "//jahat.example/"},
    )

    assert answer["Location"] == f"/#{comment.dom_id}"


def test_an_opinion_costs_four_statements(
    client: Client, thread: Thread, comment: Comment, budi: User
) -> None:
    client.force_login(budi)

    for value in (1, -1, -1):
        with counted() as asked:
            client.post(
                f"/threads/{thread.pk}/opinions/",
                {"opinion": f"{comment.pk}:{value}"},
                headers=HTMX,
            )
        assert len(asked) <= 4, asked


def test_the_page_says_in_words_what_one_thinks(
    client: Client, thread: Thread, comment: Comment, budi: User, siti: User
) -> None:
    Comment.opine(comment.pk, voter=budi, value=-1)

    client.force_login(budi)
    own = client.get(f"/threads/{thread.pk}/opinions/").content.decode()
    client.force_login(siti)
    other = client.get(f"/threads/{thread.pk}/opinions/").content.decode()

    assert f'data-opinion-of="{comment.dom_id}" data-value="-1"' in own
    assert "data-opinion-of" not in other


def test_the_own_opinion_stands_after_a_row_that_is_the_same_for_all(
    client: Client, thread: Thread, comment: Comment, budi: User, siti: User
) -> None:
    Comment.opine(comment.pk, voter=budi, value=-1)
    rows = []

    for user in (budi, siti):
        client.force_login(user)
        page = client.get(f"/threads/{thread.pk}/").content.decode()
        row, _end, after = (
            page.partition(f'<li id="{comment.dom_id}"')[2]
            .partition("</ol>")[0]
            .rpartition('<li class="own-line')
        )
        rows.append((row.strip() if row else after.strip(), "Tidak setuju</strong>" in after))

    assert rows[0][0] == rows[1][0]
    assert [is_said for _row, is_said in rows] == [True, False]


def test_taking_back_works_without_scripts(
    client: Client, thread: Thread, comment: Comment, budi: User
) -> None:
    Comment.opine(comment.pk, voter=budi, value=1)
    client.force_login(budi)

    answer = client.post(
        f"/threads/{thread.pk}/opinions/",
        {"_method": "delete", "comment": comment.pk, "page": f"/threads/{thread.pk}/"},
    )

    assert answer["Location"] == f"/threads/{thread.pk}/#{comment.dom_id}"
    assert counts(comment)[:3] == [0, 0, 0]


@pytest.mark.parametrize("press", ["", "x", "1", "1:2", "1:-2", "-1:1", "9" * 30 + ":1", "1:1\n"])
def test_an_odd_press_is_a_bad_request(
    client: Client, thread: Thread, budi: User, press: str
) -> None:
    client.force_login(budi)

    answer = client.post(f"/threads/{thread.pk}/opinions/", {"opinion": press})

    assert answer.status_code == 400


def test_an_opinion_of_nothing_is_not_there(client: Client, thread: Thread, budi: User) -> None:
    client.force_login(budi)

    answer = client.post(f"/threads/{thread.pk}/opinions/", {"opinion": f"{10**15}:1"})

    assert answer.status_code == 404


def test_a_visitor_presses_and_is_led_to_the_entrance(
    client: Client, thread: Thread, comment: Comment
) -> None:
    page = client.get(f"/threads/{thread.pk}/").content.decode()
    answer = client.post(f"/threads/{thread.pk}/opinions/", {"opinion": f"{comment.pk}:1"})

    assert '<form id="opinions" action="/account/login/" method="get">' in page
    assert answer.status_code == 302
    assert not Opinion.objects.exists()


def test_somebody_switched_off_who_took_part_before_says_nothing_more(
    comment: Comment, budi: User
) -> None:
    Comment.opine(comment.pk, voter=budi, value=1)
    User.objects.filter(pk=budi.pk).update(is_active=False)

    with pytest.raises(Refused):
        Comment.opine(comment.pk, voter=budi, value=-1)

    assert Opinion.objects.get().value == 1
