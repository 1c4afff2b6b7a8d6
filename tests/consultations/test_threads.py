"""A discussion: opening, posting, keys, turns, statements, what open pages hear."""

from functools import partial
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client

from consultations.models import Comment, Consultation, Participant, Thread
from portal.accounts.models import User
from portal.journal.models import Entry
from portal.refusals import KeyReused, Refused
from proposals.models import Proposal
from tests.conftest import close
from tests.consultations.together import together
from tests.live import in_a_thread, watch

LIVE = pytest.mark.django_db(transaction=True)


# Opening


def test_an_officer_opens_a_discussion(
    client: Client, consultation: Consultation, officer: User
) -> None:
    client.force_login(officer)

    answer = client.post(
        f"/consultations/{consultation.slug}/threads/", {"subject": "Lampu jalan?", "key": uuid4()}
    )

    thread = consultation.threads.get()
    assert answer["Location"] == f"/threads/{thread.pk}/"
    assert thread.subject == "Lampu jalan?"
    assert Entry.objects.get(topic=thread.topic).verb == "started"


def test_a_discussion_needs_a_subject(
    client: Client, consultation: Consultation, officer: User
) -> None:
    client.force_login(officer)

    answer = client.post(f"/consultations/{consultation.slug}/threads/", {"key": uuid4()})

    assert answer.status_code == 422
    assert not consultation.threads.exists()


def test_others_cannot_open_a_discussion(
    client: Client, consultation: Consultation, siti: User, moderator: User, foreign_officer: User
) -> None:
    for user in (siti, moderator, foreign_officer):
        client.force_login(user)
        answer = client.post(
            f"/consultations/{consultation.slug}/threads/", {"subject": "Saya?", "key": uuid4()}
        )
        assert answer.status_code == 404

    with pytest.raises(Refused):
        Thread.start(consultation=consultation, subject="Saya?", by=siti, key=uuid4())


def test_the_same_key_opens_one_discussion(consultation: Consultation, officer: User) -> None:
    key = uuid4()
    first = Thread.start(consultation=consultation, subject="Satu", by=officer, key=key)

    again = Thread.start(consultation=consultation, subject="Satu", by=officer, key=key)

    assert again == first
    with pytest.raises(KeyReused):
        Thread.start(consultation=consultation, subject="Dua", by=officer, key=key)


@LIVE
def test_two_forms_at_once_open_one_discussion(consultation: Consultation, officer: User) -> None:
    key = uuid4()

    def start() -> Thread:
        return Thread.start(
            consultation=Consultation.objects.get(pk=consultation.pk),
            subject="Satu",
            by=officer,
            key=key,
        )

    outcomes = together(*[start] * 6)

    assert len({outcome.pk for outcome in outcomes}) == 1
    assert consultation.threads.count() == 1


@LIVE
async def test_a_new_discussion_reaches_the_page_of_its_consultation_only(
    consultation: Consultation, thread: Thread, officer: User
) -> None:
    page, _ = await watch(consultation)
    elsewhere, is_there = await watch(thread)

    new = await in_a_thread(
        Thread.start, consultation=consultation, subject="Baru?", by=officer, key=uuid4()
    )

    [[dom_id, into, html]] = (await page.told())["put"]
    assert (dom_id, into) == (new.dom_id, f"{consultation.dom_id}-threads")
    assert "Baru?" in html
    assert is_there
    assert await elsewhere.receive_nothing()


# Posting


def test_a_comment_is_stored_as_written_and_as_clean_html(thread: Thread, siti: User) -> None:
    comment = thread.post(author=siti, body="**Setuju** <script>", key=uuid4())

    assert comment.body == "**Setuju** <script>"
    assert comment.body_html == "<p><strong>Setuju</strong> &lt;script&gt;</p>\n"
    assert comment.author.pseudonym == "Siti"
    assert Entry.objects.get(topic=comment.topic).verb == "posted"


def test_posting_counts(thread: Thread, siti: User, budi: User) -> None:
    thread.post(author=siti, body="Satu", key=uuid4())
    thread.post(author=budi, body="Dua", key=uuid4())

    thread.refresh_from_db()
    assert thread.comment_count == 2
    assert thread.count_version == 2


def test_the_same_key_gives_back_the_first_comment_even_after_the_close(
    thread: Thread, siti: User
) -> None:
    key = uuid4()
    first = thread.post(author=siti, body="Setuju", key=key)
    close(thread.consultation)

    again = thread.post(author=siti, body="Setuju", key=key)

    assert again == first
    with pytest.raises(KeyReused):
        thread.post(author=siti, body="Tidak setuju", key=key)


def test_an_edited_comment_is_still_the_outcome_of_its_key(thread: Thread, siti: User) -> None:
    key = uuid4()
    first = thread.post(author=siti, body="Setuju", key=key)
    first.edit(by=siti, body="Setuju sekali")

    assert thread.post(author=siti, body="Setuju", key=key) == first


def test_after_the_close_nobody_posts(client: Client, thread: Thread, siti: User) -> None:
    close(thread.consultation)
    client.force_login(siti)

    answer = client.post(f"/threads/{thread.pk}/comments/", {"body": "Terlambat", "key": uuid4()})

    assert answer.status_code == 409
    assert "Terlambat" in answer.content.decode()
    assert not thread.comments.exists()


def test_a_reply_stands_below_what_it_answers(thread: Thread, siti: User, budi: User) -> None:
    old = thread.post(author=siti, body="Lama", key=uuid4())
    new = thread.post(author=siti, body="Baru", key=uuid4())
    reply = thread.post(author=budi, body="Balasan", key=uuid4(), parent=old)
    second = thread.post(author=budi, body="Balasan kedua", key=uuid4(), parent=old)
    deep = thread.post(author=siti, body="Dalam", key=uuid4(), parent=reply)

    order = list(thread.comments.order_by("place"))

    assert order == [new, old, reply, deep, second]
    assert [each.depth for each in order] == [0, 0, 1, 2, 1]


def test_a_hidden_comment_takes_no_reply(
    thread: Thread, comment: Comment, budi: User, moderator: User
) -> None:
    rule = comment.rules()[0]
    comment.hide(by=moderator, rule=rule, reason="Menghina sesama peserta forum.")

    with pytest.raises(Refused):
        thread.post(author=budi, body="Balasan", key=uuid4(), parent=comment)


def test_a_reply_stays_in_its_discussion(
    consultation: Consultation, comment: Comment, officer: User, budi: User
) -> None:
    other = Thread.start(consultation=consultation, subject="Lain", by=officer, key=uuid4())

    with pytest.raises(Refused):
        other.post(author=budi, body="Balasan", key=uuid4(), parent=comment)


@LIVE
def test_many_at_once_get_a_place_each(thread: Thread, siti: User, budi: User) -> None:
    def post(author: User, number: int) -> Comment:
        mine = Thread.objects.for_display().get(pk=thread.pk)
        return mine.post(author=author, body=f"Nomor {number}", key=uuid4())

    acts = [partial(post, (siti, budi)[n % 2], n) for n in range(20)]
    outcomes = together(*acts)

    assert all(isinstance(each, Comment) for each in outcomes), outcomes
    thread.refresh_from_db()
    assert thread.comment_count == thread.comments.count() == 20
    assert sorted(thread.comments.values_list("number", flat=True)) == list(range(1, 21))
    assert Participant.objects.count() == thread.consultation.participants.count() == 2


@LIVE
def test_one_form_sent_twenty_times_is_one_comment(thread: Thread, siti: User) -> None:
    key = uuid4()

    def post() -> Comment:
        return (
            Thread.objects.for_display().get(pk=thread.pk).post(author=siti, body="Setuju", key=key)
        )

    outcomes = together(*[post] * 20)

    assert len({outcome.pk for outcome in outcomes}) == 1
    thread.refresh_from_db()
    assert thread.comment_count == thread.comments.count() == 1


# What open pages hear


@LIVE
async def test_what_is_pushed_is_what_the_page_shows(
    thread: Thread, siti: User, client: Client
) -> None:
    pages = {lang: (await watch(thread, language=lang))[0] for lang in ("id", "en")}

    comment = await in_a_thread(thread.post, author=siti, body="Setuju & *lekas*", key=uuid4())

    for language, page in pages.items():
        [[dom_id, into, html]] = (await page.told())["put"]
        prefix = "/en" if language == "en" else ""
        shown = await in_a_thread(
            lambda at: client.get(at).content.decode(), f"{prefix}/threads/{thread.pk}/"
        )
        assert (dom_id, into) == (comment.dom_id, f"{thread.dom_id}-comments")
        assert html in shown


@LIVE
async def test_what_rolls_back_is_never_pushed(thread: Thread, siti: User) -> None:
    page, _ = await watch(thread)

    def fail() -> None:
        with transaction.atomic():
            thread.post(author=siti, body="Batal", key=uuid4())
            transaction.set_rollback(True)

    await in_a_thread(fail)

    assert await page.receive_nothing()


@LIVE
async def test_a_refused_comment_is_never_pushed(thread: Thread, siti: User) -> None:
    await in_a_thread(close, thread.consultation)
    page, _ = await watch(thread)

    with pytest.raises(Refused):
        await in_a_thread(thread.post, author=siti, body="Terlambat", key=uuid4())

    assert await page.receive_nothing()


@LIVE
async def test_counts_reach_the_pages_of_thread_and_consultation(
    thread: Thread, consultation: Consultation, siti: User
) -> None:
    inside, _ = await watch(thread)
    outside, _ = await watch(consultation)

    await in_a_thread(thread.post, author=siti, body="Setuju", key=uuid4())

    assert (await inside.told())["n"][thread.dom_id] == [1, 1]
    assert (await outside.told())["n"][thread.dom_id] == [1, 1]


def test_the_counts_beat_knows_opinions_and_comments(
    thread: Thread, comment: Comment, budi: User
) -> None:
    Comment.opine(comment.pk, voter=budi, value=1)

    assert Thread.counts_for(thread.pk) == {
        comment.dom_id: [1, 0, 0, 1],
        thread.dom_id: [1, 1],
    }


# About a thing


def proposed(consultation: Consultation, author: User) -> tuple[Proposal, Thread]:
    proposal = Proposal.start(
        consultation=consultation,
        author=author,
        title="Rak sepeda di pasar",
        summary="Tempat parkir yang aman.",
        text="Kami mengusulkan rak sepeda.",
        key=uuid4(),
    )
    return proposal, Thread.objects.get(about=proposal.topic)


def test_a_discussion_of_a_proposal_leads_to_it_and_is_not_listed(
    client: Client, consultation: Consultation, siti: User
) -> None:
    proposal, thread = proposed(consultation, siti)

    page = client.get(f"/threads/{thread.pk}/").content.decode()

    assert proposal.get_absolute_url() in page
    assert "Rak sepeda di pasar" in page
    assert thread not in Thread.objects.general()


def test_the_title_of_a_hidden_proposal_is_gone_from_its_discussion(
    client: Client, consultation: Consultation, siti: User, moderator: User
) -> None:
    proposal, thread = proposed(consultation, siti)
    comment = thread.post(author=siti, body="Setuju", key=uuid4())
    comment.edit(by=siti, body="Setuju sekali")
    proposal.hide(
        by=moderator, rule=proposal.rules()[0], reason="Judulnya menghina sesama peserta."
    )
    client.force_login(siti)

    for address in (
        f"/threads/{thread.pk}/",
        f"/comments/{comment.pk}/",
        f"/comments/{comment.pk}/replies/",
        f"/comments/{comment.pk}/revisions/",
    ):
        page = client.get(address)
        assert page.status_code == 200
        assert "Rak sepeda di pasar" not in page.content.decode(), address
