"""New words where moderators read first: the old ones stand until somebody has read the new."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils.translation import override

from consultations.models import Comment, Rewording, Thread
from portal.accounts.models import User
from portal.journal.models import Entry
from portal.moderation.models.moderated import State
from portal.notifications.jobs import deliver
from portal.refusals import Refused
from tests.consultations.test_comments import hide, premoderate
from tests.live import in_a_thread, watch

LIVE = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}
REASON = "Kata-kata baru ini mengiklankan sebuah toko."
OLD, NEW = "Di sisi kiri saja.", "Beli di toko saya."


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture
def waiting(comment: Comment, siti: User) -> Rewording:
    premoderate(comment.thread.consultation)
    rewording = comment.edit(by=siti, body=NEW)
    assert rewording is not None
    return rewording


def refuse(rewording: Rewording, moderator: User) -> None:
    rewording.hide(by=moderator, rule=rewording.rules()[2], reason=REASON)


def test_an_edit_of_a_visible_comment_waits_and_the_old_words_stand(
    client: Client, comment: Comment, waiting: Rewording, budi: User
) -> None:
    comment.refresh_from_db()

    assert (comment.state, comment.body, comment.edited_at) == (State.VISIBLE, OLD, None)
    assert waiting.state == State.HELD
    for user in (None, budi):
        if user:
            client.force_login(user)
        for address in (f"/threads/{comment.thread_id}/", f"/comments/{comment.pk}/"):
            page = client.get(address).content.decode()
            assert OLD in page, address
            assert NEW not in page, address
        assert NEW not in client.get(f"/comments/{comment.pk}/revisions/").content.decode()


def test_the_author_is_told_before_and_after_sending(
    client: Client, comment: Comment, siti: User
) -> None:
    premoderate(comment.thread.consultation)
    client.force_login(siti)

    form = client.get(f"/en/comments/{comment.pk}/edit/").content.decode()
    sent = client.post(f"/en/comments/{comment.pk}/edit/", {"body": NEW}, headers=HTMX)

    assert "A moderator reads new words first." in form
    assert "Your new words were received." in sent.content.decode()
    assert NEW in client.get(f"/comments/{comment.pk}/edit/").content.decode()
    page = client.get(f"/en/comments/{comment.pk}/").content.decode()
    assert "New words wait for a moderator." in page
    assert NEW in page


def test_a_moderator_finds_the_new_words_and_lets_them_appear(
    client: Client, comment: Comment, waiting: Rewording, moderator: User
) -> None:
    client.force_login(moderator)
    assert NEW in client.get("/moderation/").content.decode()
    assert NEW in client.get(f"/comments/{comment.pk}/").content.decode()

    client.post(f"/moderation/rewording/{waiting.pk}/approval/", {"seen": waiting.wording})

    comment.refresh_from_db()
    assert comment.body == NEW
    assert comment.edited_at is not None
    assert [each.body for each in comment.revisions.all()] == [OLD]
    assert NEW not in client.get("/moderation/").context["waiting"]


def test_refused_words_change_nothing_and_the_author_reads_why(
    client: Client, comment: Comment, waiting: Rewording, moderator: User, siti: User
) -> None:
    refuse(waiting, moderator)

    comment.refresh_from_db()
    assert (comment.body, comment.state) == (OLD, State.VISIBLE)
    client.force_login(siti)
    assert REASON in client.get(f"/comments/{comment.pk}/").content.decode()
    told = deliver(Entry.objects.get(verb="hidden", topic=waiting.topic).pk)
    assert told == 1
    assert REASON in siti.notifications.get().explanation


def test_what_was_changed_meanwhile_is_not_approved_unread(
    client: Client, comment: Comment, waiting: Rewording, moderator: User, siti: User
) -> None:
    read = waiting.wording
    comment.edit(by=siti, body="Lebih buruk lagi.")
    client.force_login(moderator)

    for seen in (read, ""):
        answer = client.post(f"/moderation/rewording/{waiting.pk}/approval/", {"seen": seen})
        assert answer.status_code == 409

    comment.refresh_from_db()
    assert comment.body == OLD
    assert Rewording.objects.get().body == "Lebih buruk lagi."


def test_a_held_comment_changed_meanwhile_is_not_approved_unread(
    client: Client, thread: Thread, siti: User, moderator: User
) -> None:
    premoderate(thread.consultation)
    comment = thread.post(author=siti, body="Baik.", key=uuid4())
    read = comment.wording
    comment.edit(by=siti, body="Buruk.")
    client.force_login(moderator)

    answer = client.post(f"/moderation/comment/{comment.pk}/approval/", {"seen": read})

    comment.refresh_from_db()
    assert answer.status_code == 409
    assert comment.state == State.HELD


def test_an_edit_of_a_held_comment_stays_held_and_the_first_words_stay_private(
    client: Client, thread: Thread, siti: User, moderator: User
) -> None:
    premoderate(thread.consultation)
    comment = thread.post(author=siti, body="Kasar sekali.", key=uuid4())
    comment.edit(by=siti, body="Sopan.")

    assert comment.state == State.HELD
    comment.approve(by=moderator, seen=comment.wording)
    history = f"/comments/{comment.pk}/revisions/"
    assert "Kasar" not in client.get(history).content.decode()
    for user in (siti, moderator):
        client.force_login(user)
        assert "Kasar" in client.get(history).content.decode()


def test_a_hidden_comment_takes_no_new_words(
    comment: Comment, waiting: Rewording, siti: User, moderator: User
) -> None:
    hide(comment, moderator)

    with pytest.raises(Refused, match="is hidden"):
        comment.edit(by=siti, body="Lain")
    with pytest.raises(Refused, match="not visible"):
        waiting.approve(by=moderator)
    assert not Rewording.waiting_for(moderator).exists()

    comment.restore(by=moderator, reason="Ternyata tidak melanggar aturan.")
    waiting.approve(by=moderator)
    comment.refresh_from_db()
    assert comment.body == NEW


def test_without_premoderation_an_edit_is_there_at_once_and_ends_the_waiting_one(
    comment: Comment, waiting: Rewording, siti: User
) -> None:
    comment.thread.consultation.phases.update(premoderated=False)

    assert comment.edit(by=siti, body="Di kedua sisi.") is None

    comment.refresh_from_db()
    assert comment.body == "Di kedua sisi."
    assert not Rewording.objects.filter(pk=waiting.pk).exists()


def test_going_back_to_the_old_words_takes_the_new_ones_back(
    comment: Comment, waiting: Rewording, siti: User
) -> None:
    comment.edit(by=siti, body=OLD)

    assert not Rewording.objects.filter(pk=waiting.pk).exists()
    assert not comment.revisions.exists()


def test_the_same_edit_twice_is_one_line(comment: Comment, waiting: Rewording, siti: User) -> None:
    assert comment.edit(by=siti, body=NEW) == waiting
    assert Entry.objects.filter(verb="reworded", topic=comment.topic).count() == 1


def test_taken_words_are_hidden_with_the_comment_only(waiting: Rewording, moderator: User) -> None:
    waiting.approve(by=moderator)

    with pytest.raises(Refused, match="Hide the comment"):
        refuse(waiting, moderator)


def test_refused_words_can_be_taken_later_unless_the_comment_went_on(
    comment: Comment, waiting: Rewording, moderator: User, siti: User
) -> None:
    refuse(waiting, moderator)
    waiting.restore(by=moderator, reason="Ternyata bukan iklan sama sekali.")
    comment.refresh_from_db()
    assert comment.body == NEW

    other = comment.edit(by=siti, body="Yang ketiga.")
    assert other is not None
    refuse(other, moderator)
    comment.thread.consultation.phases.update(premoderated=False)
    comment.edit(by=siti, body="Yang keempat.")
    with pytest.raises(Refused, match="edited again"):
        other.restore(by=moderator, reason="Ternyata bukan iklan sama sekali.")


def test_nobody_decides_about_their_own_new_words(
    waiting: Rewording, comment: Comment, siti: User, budi: User
) -> None:
    comment.thread.consultation.agency.members.create(person=siti, role="moderator")
    User.objects.filter(pk=siti.pk).update(is_demo=True)

    with pytest.raises(Refused, match="their own texts"):
        waiting.approve(by=siti)
    with pytest.raises(Refused, match="Only a moderator"):
        waiting.approve(by=budi)


def test_new_words_are_seen_by_author_and_moderators(
    waiting: Rewording, siti: User, budi: User, officer: User, moderator: User
) -> None:
    for user, sees in (
        (siti, True),
        (moderator, True),
        (budi, False),
        (officer, False),
        (None, False),
    ):
        assert Rewording.objects.visible_to(user).filter(pk=waiting.pk).exists() == sees


def test_a_comment_has_one_waiting_edit(waiting: Rewording) -> None:
    with pytest.raises(IntegrityError, match="one_waiting_edit"), transaction.atomic():
        Rewording.objects.create(comment=waiting.comment, body="x", body_html="x", state=State.HELD)


@LIVE
async def test_new_words_are_pushed_when_they_are_approved(
    comment: Comment, thread: Thread, siti: User, moderator: User
) -> None:
    await in_a_thread(premoderate, thread.consultation)
    page, _ = await watch(thread)

    rewording = await in_a_thread(comment.edit, by=siti, body=NEW)
    assert await page.receive_nothing()
    await in_a_thread(rewording.approve, by=moderator)

    [[dom_id, into, html]] = (await page.told())["put"]
    assert (dom_id, into) == (comment.dom_id, "")
    assert NEW in html


def test_going_back_to_the_old_words_takes_the_new_ones_back_and_says_so(
    waiting: Rewording, comment: Comment, siti: User
) -> None:
    comment.edit(by=siti, body=OLD)

    assert not Rewording.objects.exists()
    lines = Entry.objects.filter(topic=comment.topic).order_by("-pk").values_list("verb", flat=True)
    assert "rewording_withdrawn" in list(lines)[:2]
