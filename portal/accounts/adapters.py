"""What allauth asks this site: whom to create, where to go next, in which language to write."""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language, gettext, override
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User


class AccountAdapter(DefaultAccountAdapter):
    error_messages: ClassVar = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": _("This account has been deactivated."),
        "duplicate_email": _("This is your address already."),
        "email_password_mismatch": _("The email or password is incorrect."),
        "email_taken": _("This email cannot be used."),
        "enter_current_password": _("This is not your current password."),
        "incorrect_code": _("This code is incorrect or has expired."),
        "incorrect_password": _("This password is incorrect."),
        "invalid_login": _("You cannot sign in this way."),
        "invalid_password_reset": _("This code has been used or has expired."),
        "rate_limited": _("Too many attempts. Please wait a few minutes."),
        "same_as_current": _("This is already your current address."),
        "too_many_login_attempts": _("Too many attempts. Please wait a few minutes."),
        "unverified_primary_email": _("Please confirm your email first."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return True

    def save_user(
        self,
        request: HttpRequest,
        user: User,
        form: BaseForm,
        commit: bool = True,  # noqa: FBT001, FBT002
    ) -> User:
        """Create the person with pseudonym and language: both belong to the first row already."""
        user.pseudonym = form.cleaned_data["pseudonym"]
        user.language = get_language() or User.Language.INDONESIAN
        saved: User = super().save_user(request, user, form, commit=commit)
        return saved

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Keep the people of the demo town out of a real site: their password is public."""
        if user.is_demo and not settings.DEMO:
            return redirect("account_inactive")
        answer: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return answer

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Go to the front page in the language of the person."""
        person = request.user
        language = person.language if isinstance(person, User) else get_language()
        with override(language):
            return reverse("doors:home")

    get_signup_redirect_url = get_login_redirect_url

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return reverse("doors:home")

    def get_email_verification_redirect_url(self, email_address: object) -> str:
        return reverse("account_email")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:me")

    def is_safe_url(self, url: str | None) -> bool:
        """Follow paths of this site only, never an address of another host."""
        plain = bool(url) and str(url).startswith("/") and not str(url).startswith("//")
        return plain and "\\" not in str(url) and bool(super().is_safe_url(str(url)))

    def get_reauthentication_methods(self, user: object) -> list[dict[str, str]]:
        """Ask for a passkey first, where there is one."""
        ways: list[dict[str, str]] = super().get_reauthentication_methods(user)
        return sorted(ways, key=lambda way: not way["id"].endswith("webauthn"))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write in the language of the person who gets the mail."""
        person = context.get("user") or User.objects.filter(email=email.lower()).first()
        language = person.language if isinstance(person, User) else get_language()
        with override(language):
            super().send_mail(template_prefix, email, {**context, "site_name": settings.SITE_NAME})


class FactorAdapter(DefaultMFAAdapter):
    error_messages: ClassVar = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": _("This second factor cannot be removed."),
        "cannot_generate_recovery_codes": _("Set up a second factor first."),
        "incorrect_code": _("This code is incorrect or has expired."),
        "unverified_email": _("Please confirm your email first."),
    }

    def generate_authenticator_name(self, user: User, type: str) -> str:  # noqa: A002
        """Number passkeys from the second on."""
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("Passkey") if number == 1 else f"{gettext('Passkey')} {number}"
