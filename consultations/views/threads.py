"""Discussions: opening one, reading one."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from consultations.forms.threads import ThreadForm
from consultations.models import Consultation, Thread
from consultations.models.page import page_of
from consultations.views.pages import (
    discussion,
    discussions,
    heads_at,
    heads_for,
    people_only,
    place_from,
    viewer,
)
from portal.agencies.gates import with_second_factor
from portal.http import HtmxRequest, SignedInRequest, rights, whole_number
from portal.live.regions import REGION


@rights(read="visible")
@require_safe
def show(request: HtmxRequest, pk: int) -> HttpResponse:
    """Show a page of a discussion: the newest comments, or those after a place."""
    after, at = place_from(request, "after"), place_from(request, "at")
    live = heads_for(request, f"thread:{pk}")
    thread = get_object_or_404(Thread.objects.visible_to(request.user).for_display(), pk=pk)
    page = page_of(thread, request.user, after=after, at=at)
    context = discussion(request, thread, page, live)
    return render(request, "consultations/threads/show.html", context)


@rights(read="visible", write="officer")
@require_http_methods(["GET", "HEAD", "POST"])
def threads(request: HtmxRequest, slug: str) -> HttpResponse:
    """List the discussions of a consultation from one on; open a new one."""
    return start(request, slug) if request.method == "POST" else listed(request, slug)


def listed(request: HtmxRequest, slug: str) -> HttpResponse:
    """Show one page of the list; live.js takes the list alone."""
    live = heads_at(request, slug)
    seen = Consultation.objects.visible_to(request.user).for_display()
    consultation = get_object_or_404(seen, slug=slug)
    before = whole_number(request.GET.get("before", ""))
    context = discussions(consultation, before=before)
    if REGION in request.headers:
        return render(request, "consultations/threads/_threads.html", context)
    context |= viewer(request, consultation) | {"live": live}
    return render(request, "consultations/threads/index.html", context)


@people_only
@with_second_factor
def start(request: SignedInRequest, slug: str) -> HttpResponse:
    """Open a discussion under a consultation."""
    consultation = get_object_or_404(
        Consultation.objects.editable_by(request.user).for_display(), slug=slug
    )
    form = ThreadForm(request.POST)
    if not form.is_valid():
        context = {"consultation": consultation, "form": form}
        return render(request, "consultations/threads/new.html", context, status=422)
    thread = Thread.start(consultation=consultation, by=request.user, **form.cleaned_data)
    return redirect(thread)
