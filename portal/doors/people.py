"""The page of a person about themselves."""

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from consultations.models import Participant
from portal.accounts.forms import PersonForm
from portal.http import SignedInRequest, rights


@rights(read="citizen", write="citizen")
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def me(request: SignedInRequest) -> HttpResponse:
    """Show how the person appears, and change it."""
    person = request.user
    is_sent = request.method == "POST"
    form = PersonForm(request.POST) if is_sent else PersonForm(initial=person.appearance)
    if is_sent and form.is_valid():
        Participant.appear_as(person, **form.cleaned_data)
        with override(person.language):
            messages.success(request, _("Your settings are saved."))
            return redirect(reverse("accounts:me"))
    context = {"person": person, "form": form, "has_second_factor": is_mfa_enabled(person)}
    return render(request, "accounts/people/show.html", context, status=422 if is_sent else 200)
