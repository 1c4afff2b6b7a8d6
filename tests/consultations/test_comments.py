"""A comment: writing without scripts, replying, editing with history, its address, the gate."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import IntegrityError, transaction
from django.test import Client

from consultations.models import Comment, Consultation, Thread
from portal.accounts.models import User
from portal.journal.models import Entry
from portal.moderation.models.moderated import State
from portal.refusals import Refused
from tests.conftest import close
from tests.live import in_a_thread, watch

LIVE = pytest.mark.django_db(transaction=True)
HTMX = {"HX-Request": "true"}
REASON = "Kata ini menghina sesama peserta."


def hide(comment: Comment, moderator: User) -> None:
    comment.hide(by=moderator, rule=comment.rules()[0], reason=REASON)


def premoderate(consultation: Consultation) -> None:
    consultation.phases.update(premoderated=True)


# Writing


def test_a_comment_is_written_without_scripts(client: Client, thread: Thread, siti: User) -> None:
    client.force_login(siti)
    form = client.get(f"/threads/{thread.pk}/").context["form"]

    answer = client.post(
        f"/threads/{thread.pk}/comments/", {"body": "Saya setuju.", "key": form["key"].value()}
    )

    comment = thread.comments.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/comments/{comment.pk}/#comment-{comment.pk}"
    assert "Saya setuju." in client.get(answer["Location"]).content.decode()


def test_the_composer_answers_with_itself_and_a_fresh_key(
    client: Client, thread: Thread, siti: User
) -> None:
    client.force_login(siti)
    key = uuid4()

    answer = client.post(
        f"/threads/{thread.pk}/comments/", {"body": "Saya setuju.", "key": key}, headers=HTMX
    )

    comment = thread.comments.get()
    page = answer.content.decode()
    assert answer.status_code == 200
    assert answer["Live-Own"] == comment.dom_id
    assert answer["Live-Participant"] == str(comment.author_id)
    assert "Saya setuju." not in page
    assert str(key) not in page
    assert f'id="composer-{thread.dom_id}"' in page


@pytest.mark.parametrize("body", ["", "   ", "a" * 5001, "a\x00b"])
def test_what_cannot_be_stored_is_refused_with_what_was_typed(
    client: Client, thread: Thread, siti: User, body: str
) -> None:
    client.force_login(siti)
    data = {"body": body, "key": uuid4()}

    answer = client.post(f"/threads/{thread.pk}/comments/", data, headers=HTMX)

    assert answer.status_code == 422
    assert not thread.comments.exists()


def test_the_longest_comment_fits(thread: Thread, siti: User, client: Client) -> None:
    client.force_login(siti)

    client.post(f"/threads/{thread.pk}/comments/", {"body": "a" * 5000, "key": uuid4()})

    assert len(thread.comments.get().body) == 5000


def test_a_key_with_other_content_is_not_processed(
    client: Client, thread: Thread, siti: User
) -> None:
    client.force_login(siti)
    data = {"body": "Satu", "key": uuid4()}
    client.post(f"/threads/{thread.pk}/comments/", data)

    answer = client.post(f"/threads/{thread.pk}/comments/", {**data, "body": "Dua"})

    assert answer.status_code == 422
    assert "Dua" in answer.content.decode()


def test_a_visitor_who_writes_is_led_to_the_entrance_and_back(
    client: Client, thread: Thread
) -> None:
    plain = client.post(
        f"/threads/{thread.pk}/comments/", {"body": "Halo", "page": f"/threads/{thread.pk}/"}
    )
    with_scripts = client.post(
        f"/threads/{thread.pk}/comments/",
        {"body": "Halo"},
        headers={**HTMX, "HX-Current-URL": f"http://testserver/threads/{thread.pk}/"},
    )

    way = f"/account/login/?next=%2Fthreads%2F{thread.pk}%2F"
    assert plain["Location"] == way
    assert with_scripts["HX-Redirect"] == way


# Replying


def test_a_reply_is_written_without_scripts(client: Client, comment: Comment, budi: User) -> None:
    client.force_login(budi)
    page = client.get(f"/comments/{comment.pk}/replies/")
    assert "Di sisi kiri saja." in page.content.decode()

    answer = client.post(f"/comments/{comment.pk}/replies/", {"body": "Mengapa?", "key": uuid4()})

    reply = comment.replies.get()
    assert answer["Location"] == f"/comments/{reply.pk}/#comment-{reply.pk}"
    assert reply.depth == 1


def test_the_composer_of_a_reply_comes_alone_when_a_page_asks(
    client: Client, comment: Comment, budi: User
) -> None:
    client.force_login(budi)

    answer = client.get(f"/comments/{comment.pk}/replies/", headers=HTMX).content.decode()

    assert f'id="reply-{comment.pk}"' in answer
    assert "<html" not in answer


def test_a_reply_sent_by_the_page_leaves_a_sentence(
    client: Client, comment: Comment, budi: User
) -> None:
    client.force_login(budi)

    answer = client.post(
        f"/comments/{comment.pk}/replies/", {"body": "Mengapa?", "key": uuid4()}, headers=HTMX
    )

    assert answer["Live-Own"] == comment.replies.get().dom_id
    assert "Mengapa?" not in answer.content.decode()


def test_a_branch_has_an_end(thread: Thread, comment: Comment, siti: User) -> None:
    Comment.objects.filter(pk=comment.pk).update(depth=400)

    with pytest.raises(Refused):
        thread.post(author=siti, body="Terlalu dalam", key=uuid4(), parent=comment)

    thread.refresh_from_db()
    assert thread.comments.count() == 1


def test_a_reply_takes_no_stance(thread: Thread, comment: Comment, siti: User) -> None:
    reply = thread.post(author=siti, body="Balasan", key=uuid4(), parent=comment)

    with pytest.raises(IntegrityError, match="only_top_level_comments_take_a_stance"):
        Comment.objects.filter(pk=reply.pk).update(stance=1)


# Editing


def test_an_edit_keeps_what_was_said_before(client: Client, comment: Comment, siti: User) -> None:
    client.force_login(siti)

    answer = client.post(f"/comments/{comment.pk}/edit/", {"body": "Di kedua sisi."})

    comment.refresh_from_db()
    assert answer["Location"] == f"/comments/{comment.pk}/#comment-{comment.pk}"
    assert comment.body == "Di kedua sisi."
    assert comment.edited_at is not None
    assert [each.body for each in comment.revisions.all()] == ["Di sisi kiri saja."]
    assert Entry.objects.filter(topic=comment.topic, verb="edited").count() == 1


def test_an_edit_without_a_change_writes_nothing(comment: Comment, siti: User) -> None:
    comment.edit(by=siti, body=comment.body)

    assert comment.edited_at is None
    assert not comment.revisions.exists()


def test_only_the_author_edits(
    client: Client, comment: Comment, budi: User, moderator: User
) -> None:
    for user in (budi, moderator):
        client.force_login(user)
        assert client.get(f"/comments/{comment.pk}/edit/").status_code == 404
        assert client.post(f"/comments/{comment.pk}/edit/", {"body": "x"}).status_code == 404

    with pytest.raises(Refused):
        comment.edit(by=budi, body="Milik saya")


def test_a_hidden_comment_cannot_be_edited(
    client: Client, comment: Comment, siti: User, moderator: User
) -> None:
    hide(comment, moderator)
    client.force_login(siti)

    assert client.post(f"/comments/{comment.pk}/edit/", {"body": "Lain"}).status_code == 409


def test_after_the_close_nobody_edits(comment: Comment, siti: User) -> None:
    close(comment.thread.consultation)

    with pytest.raises(Refused):
        comment.edit(by=siti, body="Terlambat")


@LIVE
async def test_an_edit_changes_open_pages_of_the_discussion(
    comment: Comment, thread: Thread, siti: User
) -> None:
    page, _ = await watch(thread)

    await in_a_thread(comment.edit, by=siti, body="Di kedua sisi.")

    [[dom_id, into, html]] = (await page.told())["put"]
    assert (dom_id, into) == (comment.dom_id, "")
    assert "Di kedua sisi." in html


# Waiting for a moderator


def test_a_held_comment_is_for_its_author_and_the_moderators_only(
    client: Client, thread: Thread, siti: User, budi: User, moderator: User, officer: User
) -> None:
    premoderate(thread.consultation)
    comment = thread.post(author=siti, body="Menunggu dulu", key=uuid4())

    assert comment.state == State.HELD
    assert client.get(f"/comments/{comment.pk}/").status_code == 404
    for user, status in ((siti, 200), (moderator, 200), (budi, 404), (officer, 404)):
        client.force_login(user)
        assert client.get(f"/comments/{comment.pk}/").status_code == status
        shown = "Menunggu dulu" in client.get(f"/threads/{thread.pk}/").content.decode()
        assert shown == (status == 200)
    thread.refresh_from_db()
    assert thread.comment_count == 0


def test_a_held_comment_is_announced_to_its_author(
    client: Client, thread: Thread, siti: User
) -> None:
    premoderate(thread.consultation)
    client.force_login(siti)

    answer = client.post(
        f"/en/threads/{thread.pk}/comments/", {"body": "Menunggu", "key": uuid4()}, headers=HTMX
    )

    assert "once a moderator has read it" in answer.content.decode()


@LIVE
async def test_a_held_comment_is_not_pushed_until_it_is_approved(
    thread: Thread, siti: User, moderator: User
) -> None:
    await in_a_thread(premoderate, thread.consultation)
    page, _ = await watch(thread)

    comment = await in_a_thread(thread.post, author=siti, body="Menunggu", key=uuid4())
    assert await page.receive_nothing()
    await in_a_thread(comment.approve, by=moderator)

    told = await page.told()
    assert told["put"][0][0] == comment.dom_id
    assert told["n"][thread.dom_id][0] == 1


# Address and history


def test_a_permalink_shows_the_page_that_holds_the_comment(
    client: Client, thread: Thread, comment: Comment, siti: User
) -> None:
    for each in range(60):
        thread.post(author=siti, body=f"Nomor {each}", key=uuid4())
    reply = thread.post(author=siti, body="Balasan lama", key=uuid4(), parent=comment)

    page = client.get(f"/comments/{reply.pk}/")

    assert [each.pk for each in page.context["page"].comments] == [comment.pk, reply.pk]
    assert f'data-marks="comment-{reply.pk}"' in page.content.decode()


def test_a_permalink_into_a_long_branch_begins_there(
    client: Client, thread: Thread, comment: Comment, siti: User
) -> None:
    replies = [
        thread.post(author=siti, body=f"Balasan {each}", key=uuid4(), parent=comment)
        for each in range(70)
    ]

    page = client.get(f"/comments/{replies[60].pk}/")

    assert page.context["page"].comments[0].pk == replies[60].pk


def test_the_author_and_the_moderator_find_their_tools_at_the_permalink(
    client: Client, comment: Comment, siti: User, budi: User, moderator: User
) -> None:
    offers = {}
    for user in (siti, budi, moderator):
        client.force_login(user)
        page = client.get(f"/comments/{comment.pk}/").content.decode()
        actions = page[page.index('data-marks="') :].split("</section>")[0]
        offers[user.pseudonym] = ("/edit/" in actions, "/hiding/" in actions)

    assert offers == {"Siti": (True, False), "Budi": (False, False), "Moderator": (False, True)}


def test_the_history_is_for_everybody(client: Client, comment: Comment, siti: User) -> None:
    comment.edit(by=siti, body="Di kedua sisi.")

    page = client.get(f"/comments/{comment.pk}/revisions/").content.decode()

    assert "Di sisi kiri saja." in page
    assert "Di kedua sisi." in page


def test_a_hidden_comment_leaves_a_tombstone_and_its_words_are_for_two(
    client: Client, comment: Comment, thread: Thread, siti: User, budi: User, moderator: User
) -> None:
    comment.edit(by=siti, body="Kenari di kedua sisi.")
    hide(comment, moderator)
    pages = [
        f"/threads/{thread.pk}/",
        f"/threads/{thread.pk}/comments/",
        f"/comments/{comment.pk}/",
        f"/comments/{comment.pk}/replies/",
        f"/comments/{comment.pk}/revisions/",
        f"/consultations/{thread.consultation.slug}/",
    ]

    for user in (None, budi):
        if user:
            client.force_login(user)
        for address in pages:
            page = client.get(address)
            assert "Kenari" not in page.content.decode(), address
            assert "sisi kiri" not in page.content.decode(), address
            assert page.status_code == (404 if "revisions" in address else page.status_code)
    assert REASON in client.get(f"/comments/{comment.pk}/").content.decode()
    for user in (siti, moderator):
        client.force_login(user)
        assert "Kenari" in client.get(f"/comments/{comment.pk}/").content.decode()
        assert client.get(f"/comments/{comment.pk}/revisions/").status_code == 200


def test_a_comment_of_a_draft_is_not_there(comment: Comment, siti: User, moderator: User) -> None:
    comment.thread.consultation.publication.delete()

    assert not Comment.objects.visible_to(AnonymousUser()).exists()
    assert not Comment.objects.visible_to(siti).exists()
    assert Comment.objects.visible_to(moderator).get() == comment


def test_two_comments_cannot_share_a_place(comment: Comment) -> None:
    with pytest.raises(IntegrityError, match="one_comment_per_place"), transaction.atomic():
        Comment.objects.create(
            thread=comment.thread, author=comment.author, number=99, place=comment.place,
            body="x", body_html="x",
        )  # fmt: skip


def test_every_label_of_a_comment_is_the_same_in_page_and_push(comment: Comment) -> None:
    assert set(comment.partial_context()) == {"comment", "words"}
