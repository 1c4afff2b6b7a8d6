"""The page of a person about themselves."""

from typing import cast

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from portal.accounts.forms import PersonForm
from portal.accounts.models import User


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    person = cast("User", request.user)
    if request.method != "POST":
        return _show(request, person, PersonForm(initial=person.appearance))
    form = PersonForm(request.POST)
    if not form.is_valid():
        return _show(request, person, form, status=422)
    person.appear_as(**form.cleaned_data)
    with override(person.language):
        messages.success(request, _("Your settings are saved."))
        return redirect(reverse("accounts:me"))


def _show(request: HttpRequest, person: User, form: PersonForm, status: int = 200) -> HttpResponse:
    context = {"person": person, "form": form, "has_second_factor": is_mfa_enabled(person)}
    return render(request, "accounts/people/show.html", context, status=status)


me.rights = {"read": "citizen", "write": "citizen"}  # type: ignore[attr-defined]
