"""Who may pass into the rooms of an agency: roles, and the second factor they ask for."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, cast

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.agencies.models import FACTORS, Member
from portal.http import SignedInRequest

View = TypeVar("View", bound=Callable[..., HttpResponse])


def roles_of(user: object) -> str:
    """Give the roles that a person holds anywhere now, for `<body data-roles>`."""
    if not isinstance(user, User):
        return ""
    held = Member.objects.current().filter(person=user).values_list("role", flat=True)
    return " ".join(sorted(set(held)))


def needs_second_factor(user: object) -> bool:
    """Say whether the person holds a role but has no second factor; the demo is exempt."""
    if not isinstance(user, User) or user.is_demo or is_mfa_enabled(user, FACTORS):
        return False
    return user.is_staff or user.is_superuser or bool(roles_of(user))


def with_second_factor(view: View) -> View:
    """Lead a person in office without a second factor to setting one up, instead of the view."""

    @wraps(view)
    def guarded(request: SignedInRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not needs_second_factor(request.user):
            return view(request, *args, **kwargs)
        messages.warning(request, _("Your role requires a second factor. Please set one up."))
        return redirect("mfa_index")

    return cast("View", guarded)
