"""Earlier words of a comment: kept in order, shown with their time."""

from consultations.models import Comment
from portal.accounts.models import User


def test_every_edit_keeps_the_words_before_it(comment: Comment, siti: User) -> None:
    for words in ("Dua.", "Tiga."):
        comment.edit(by=siti, body=words)

    kept = [each.body for each in comment.revisions.order_by("pk")]
    assert kept == ["Di sisi kiri saja.", "Dua."]
    assert comment.sent_as()[-1] == "Di sisi kiri saja."


def test_a_revision_says_until_when_it_stood(comment: Comment, siti: User) -> None:
    comment.edit(by=siti, body="Dua.")

    revision = comment.revisions.get()
    assert str(revision.replaced_at.year) in revision.replaced_words
    assert "<p>Di sisi kiri saja.</p>" in revision.body_html
