"""Rows kept by content: the next viewer gets the same bytes, a changed row is another row."""

from django.db.models import Model
from django.template.loader import render_to_string
from django.utils import timezone, translation

from consultations.models import Comment, Thread
from consultations.models.label import comment_words
from consultations.models.page import page_of
from portal.accounts.models import User
from portal.live.fragments import Fragments, values

PARTIAL = "consultations/threads/_comment.html"


def shown(kept: Fragments, comment: Comment) -> str:
    return kept.html(PARTIAL, comment, comment.partial_context())


def read(thread: Thread) -> Comment:
    return page_of(thread, None).comments[0]


def test_a_row_is_made_once_and_is_what_a_push_says(thread: Thread, comment: Comment) -> None:
    kept = Fragments()

    first, again = shown(kept, read(thread)), shown(kept, read(thread))

    assert again is first
    assert first == render_to_string(PARTIAL, comment.partial_context())
    assert len(kept) == 1


def test_whatever_changes_in_a_row_makes_another_row(thread: Thread, comment: Comment) -> None:
    kept = Fragments()
    before = shown(kept, read(thread))
    changes: list[dict[str, object]] = [
        {"body_html": "<p>Di kanan.</p>"}, {"agree_count": 7}, {"disagree_count": 7},
        {"pass_count": 7}, {"edited_at": timezone.now()}, {"stance": 1},
    ]  # fmt: skip

    for change in changes:
        Comment.objects.filter(pk=comment.pk).update(**change)
        after = shown(kept, read(thread))
        assert after != before
        assert after == render_to_string(
            PARTIAL, {"comment": read(thread), "words": comment_words()}
        )
        before = after


def test_a_hidden_row_shows_its_tombstone_at_once(
    thread: Thread, comment: Comment, moderator: User
) -> None:
    kept = Fragments()
    assert "Di sisi kiri" in shown(kept, read(thread))

    comment.hide(
        by=moderator, rule=comment.rules()[0], reason="Menyerang orang, bukan pendapatnya."
    )

    assert "Di sisi kiri" not in shown(kept, read(thread))


def test_each_language_has_its_own(thread: Thread, comment: Comment) -> None:
    kept = Fragments()

    with translation.override("id"):
        indonesian = shown(kept, read(thread))
    with translation.override("en"):
        english = shown(kept, read(thread))

    assert indonesian != english


def test_no_more_are_kept_than_there_is_room(thread: Thread, comment: Comment) -> None:
    kept = Fragments(most=3)

    for count in range(9):
        Comment.objects.filter(pk=comment.pk).update(agree_count=count)
        shown(kept, read(thread))

    assert len(kept) == 3


def test_what_a_row_points_to_is_part_of_it(thread: Thread, comment: Comment) -> None:
    read_before: Model = read(thread)
    before = values(read_before)

    comment.author.pseudonym = "Siti Baru"
    comment.author.save()

    assert values(read(thread)) != before
