"""Freezing a text and letting it be written again."""

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from portal.agencies.gates import with_second_factor
from portal.http import SignedInRequest, rights
from proposals.forms.proposals import FreezingForm
from proposals.models import Document


@rights(read="moderator", write="moderator")
@require_http_methods(["GET", "HEAD", "POST", "DELETE"])
@with_second_factor
def freezing(request: SignedInRequest, pk: int) -> HttpResponse:
    """Offer the form of a reason; freeze by POST, thaw by DELETE."""
    document = document_for(request, pk)
    is_asked = request.method in {"GET", "HEAD"}
    form = FreezingForm(None if is_asked else request.POST, auto_id="freezing-%s")
    if not form.is_valid():
        context = {"proposal": document.proposal, "document": document, "freezing_form": form}
        status = 200 if is_asked else 422
        return render(request, "proposals/proposals/freeze.html", context, status=status)
    verb = document.thaw if request.method == "DELETE" else document.freeze
    verb(by=request.user, **form.cleaned_data)
    return redirect(document.proposal)


def document_for(request: SignedInRequest, pk: int) -> Document:
    """Give the text if this person moderates there; otherwise it does not exist."""
    seen = Document.objects.visible_to(request.user).for_display()
    document: Document = get_object_or_404(seen, proposal=pk)
    if not document.proposal.may_be_moderated_by(request.user):
        raise Http404
    return document
