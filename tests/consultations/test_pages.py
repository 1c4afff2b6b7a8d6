"""A page of a discussion: every comment on exactly one page, reached by key."""

from uuid import uuid4

from django.contrib.auth.models import AnonymousUser
from django.test import Client

from consultations.models import Comment, Thread
from consultations.models.page import page_of, page_with
from portal.accounts.models import User
from tests.consultations.statements import counted


def test_the_pages_together_hold_every_comment_once(thread: Thread, siti: User) -> None:
    comments = [thread.post(author=siti, body=f"{each}", key=uuid4()) for each in range(70)]
    for each in range(60):
        thread.post(author=siti, body=f"balasan {each}", key=uuid4(), parent=comments[35])

    seen, after = [], ""
    while True:
        page = page_of(thread, siti, after=after)
        seen += [each.pk for each in page.comments]
        if not (after := page.older):
            break

    assert seen == list(thread.comments.order_by("place").values_list("pk", flat=True))
    assert len(seen) == 130


def test_a_page_is_one_statement(thread: Thread, comment: Comment, siti: User) -> None:
    with counted() as asked:
        page_of(thread, siti)

    assert len(asked) == 1


def test_only_the_first_page_is_open_above(thread: Thread, comment: Comment) -> None:
    visitor = AnonymousUser()
    first, second = page_of(thread, visitor), page_of(thread, visitor, after="zzzzz")
    third = page_with(Comment.objects.get(pk=comment.pk), visitor)

    assert (first.is_first, first.query, first.first_place) == (True, "", "")
    assert (second.is_first, second.query) == (False, "?after=zzzzz")
    assert third.query == f"?at={comment.place}"


def test_own_opinions_come_with_the_page(thread: Thread, comment: Comment, budi: User) -> None:
    Comment.opine(comment.pk, voter=budi, value=0)

    assert [each.own_value for each in page_of(thread, budi).opined] == [0]
    assert page_of(thread, AnonymousUser()).opined == []


def test_a_page_in_the_middle_is_fetched_again_as_it_is(
    client: Client, thread: Thread, comment: Comment
) -> None:
    page = client.get(f"/comments/{comment.pk}/").content.decode()

    assert f'data-live-region="/threads/{thread.pk}/comments/?at={comment.place}"' in page
