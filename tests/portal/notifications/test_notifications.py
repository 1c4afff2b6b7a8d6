"""What people are told: derived from the journal, once, and to nobody else."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.utils import timezone

from consultations.models import Comment, Thread
from portal.accounts.models import User
from portal.journal.models import Entry
from portal.moderation.models import Rule
from portal.notifications import models
from portal.notifications.jobs import deliver, waiting, write_to
from portal.notifications.letters import send_letter
from portal.notifications.models import Delivery, Notification
from proposals.models import Proposal
from tests.consultations.together import together
from tests.live import in_a_thread, watch

REASON = "Kalimat ini menyerang seseorang dengan menyebut namanya."


def hide(comment: Comment, moderator: User) -> None:
    rule = Rule.objects.of(comment.thread.consultation.topic)[0]
    comment.hide(by=moderator, rule=rule, reason=REASON)


def let_grace_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "GRACE", timedelta(0))


def work() -> int:
    """What the worker does every five seconds."""
    return sum(deliver(entry) for entry in waiting())


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def test_an_author_is_told_of_a_hide_with_rule_and_reason_once(
    comment: Comment, siti: User, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide(comment, moderator)
    let_grace_pass(monkeypatch)

    assert (work(), work()) == (1, 0)

    told = Notification.objects.get()
    assert told.person == siti
    said = signed_in(siti).get("/me/notifications/").content.decode()
    assert "Moderator menyembunyikan komentar Anda." in said
    assert REASON in said
    assert "Hormati sesama peserta" in said


def test_nobody_is_told_while_a_decision_may_still_be_taken_back(
    comment: Comment, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide(comment, moderator)
    assert work() == 0

    comment.restore(by=moderator, reason="Ternyata tombolnya salah ditekan tadi.")
    let_grace_pass(monkeypatch)
    work()

    assert not Notification.objects.filter(verb="restored").exists()


def test_a_restored_author_is_told_after_having_been_told_of_the_hide(
    comment: Comment, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_grace_pass(monkeypatch)
    hide(comment, moderator)
    work()

    comment.restore(by=moderator, reason="Setelah dibaca ulang ternyata wajar.")
    work()

    assert list(Notification.objects.order_by("pk").values_list("verb", flat=True)) == [
        "hidden",
        "restored",
    ]


def test_a_reply_is_told_to_the_author_above_and_not_to_oneself(
    thread: Thread, comment: Comment, siti: User, budi: User
) -> None:
    thread.post(author=budi, body="Balasan", key=uuid4(), parent=comment)
    thread.post(author=siti, body="Balasan sendiri", key=uuid4(), parent=comment)
    thread.post(author=budi, body="Bukan balasan", key=uuid4())

    work()

    assert [(one.person, one.verb) for one in Notification.objects.all()] == [(siti, "posted")]


def test_a_reply_that_is_held_is_no_news_yet(thread: Thread, comment: Comment, budi: User) -> None:
    thread.consultation.phases.update(premoderated=True)
    thread.post(author=budi, body="Ditahan", key=uuid4(), parent=comment)

    assert work() == 0


def test_a_frozen_text_is_told_to_its_proposer(
    thread: Thread, siti: User, moderator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposal = Proposal.start(
        consultation=thread.consultation, author=siti, title="Rak", summary="Di pasar.",
        text="Teks.", key=uuid4(),
    )  # fmt: skip
    let_grace_pass(monkeypatch)

    proposal.document.freeze(by=moderator, reason=REASON)
    work()

    told = Notification.objects.get(verb="frozen")
    assert told.person == siti
    assert told.explanation == REASON


def test_a_line_that_was_committed_late_is_not_skipped(
    thread: Thread, comment: Comment, budi: User
) -> None:
    thread.post(author=budi, body="Pertama", key=uuid4(), parent=comment)
    thread.post(author=budi, body="Kedua", key=uuid4(), parent=comment)
    early, late = Entry.objects.filter(verb="posted").order_by("-pk")[:2]
    deliver(early.pk)

    assert late.pk in waiting()


@pytest.mark.django_db(transaction=True)
def test_two_workers_tell_once(thread: Thread, comment: Comment, budi: User) -> None:
    thread.post(author=budi, body="Balasan", key=uuid4(), parent=comment)
    entry = Entry.objects.filter(verb="posted").latest("pk").pk

    outcomes = together(*[lambda: deliver(entry)] * 6)

    assert sorted(outcomes) == [0, 0, 0, 0, 0, 1]
    assert Notification.objects.count() == Delivery.objects.count() == 1


def test_a_letter_tells_why_in_the_language_of_the_person(
    comment: Comment, siti: User, moderator: User, mailoutbox: list[EmailMessage],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    let_grace_pass(monkeypatch)
    User.objects.filter(pk=siti.pk).update(language="en")
    hide(comment, moderator)
    work()

    write_to(notification=Notification.objects.get().pk)

    (letter,) = mailoutbox
    assert letter.to == [siti.email]
    assert REASON in str(letter.body)
    assert "Respect the other participants" in str(letter.body)
    assert comment.get_absolute_url().removeprefix("/en") in str(letter.body)
    assert comment.body not in str(letter.body)


def test_a_letter_is_not_sent_for_what_was_taken_back_or_read(
    comment: Comment, siti: User, moderator: User, mailoutbox: list[EmailMessage],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    let_grace_pass(monkeypatch)
    hide(comment, moderator)
    work()
    notification = Notification.objects.get()
    comment.restore(by=moderator, reason="Setelah dibaca ulang ternyata wajar.")

    send_letter(notification)
    Notification.read_all(siti, until=notification.pk)
    write_to(notification=notification.pk)

    assert mailoutbox == []


def test_what_is_read_is_no_longer_new(
    thread: Thread, comment: Comment, siti: User, budi: User
) -> None:
    for number in range(3):
        thread.post(author=budi, body=f"Balasan {number}", key=uuid4(), parent=comment)
    work()
    newest = Notification.objects.latest("pk").pk
    browser = signed_in(siti)

    answer = browser.post("/me/notifications/", {"until": newest - 1})

    assert answer.status_code == 302
    assert Notification.objects.unread().count() == 1


@pytest.mark.parametrize("until", ["", "semua", "-1", "9" * 40, "\x00"])
def test_an_odd_number_marks_nothing_and_breaks_nothing(
    thread: Thread, comment: Comment, siti: User, budi: User, until: str
) -> None:
    thread.post(author=budi, body="Balasan", key=uuid4(), parent=comment)
    work()

    answer = signed_in(siti).post("/me/notifications/", {"until": until})

    assert answer.status_code in {302, 400}
    assert Notification.objects.unread().count() == 1


def test_others_neither_see_nor_mark_them(thread: Thread, comment: Comment, budi: User) -> None:
    thread.post(author=budi, body="Balasan", key=uuid4(), parent=comment)
    work()
    told = Notification.objects.get()
    browser = signed_in(budi)

    browser.post("/me/notifications/", {"until": told.pk})

    assert not Notification.objects.visible_to(budi).exists()
    assert told.sentence not in browser.get("/me/notifications/").content.decode()
    told.refresh_from_db()
    assert not told.is_read


@pytest.mark.django_db(transaction=True)
async def test_an_open_page_hears_of_it_and_no_other_does(
    thread: Thread, comment: Comment, siti: User, budi: User
) -> None:
    hers, _connected = await watch(siti, user=siti)
    his, _connected = await watch(budi, user=budi)
    await in_a_thread(thread.post, author=budi, body="Balasan", key=uuid4(), parent=comment)

    await in_a_thread(work)
    told = await hers.told()

    assert told["n"][siti.dom_id][0] == 1
    assert "Ada balasan untuk komentar Anda." in str(told["put"])
    assert await his.receive_nothing()
    await hers.disconnect()
    await his.disconnect()


def test_a_long_list_goes_on_by_key(thread: Thread, comment: Comment, siti: User) -> None:
    entries = Entry.objects.bulk_create(
        Entry(verb="posted", topic=comment.topic, at=timezone.now()) for _each in range(53)
    )
    made = Notification.objects.bulk_create(
        Notification(person=siti, entry=entry, verb="posted", about=comment.topic)
        for entry in entries
    )
    browser = signed_in(siti)

    first = browser.get("/me/notifications/").content.decode()
    second = browser.get("/me/notifications/", {"before": made[3].pk}).content.decode()

    assert f'id="notification-{made[3].pk}"' in first
    assert f'id="notification-{made[2].pk}"' not in first
    assert f'id="notification-{made[2].pk}"' in second


def test_a_thing_that_is_gone_is_no_accident(siti: User, comment: Comment) -> None:
    entry = Entry.objects.create(verb="hidden", topic="comment:999999999")
    Notification.tell(siti, entry=entry)

    assert signed_in(siti).get("/me/notifications/").status_code == 200
    assert connection.is_usable()
