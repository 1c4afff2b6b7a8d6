"""The worker's part: everything is told once, together with its letter, whatever breaks between."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.mail import EmailMessage
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from consultations.models import Comment, Thread
from portal.accounts.models import User
from portal.journal.jobs import seal_journal
from portal.journal.models import Entry
from portal.moderation.models import Moderated, Rule
from portal.notifications import jobs, models
from portal.notifications.jobs import deliver, tell_people, waiting, write_to
from portal.notifications.models import Delivery, Notification
from proposals.models import Proposal
from tests.consultations.together import together

REASON = "Kalimat ini menyerang seseorang dengan menyebut namanya."
WELL = "Setelah dibaca ulang ternyata wajar."


@pytest.fixture(autouse=True)
def graceless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits until a decision can no longer be taken back."""
    monkeypatch.setattr(models, "GRACE", timedelta(0))


@pytest.fixture
def proposal(thread: Thread, siti: User) -> Proposal:
    return Proposal.start(
        consultation=thread.consultation, author=siti, title="Rak", summary="Di pasar.",
        text="Teks.", key=uuid4(),
    )  # fmt: skip


def hide(item: Moderated, moderator: User) -> None:
    item.hide(by=moderator, rule=Rule.objects.of(item.rules_topic())[0], reason=REASON)


def told_to(person: User) -> list[str]:
    return list(
        Notification.objects.filter(person=person).order_by("pk").values_list("verb", flat=True)
    )


def letters_waiting() -> int:
    return ProcrastinateJob.objects.filter(task_name__endswith="write_to").count()


def test_the_author_of_a_proposal_is_told_of_every_decision(
    proposal: Proposal, siti: User, moderator: User
) -> None:
    document = proposal.document
    acts: list[Callable[[], Any]] = [
        lambda: hide(proposal, moderator),
        lambda: proposal.restore(by=moderator, reason=WELL),
        lambda: document.freeze(by=moderator, reason=REASON),
        lambda: document.thaw(by=moderator, reason=WELL),
    ]

    for act in acts:
        act()
        tell_people(timestamp=0)
        tell_people(timestamp=0)

    assert told_to(siti) == ["hidden", "restored", "frozen", "thawed"]
    assert not Notification.objects.exclude(person=siti).exists()
    assert letters_waiting() == 1


def test_an_author_is_told_of_an_approval(thread: Thread, siti: User, moderator: User) -> None:
    thread.consultation.phases.update(premoderated=True)
    held = thread.post(author=siti, body="Ditahan", key=uuid4())
    tell_people(timestamp=0)

    held.approve(by=moderator)
    tell_people(timestamp=0)

    assert told_to(siti) == ["approved"]
    assert letters_waiting() == 0


def test_a_reply_that_waited_is_told_when_it_is_approved_and_once(
    thread: Thread, comment: Comment, siti: User, budi: User, moderator: User
) -> None:
    thread.consultation.phases.update(premoderated=True)
    early = thread.post(author=budi, body="Dilihat dulu", key=uuid4(), parent=comment)
    tell_people(timestamp=0)
    late = thread.post(author=budi, body="Cepat disetujui", key=uuid4(), parent=comment)
    assert told_to(siti) == []

    early.approve(by=moderator)
    late.approve(by=moderator)
    tell_people(timestamp=0)

    about = Notification.objects.filter(person=siti, verb="posted").values_list("about", flat=True)
    assert sorted(about) == sorted([early.topic, late.topic])
    assert told_to(siti) == ["posted", "posted"]
    assert told_to(budi) == ["approved", "approved"]


def test_an_answer_to_oneself_that_waited_is_an_approval_only(
    thread: Thread, comment: Comment, siti: User, moderator: User
) -> None:
    thread.consultation.phases.update(premoderated=True)
    thread.post(author=siti, body="Tambahan", key=uuid4(), parent=comment).approve(by=moderator)

    tell_people(timestamp=0)

    assert told_to(siti) == ["approved"]


def test_a_reply_that_was_hidden_at_once_is_told_to_nobody_but_its_author(
    thread: Thread, comment: Comment, siti: User, budi: User, moderator: User
) -> None:
    hide(thread.post(author=budi, body="Kasar", key=uuid4(), parent=comment), moderator)

    tell_people(timestamp=0)

    assert told_to(siti) == []
    assert told_to(budi) == ["hidden"]


def test_who_was_switched_off_is_told_nothing(
    comment: Comment, siti: User, moderator: User, mailoutbox: list[EmailMessage]
) -> None:
    hide(comment, moderator)
    tell_people(timestamp=0)
    notification = Notification.objects.get()
    User.objects.filter(pk=siti.pk).update(is_active=False)

    write_to(notification=notification.pk)
    comment.restore(by=moderator, reason=WELL)
    tell_people(timestamp=0)

    assert mailoutbox == []
    assert told_to(siti) == ["hidden"]


def test_people_of_the_demo_get_no_letters(comment: Comment, siti: User, moderator: User) -> None:
    User.objects.filter(pk=siti.pk).update(is_demo=True)
    hide(comment, moderator)

    tell_people(timestamp=0)

    assert told_to(siti) == ["hidden"]
    assert letters_waiting() == 0


@pytest.mark.django_db(transaction=True)
def test_what_could_not_be_written_is_not_told_and_comes_again(
    comment: Comment, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide(comment, moderator)
    entry = waiting()[-1]

    def broken(**_details: int) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(jobs.write_to, "defer", broken)
        with pytest.raises(ConnectionError):
            deliver(entry)

    assert not Notification.objects.exists()
    assert not Delivery.objects.exists()
    assert deliver(entry) == 1
    assert letters_waiting() == 1


def test_lines_of_other_verbs_are_not_looked_at(proposal: Proposal) -> None:
    assert Entry.objects.filter(verb__in=["drafted", "published", "proposed", "started"]).exists()

    assert tell_people(timestamp=0) == 0

    assert not Delivery.objects.exists()


def test_a_line_that_cannot_be_told_keeps_no_other_one_waiting(
    comment: Comment, siti: User, budi: User, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = comment.thread.post(author=budi, body="Lain", key=uuid4())
    hide(comment, moderator)
    hide(other, moderator)
    broken = Entry.objects.get(verb="hidden", topic=comment.topic)
    told = Comment.told

    def breaks(self: Comment, entry: Entry) -> list[User]:
        if entry.pk == broken.pk:
            raise RuntimeError
        return told(self, entry)

    monkeypatch.setattr(Comment, "told", breaks)
    assert tell_people(timestamp=0) == 1
    assert told_to(budi) == ["hidden"]
    assert broken.pk in waiting()

    monkeypatch.setattr(models, "PATIENCE", timedelta(0))
    tell_people(timestamp=0)
    assert broken.pk not in waiting()


def test_a_reply_that_was_hidden_before_it_was_told_is_told_when_it_is_back(
    thread: Thread, comment: Comment, siti: User, budi: User, moderator: User
) -> None:
    reply = thread.post(author=budi, body="Mengapa kiri?", key=uuid4(), parent=comment)
    hide(reply, moderator)
    tell_people(timestamp=0)
    assert told_to(siti) == []

    reply.restore(by=moderator, reason=WELL)
    tell_people(timestamp=0)

    notification = Notification.objects.get(person=siti)
    assert notification.verb == "posted"
    assert notification.explanation == ""
    assert notification.excerpt == "Mengapa kiri?"
    hide(reply, moderator)
    reply.restore(by=moderator, reason=WELL)
    tell_people(timestamp=0)
    assert told_to(siti) == ["posted"]


def test_a_notice_keeps_its_reason_and_shows_the_words_to_who_may_read_them(
    thread: Thread, comment: Comment, siti: User, budi: User, moderator: User
) -> None:
    reply = thread.post(author=budi, body="Mengapa kiri?", key=uuid4(), parent=comment)
    tell_people(timestamp=0)
    hide(reply, moderator)
    hide(comment, moderator)
    tell_people(timestamp=0)
    comment.restore(by=moderator, reason=WELL)
    tell_people(timestamp=0)

    answered, hidden, restored = Notification.objects.filter(person=siti).order_by("pk")
    assert answered.excerpt == ""
    assert REASON in hidden.explanation
    assert hidden.excerpt == "Di sisi kiri saja."
    assert restored.explanation == WELL
    page = Client()
    page.force_login(siti)
    said = page.get("/me/notifications/").content.decode()
    assert REASON in said
    assert "Mengapa kiri?" not in said
    assert "Di sisi kiri saja." in said


@pytest.mark.django_db(transaction=True)
def test_runs_that_overlap_tell_everybody_once(
    thread: Thread, comment: Comment, siti: User, budi: User, moderator: User
) -> None:
    other = thread.post(author=budi, body="Lain", key=uuid4())
    for number in range(4):
        thread.post(author=budi, body=f"Balas {number}", key=uuid4(), parent=comment)
        thread.post(author=siti, body=f"Balas {number}", key=uuid4(), parent=other)
    hide(comment, moderator)
    letters = letters_waiting()

    outcomes = together(*[lambda: tell_people(timestamp=0)] * 4)

    assert sum(outcomes) == 9
    assert told_to(siti).count("posted") == 4
    assert told_to(siti).count("hidden") == letters_waiting() - letters == 1
    assert told_to(budi).count("posted") == 4


def test_the_work_of_a_killed_worker_keeps_no_later_one_waiting() -> None:
    assert tell_people.lock is None
    assert seal_journal.lock is None
