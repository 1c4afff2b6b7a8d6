"""The discussion of something that waits or is hidden: who reads it, and that nobody writes."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.test import Client

from consultations.models import Comment, Consultation, Thread
from portal.accounts.models import User
from portal.moderation.models.moderated import State
from portal.refusals import KeyReused, Refused
from proposals.models import Proposal
from tests.consultations.together import together

REASON = "Kata ini menghina sesama peserta."
WELL = "Setelah dibaca ulang ternyata wajar."


def propose(consultation: Consultation, author: User) -> Proposal:
    return Proposal.start(
        consultation=consultation, author=author, title="Rak sepeda", summary="Di pasar.",
        text="Teks.", key=uuid4(),
    )  # fmt: skip


def thread_of(proposal: Proposal) -> Thread:
    return Thread.objects.for_display().get(about=proposal.topic)


def post(thread: Thread, author: User, **more: Comment) -> Comment:
    return thread.post(author=author, body="Halo", key=uuid4(), **more)


@pytest.fixture
def held(consultation: Consultation, siti: User) -> Proposal:
    consultation.phases.update(premoderated=True)
    return propose(consultation, siti)


@pytest.fixture
def hidden(consultation: Consultation, siti: User, moderator: User) -> Proposal:
    proposal = propose(consultation, siti)
    post(thread_of(proposal), siti)
    proposal.hide(by=moderator, rule=proposal.rules()[0], reason=REASON)
    return proposal


def test_the_thread_of_a_held_proposal_is_for_its_author_and_moderators(
    client: Client, held: Proposal, siti: User, budi: User, officer: User, moderator: User
) -> None:
    thread = thread_of(held)
    address = f"/threads/{thread.pk}/"

    assert client.get(address).status_code == 404
    assert not Thread.objects.visible_to(AnonymousUser()).filter(pk=thread.pk).exists()
    for user, status in ((siti, 200), (moderator, 200), (budi, 404), (officer, 404)):
        client.force_login(user)
        assert client.get(address).status_code == status, user
        answer = client.post(f"{address}comments/", {"body": "Halo", "key": uuid4()})
        assert answer.status_code == (409 if status == 200 else 404)
    assert not thread.comments.exists()


def test_an_approval_opens_the_thread(held: Proposal, budi: User, moderator: User) -> None:
    held.approve(by=moderator)

    thread = Thread.objects.visible_to(budi).for_display().get(about=held.topic)
    assert post(thread, budi).is_held


def test_under_a_hidden_proposal_everybody_reads_and_nobody_writes(
    client: Client, hidden: Proposal, siti: User, budi: User, moderator: User
) -> None:
    thread = thread_of(hidden)
    comment = thread.comments.get()
    page = client.get(f"/en/threads/{thread.pk}/").content.decode()
    assert "Nothing can be written." in page
    assert hidden.title not in page

    with pytest.raises(Refused):
        post(thread, budi)
    with pytest.raises(Refused):
        comment.edit(by=siti, body="Lain")
    with pytest.raises(Refused):
        Comment.opine(comment.pk, voter=budi, value=1)

    hidden.restore(by=moderator, reason=WELL)
    Comment.opine(comment.pk, voter=budi, value=1)
    hidden.hide(by=moderator, rule=hidden.rules()[0], reason=REASON)
    with pytest.raises(Refused):
        Comment.retract(comment.pk, voter=budi)
    hidden.restore(by=moderator, reason=WELL)
    post(thread_of(hidden), budi)


def test_only_a_thread_about_a_thing_is_shut(thread: Thread) -> None:
    with pytest.raises(IntegrityError, match="only_a_thread_about"), transaction.atomic():
        Thread.objects.filter(pk=thread.pk).update(state=State.HIDDEN)


@pytest.mark.django_db(transaction=True)
def test_hiding_and_posting_at_once_wait_for_each_other_in_one_order(
    consultation: Consultation, siti: User, budi: User, moderator: User
) -> None:
    proposal = propose(consultation, siti)
    thread = thread_of(proposal)
    rule = proposal.rules()[0]

    outcomes = together(
        lambda: post(thread_of(proposal), budi),
        lambda: Proposal.objects.get(pk=proposal.pk).hide(by=moderator, rule=rule, reason=REASON),
        lambda: post(thread_of(proposal), siti),
    )

    assert all(not isinstance(each, Exception) or isinstance(each, Refused) for each in outcomes)
    thread.refresh_from_db()
    assert thread.state == State.HIDDEN


# Replies, and keys


def test_nobody_replies_to_what_waits(thread: Thread, siti: User, moderator: User) -> None:
    thread.consultation.phases.update(premoderated=True)
    held = post(thread, siti)
    thread.consultation.phases.update(premoderated=False)

    for author in (siti, moderator):
        with pytest.raises(Refused):
            post(thread, author, parent=held)

    held.approve(by=moderator)
    assert post(thread, siti, parent=held).state == State.VISIBLE


def test_a_key_belongs_to_its_discussion_and_to_what_was_replied_to(
    thread: Thread, comment: Comment, siti: User, officer: User
) -> None:
    other = Thread.start(consultation=thread.consultation, subject="Lain?", by=officer, key=uuid4())
    key = uuid4()
    first = thread.post(author=siti, body="Ya", key=key)

    assert thread.post(author=siti, body="Ya", key=key) == first
    with pytest.raises(KeyReused):
        thread.post(author=siti, body="Ya", key=key, parent=comment)
    with pytest.raises(KeyReused):
        other.post(author=siti, body="Ya", key=key)


def test_the_key_of_a_discussion_belongs_to_what_it_is_about(thread: Thread, officer: User) -> None:
    said: dict[str, Any] = {
        "consultation": thread.consultation,
        "subject": thread.subject,
        "by": officer,
    }
    key = Thread.objects.get(pk=thread.pk).key
    assert key is not None

    assert Thread.start(**said, key=key) == thread
    with pytest.raises(KeyReused):
        Thread.start(**said, key=key, about="proposal:1")
