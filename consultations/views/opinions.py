"""Agree, disagree, pass: one form for a whole page of comments."""

from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from consultations.forms.opinions import OpinionForm, RetractionForm
from consultations.models import Comment, Thread
from consultations.models.label import comment_words
from consultations.models.page import page_of
from consultations.views.pages import origin, people_only, place_from
from portal.http import HtmxRequest, SignedInRequest, rights
from portal.limits import OPINIONS


@rights(read="citizen", write="citizen", pace=OPINIONS)
@require_http_methods(["GET", "HEAD", "POST", "DELETE"])
@people_only
def opinions(request: SignedInRequest, pk: int) -> HttpResponse:
    """Give one's own opinions of a page, give an opinion, or take one back."""
    if request.method == "POST":
        return give(request)
    return take_back(request) if request.method == "DELETE" else own(request, pk)


def own(request: SignedInRequest, pk: int) -> HttpResponse:
    """List what the person thinks of the comments of one page."""
    after, at = place_from(request, "after"), place_from(request, "at")
    thread = get_object_or_404(Thread.objects.visible_to(request.user).for_display(), pk=pk)
    page = page_of(thread, request.user, after=after, at=at)
    context = {"thread": thread, "page": page, "words": comment_words()}
    return render(request, "consultations/opinions/_own_opinions.html", context)


def give(request: SignedInRequest) -> HttpResponse:
    """Set an opinion: the statement itself is the gate, nothing is fetched before."""
    form = OpinionForm(request.POST)
    if not form.is_valid():
        raise BadRequest
    press = form.cleaned_data["opinion"]
    try:
        comment = Comment.opine(press.comment, voter=request.user, value=press.value)
    except Comment.DoesNotExist as absent:
        raise Http404 from absent
    return answer(request, comment)


def take_back(request: SignedInRequest) -> HttpResponse:
    """Take an opinion back."""
    form = RetractionForm(request.POST)
    if not form.is_valid():
        raise BadRequest
    try:
        comment = Comment.retract(form.cleaned_data["comment"], voter=request.user)
    except Comment.DoesNotExist as absent:
        raise Http404 from absent
    return answer(request, comment)


def answer(request: HtmxRequest, comment: Comment) -> HttpResponse:
    """Say what is now known; without scripts go back to the comment on the page."""
    if not request.htmx:
        return redirect(f"{origin(request)}#{comment.dom_id}")
    context = {"comment": comment, "words": comment_words()}
    return render(request, "consultations/opinions/_own_opinion.html", context)
