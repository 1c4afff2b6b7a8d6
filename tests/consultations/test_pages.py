"""A page of a discussion: every comment on exactly one page, reached by key."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import Client

from consultations.models import Comment, Consultation, Thread
from consultations.models.page import page_of, page_with
from portal.accounts.models import User
from tests.conftest import close
from tests.consultations.statements import counted


def many(thread: Thread, author: User, number: int) -> None:
    """Write many comments at once, without their journal."""
    participant = thread.consultation.participant_for(author)
    for each in range(number):
        Comment.put(
            thread=thread, parent=None, author=participant, body=f"{each}", body_html=f"<p>{each}"
        )


# Pages


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


# The page


@pytest.mark.parametrize("number", [50, 300])
def test_the_page_asks_the_database_a_fixed_number_of_times(
    client: Client, thread: Thread, siti: User, budi: User, number: int
) -> None:
    many(thread, siti, number)
    first = thread.comments.order_by("place").first()
    assert first is not None
    Comment.opine(first.pk, voter=budi, value=1)

    with counted() as anonymous:
        client.get(f"/threads/{thread.pk}/")
    client.force_login(budi)
    with counted() as signed_in:
        client.get(f"/threads/{thread.pk}/")

    assert len(anonymous) <= 6, anonymous
    assert len(signed_in) <= 8, signed_in


def test_older_comments_are_one_link_away(client: Client, thread: Thread, siti: User) -> None:
    many(thread, siti, 60)
    page = client.get(f"/threads/{thread.pk}/")
    older = page.context["page"].older

    rest = client.get(f"/threads/{thread.pk}/?after={older}")

    assert f"?after={older}" in page.content.decode()
    assert len(page.context["page"].comments) == 50
    assert [each.body for each in rest.context["page"].comments] == [
        str(n) for n in range(9, -1, -1)
    ]
    assert rest.context["page"].older == ""
    assert f'data-live-from="{older}"' in rest.content.decode()


@pytest.mark.parametrize("place", ["x", "ZZZZZ", "%00%00%00%00%00", "' OR 1=1", "z" * 4000])
def test_an_odd_place_is_a_bad_request(client: Client, thread: Thread, place: str) -> None:
    assert client.get(f"/threads/{thread.pk}/?after={place}").status_code == 400


def test_what_the_phase_does_not_allow_is_said_before_typing(
    client: Client, thread: Thread, siti: User
) -> None:
    client.force_login(siti)
    open_page = client.get(f"/threads/{thread.pk}/").content.decode()
    close(thread.consultation)

    closed_page = client.get(f"/en/threads/{thread.pk}/").content.decode()

    assert "<textarea" in open_page
    assert "data-closed" not in open_page
    assert "<textarea" not in closed_page
    assert "data-closed" in closed_page
    assert "Commenting closed on" in closed_page


def test_a_visitor_is_led_to_the_entrance(client: Client, thread: Thread) -> None:
    page = client.get(f"/en/threads/{thread.pk}/").content.decode()

    assert "<textarea" not in page
    assert f"/en/account/login/?next=/en/threads/{thread.pk}/" in page


def test_a_draft_has_no_discussions_for_the_public(
    client: Client, draft: Consultation, officer: User, siti: User
) -> None:
    thread = Thread.start(consultation=draft, subject="Nanti", by=officer, key=uuid4())

    assert client.get(f"/threads/{thread.pk}/").status_code == 404
    client.force_login(siti)
    assert client.get(f"/threads/{thread.pk}/").status_code == 404
    client.force_login(officer)
    assert client.get(f"/threads/{thread.pk}/").status_code == 200


def test_the_list_alone_is_what_stands_in_the_page(
    client: Client, thread: Thread, comment: Comment
) -> None:
    region = client.get(f"/threads/{thread.pk}/comments/").content.decode()
    page = client.get(f"/threads/{thread.pk}/").content.decode()

    assert region[region.index("<section") :].strip() in page


def test_the_discussions_alone_are_what_stands_in_the_page(
    client: Client, consultation: Consultation, thread: Thread
) -> None:
    address = f"/consultations/{consultation.slug}/threads/"
    region = client.get(address, headers={"Live-Region": "any"}).content.decode()
    page = client.get(f"/consultations/{consultation.slug}/").content.decode()

    assert region[region.index("<section") :].strip() in page


def region(browser: Client, thread: Thread, **headers: str) -> HttpResponse:
    answer: HttpResponse = browser.get(  # type: ignore[assignment]
        f"/threads/{thread.pk}/comments/",
        headers={"Live-Region": f"{thread.dom_id}-page", **headers},
    )
    return answer


@pytest.mark.django_db(transaction=True)
def test_a_crowd_that_fetches_the_list_gets_it_drawn_once(
    thread: Thread, comment: Comment, budi: User
) -> None:
    reader = Client()
    reader.force_login(budi)
    first = region(Client(), thread)

    with counted() as asked:
        second = region(reader, thread)
    known = region(reader, thread, **{"If-None-Match": first["ETag"]})

    assert first.content == second.content
    assert comment.dom_id in first.content.decode()
    assert not any("consultations_comment" in each and "body_html" in each for each in asked)
    assert (known.status_code, known.content) == (304, b"")


@pytest.mark.django_db(transaction=True)
def test_a_list_that_moved_on_is_drawn_anew(thread: Thread, comment: Comment, siti: User) -> None:
    first = region(Client(), thread)

    comment.edit(by=siti, body="Di sisi kanan saja.")
    second = region(Client(), thread, **{"If-None-Match": first["ETag"]})

    assert second.status_code == 200
    assert "Di sisi kanan saja." in second.content.decode()


@pytest.mark.django_db(transaction=True)
def test_what_waits_for_review_is_drawn_for_each_viewer(
    thread: Thread, comment: Comment, siti: User
) -> None:
    thread.consultation.phases.update(premoderated=True)
    thread.post(author=siti, body="Menunggu dibaca.", key=uuid4())
    author = Client()
    author.force_login(siti)

    assert "Menunggu dibaca." in region(author, thread).content.decode()
    assert "Menunggu dibaca." not in region(Client(), thread).content.decode()
