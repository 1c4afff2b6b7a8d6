"""Standing behind a proposal, and stepping back."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from consultations.views.pages import people_only
from portal.http import SignedInRequest, rights
from portal.limits import OPINIONS
from proposals.models import Proposal


@rights(write="citizen", pace=OPINIONS)
@require_http_methods(["POST", "DELETE"])
@people_only
def supports(request: SignedInRequest, pk: int) -> HttpResponse:
    """Set one's support or take it back: the statement itself is the gate."""
    verb = Proposal.withdraw_support if request.method == "DELETE" else Proposal.support
    try:
        proposal = verb(pk, by=request.user)
    except Proposal.DoesNotExist as absent:
        raise Http404 from absent
    if not request.htmx:
        return redirect(proposal)
    context = {"proposal": proposal, "is_supported": request.method == "POST"}
    return render(request, "proposals/supports/_support.html", context)
