"""Deciding about one item: hide, restore, approve; and what waits for a decision."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.agencies.gates import roles_of, with_second_factor
from portal.http import SignedInRequest, rights
from portal.live.models import live_models
from portal.moderation.forms import HidingForm, ReasonForm, RestoringForm
from portal.moderation.models import Moderated

LISTED = 50


@rights(read="moderator")
@require_safe
@login_required
@with_second_factor
def index(request: SignedInRequest) -> HttpResponse:
    """List what waits for this moderator, and what was decided lately."""
    roles = roles_of(request.user)
    if "moderator" not in roles.split():
        raise Http404
    kinds = [model for model in live_models().values() if issubclass(model, Moderated)]
    waiting = [item for kind in kinds for item in kind.waiting_for(request.user)[:LISTED]]
    decided = [item for kind in kinds for item in kind.decided_for(request.user)[:LISTED]]
    decided.sort(key=lambda item: item.decision_id or 0, reverse=True)
    context = {"waiting": waiting, "decided": decided[:LISTED], "roles": roles}
    return render(request, "moderation/index.html", context)


@rights(read="moderator", write="moderator")
@require_http_methods(["GET", "HEAD", "POST", "DELETE"])
@login_required
@with_second_factor
def hiding(request: SignedInRequest, noun: str, pk: int) -> HttpResponse:
    """Offer the form for what can be done now; hide by POST, restore by DELETE."""
    item = item_for(request, noun, pk)
    if request.method == "POST":
        return hide(request, item)
    if request.method == "DELETE":
        return restore(request, item)
    form = RestoringForm(item=item) if item.is_hidden else HidingForm(item=item)
    return offer(request, item, form)


def hide(request: SignedInRequest, item: Moderated) -> HttpResponse:
    """Put a tombstone in the place of the text."""
    form = HidingForm(request.POST, item=item)
    if not form.is_valid():
        return offer(request, item, form, status=422)
    item.hide(by=request.user, **form.cleaned_data)
    return answer(request, item)


def restore(request: SignedInRequest, item: Moderated) -> HttpResponse:
    """Bring the text back."""
    form = RestoringForm(request.POST, item=item)
    if not form.is_valid():
        return offer(request, item, form, status=422)
    item.restore(by=request.user, **form.cleaned_data)
    return answer(request, item)


@rights(write="moderator")
@require_POST
@login_required
@with_second_factor
def approval(request: SignedInRequest, noun: str, pk: int) -> HttpResponse:
    """Let something that waits appear."""
    item = item_for(request, noun, pk)
    item.approve(by=request.user, seen=request.POST.get("seen", ""))
    return answer(request, item)


def item_for(request: SignedInRequest, noun: str, pk: int) -> Moderated:
    """Give the item if this person moderates there; otherwise it does not exist."""
    item = Moderated.find(f"{noun}:{pk}", request.user)
    if item is None:
        raise Http404
    return item


def offer(
    request: SignedInRequest, item: Moderated, form: ReasonForm, *, status: int = 200
) -> HttpResponse:
    """Give the form alone when a page asks for it, or in a page of its own."""
    template = "_decision.html" if request.htmx else "write.html"
    context = {"item": item, "form": form, "is_own": item.is_by(request.user)}
    return render(request, f"moderation/decisions/{template}", context, status=status)


def answer(request: SignedInRequest, item: Moderated) -> HttpResponse:
    """Say that it is done; the item itself changes by push."""
    if not request.htmx:
        return redirect(item.get_absolute_url())
    return render(request, "moderation/decisions/_decided.html", {"item": item})
