"""Signing out, a new password and giving up a second factor close one's open pages at once."""

from collections.abc import Callable
from functools import partial
from typing import Any

from allauth.account import views as account
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.usersessions import views as devices
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.accounts.models import User
from portal.http import rights
from portal.live.publish import revoke

FOUND = 302
PAUSE = 60
"""Seconds after which trying again makes sense."""


@rights(read="everyone", write="everyone")
def sign_out(request: HttpRequest) -> HttpResponse:
    return _revoking(account.logout, request)


@rights(read="citizen", write="citizen")
def change_password(request: HttpRequest) -> HttpResponse:
    return _revoking(account.password_change, request)


@rights(read="citizen", write="citizen")
def set_password(request: HttpRequest) -> HttpResponse:
    return _revoking(account.password_set, request)


@rights(read="citizen", write="citizen")
def other_devices(request: HttpRequest) -> HttpResponse:
    return _revoking(devices.list_usersessions, request)


@rights(read="citizen", write="citizen")
def without_app(request: HttpRequest) -> HttpResponse:
    """Without a second factor a role opens nothing: its open pages end as well."""
    return _revoking(totp.deactivate_totp, request)


@rights(read="citizen", write="citizen")
def without_key(request: HttpRequest, pk: int) -> HttpResponse:
    return _revoking(partial(webauthn.remove_webauthn, pk=pk), request)


@rights(read="everyone", write="everyone")
def new_password(request: HttpRequest) -> HttpResponse:
    answer: HttpResponse = NewPassword.as_view()(request)
    return answer


def too_many(request: HttpRequest) -> HttpResponse:
    """Say how long to wait: allauth's limits answer with this page."""
    answer = render(request, "429.html", {"seconds": PAUSE}, status=429)
    answer["Retry-After"] = str(PAUSE)
    return answer


def _revoking(view: Callable[[HttpRequest], HttpResponse], request: HttpRequest) -> HttpResponse:
    """Call the view; when it did what was asked, ask the person's sockets for their rights."""
    person = request.user if isinstance(request.user, User) else None
    with transaction.atomic():
        answer = view(request)
        if person and request.method == "POST" and answer.status_code == FOUND:
            revoke(user=person)
    return answer


class NewPassword(account.CompletePasswordResetView):
    """A new password chosen with a code: nobody is signed in yet, the form knows the person."""

    @transaction.atomic
    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_valid(form)
        revoke(user=form.user)
        return answer
