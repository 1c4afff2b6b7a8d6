"""A page of a discussion: at most fifty comments in display order, reached by key, not number."""

from typing import NamedTuple

from consultations.models.comment import PAGE, Comment, CommentQuerySet
from consultations.models.place import branch_of
from consultations.models.thread import Thread


class Page(NamedTuple):
    """Comments of one page, where it starts and where the next one does."""

    comments: list[Comment]
    after: str = ""
    at: str = ""
    older: str = ""

    @property
    def is_first(self) -> bool:
        return not (self.after or self.at)

    @property
    def first_place(self) -> str:
        """Where a page that is not the first one begins: nothing is put above it."""
        return self.at or self.after

    @property
    def query(self) -> str:
        """The part of the address that fetches just this page again."""
        if self.after:
            return f"?after={self.after}"
        return f"?at={self.at}" if self.at else ""

    @property
    def opined(self) -> list[Comment]:
        """Those of which the person who asked has an opinion."""
        return [each for each in self.comments if getattr(each, "own_value", None) is not None]


def page_of(thread: Thread, user: object, *, after: str = "", at: str = "") -> Page:
    """Read one page for a person: one statement, however long the discussion."""
    seen = comments_of(thread, user)
    rows = list((seen.starting_at(at) if at else seen.after(after))[: PAGE + 1])
    older = rows[PAGE - 1].place if len(rows) > PAGE else ""
    return Page(rows[:PAGE], after=after, at=at, older=older)


def page_with(comment: Comment, user: object) -> Page:
    """Read the page that begins with the comment's branch, or with itself when that is long."""
    page = page_of(comment.thread, user, at=branch_of(comment.place))
    if any(each.pk == comment.pk for each in page.comments):
        return page
    return page_of(comment.thread, user, at=comment.place)


def comments_of(thread: Thread, user: object) -> CommentQuerySet:
    """Give what the person may see of the discussion, in order, with the person's opinions."""
    seen: CommentQuerySet = Comment.objects.visible_to(user)
    return seen.filter(thread=thread).for_display().with_opinion_of(user)
