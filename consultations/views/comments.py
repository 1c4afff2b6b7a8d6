"""Comments: reading a page of them, writing, replying, editing, their history, their address."""

from functools import partial
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from consultations.forms.comments import CommentForm, EditForm
from consultations.models import Comment, Thread
from consultations.models.label import comment_words
from consultations.models.page import page_of, page_with
from consultations.views.pages import discussion, heads_for, people_only, place_from, viewer
from portal.http import HtmxRequest, SignedInRequest, rights
from portal.limits import WORDS
from portal.live.models import addressed
from portal.live.regions import region_answer

READ_OR_SEND = require_http_methods(["GET", "HEAD", "POST"])


@rights(read="visible", write="citizen", pace=WORDS)
@READ_OR_SEND
def comments(request: HtmxRequest, pk: int) -> HttpResponse:
    """Give the list of a page on its own, for pages that missed something; take a new comment."""
    return post(request, pk) if request.method == "POST" else region(request, pk)


def region(request: HtmxRequest, pk: int) -> HttpResponse:
    """Give one page of the list, as it stands in the whole page; drawn once for a crowd."""
    after, at = place_from(request, "after"), place_from(request, "at")
    thread = get_object_or_404(Thread.objects.visible_to(request.user).for_display(), pk=pk)

    def draw(user: object) -> str:
        page = page_of(thread, user, after=after, at=at)
        context = {"thread": thread, "page": page, "words": comment_words()}
        return render_to_string("consultations/comments/_comments.html", context)

    shared = thread.reads_the_same_for_all()
    answer = region_answer(request, thread, partial(draw, AnonymousUser())) if shared else None
    return answer or HttpResponse(draw(request.user))


@people_only
def post(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take a comment; the composer answers with itself, the comment arrives by push."""
    thread = get_object_or_404(Thread.objects.visible_to(request.user).for_display(), pk=pk)
    place = f"composer-{thread.dom_id}"
    form = CommentForm(request.POST, place=place)
    if not form.is_valid():
        return composer(request, thread, form, status=422)
    comment = thread.post(author=request.user, **form.cleaned_data)
    if not request.htmx:
        return redirect(comment)
    return naming(comment, composer(request, thread, CommentForm(place=place), written=comment))


@rights(read="citizen", write="citizen", pace=WORDS)
@READ_OR_SEND
@people_only
def replies(request: SignedInRequest, pk: int) -> HttpResponse:
    """Offer the composer of a reply, and take one."""
    parent = get_object_or_404(Comment.objects.visible_to(request.user).with_place(), pk=pk)
    form = CommentForm(request.POST or None, place=f"reply-{parent.pk}", label=_("Your reply"))
    if not form.is_valid():
        return composer(request, parent.thread, form, parent=parent, status=status_of(form))
    reply = parent.thread.post(author=request.user, parent=parent, **form.cleaned_data)
    if not request.htmx:
        return redirect(reply)
    return naming(reply, render(request, "consultations/comments/_sent.html", {"comment": reply}))


@rights(read="author", write="author")
@READ_OR_SEND
@people_only
def edit(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let authors change their own words; earlier ones stay readable."""
    own = Comment.objects.visible_to(request.user).written_by(request.user)
    comment = get_object_or_404(own.with_place().select_related("author__person"), pk=pk)
    initial = {"body": comment.words_to_edit()}
    form = EditForm(request.POST or None, place=f"edit-{comment.pk}", initial=initial)
    if not form.is_valid():
        context = {"edited": comment, "is_read_first": comment.is_read_first()}
        return composer(request, comment.thread, form, status=status_of(form), **context)
    rewording = comment.edit(by=request.user, body=form.cleaned_data["body"])
    if not request.htmx:
        return redirect(comment)
    context = {"comment": comment, "rewording": rewording}
    return render(request, "consultations/comments/_sent.html", context)


@rights(read="visible")
@require_safe
def show(request: HtmxRequest, pk: int) -> HttpResponse:
    """Show a comment where it stands, with what this person may do about it."""
    named = addressed("thread", Comment.objects.filter(pk=pk), "thread_id")
    live = heads_for(request, behind=named)
    seen = Comment.objects.visible_to(request.user).for_display().with_place()
    comment = get_object_or_404(seen, pk=pk)
    page = page_with(comment, request.user)
    context = discussion(request, comment.thread, page, live)
    context |= {"comment": comment, "rewording": comment.rewording_for(request.user)}
    return render(request, "consultations/comments/show.html", context)


@rights(read="visible")
@require_safe
def revisions(request: HtmxRequest, pk: int) -> HttpResponse:
    """Show what a comment said before; of a hidden one only to its author and moderators."""
    seen = Comment.objects.visible_to(request.user).readable_by(request.user)
    comment = get_object_or_404(seen.for_display().with_place(), pk=pk)
    context = viewer(request, comment.thread.consultation) | {
        "comment": comment,
        "thread": comment.thread,
        "revisions": comment.revisions.visible_to(request.user).order_by("-pk")[:200],
    }
    return render(request, "consultations/comments/revisions.html", context)


def composer(
    request: HtmxRequest,
    thread: Thread,
    form: CommentForm | EditForm,
    *,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """Give a form alone when a page asks for it, or in a page of its own."""
    template = "_composer.html" if request.htmx else "write.html"
    context |= {"thread": thread, "form": form, "consultation": thread.consultation}
    return render(request, f"consultations/comments/{template}", context, status=status)


def naming(comment: Comment, answer: HttpResponse) -> HttpResponse:
    """Tell the page what its own is: it does not wait behind the pill, and shows its controls."""
    answer["Live-Own"] = comment.dom_id
    answer["Live-Participant"] = str(comment.author_id)
    return answer


def status_of(form: CommentForm | EditForm) -> int:
    """A form that was sent and cannot be taken is a 422."""
    return 422 if form.is_bound else 200
