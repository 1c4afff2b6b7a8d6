"""The forms of signing in, in the words of this site."""

from typing import Any, ClassVar

from allauth.account import forms as account
from allauth.mfa.base import forms as factors
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.utils.translation import gettext_lazy as _

EMAIL = _("Email")
PASSWORD = _("Password")
NEW_PASSWORD = _("New password")
CODE = _("Code")


class WordedForm(forms.Form):
    """A form whose fields carry our labels and help, and no placeholder in the label's place."""

    words: ClassVar[dict[str, Any]] = {}
    hints: ClassVar[dict[str, Any]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.words.get(name, field.label)
            field.help_text = self.hints.get(name, field.help_text)
        if "code" in self.fields:
            self.fields["code"].widget.attrs |= {"autocapitalize": "off", "spellcheck": "false"}


class LoginForm(WordedForm, account.LoginForm):
    words: ClassVar = {"login": EMAIL, "password": PASSWORD, "remember": _("Stay signed in")}
    hints: ClassVar = {"password": ""}


class SignupForm(WordedForm, account.SignupForm):
    words: ClassVar = {"email": EMAIL, "password1": PASSWORD}
    hints: ClassVar = {
        "email": _("We will send a code to this address. Nobody else can see it."),
        "password1": _(
            "You can leave this empty and sign in with a code by email each time. Otherwise use "
            "at least 8 characters."
        ),
    }


class RequestLoginCodeForm(WordedForm, account.RequestLoginCodeForm):
    words: ClassVar = {"email": EMAIL}


class ConfirmLoginCodeForm(WordedForm, account.ConfirmLoginCodeForm):
    words: ClassVar = {"code": CODE}


class ConfirmEmailVerificationCodeForm(WordedForm, account.ConfirmEmailVerificationCodeForm):
    words: ClassVar = {"code": CODE}


class ConfirmPasswordResetCodeForm(WordedForm, account.ConfirmPasswordResetCodeForm):
    words: ClassVar = {"code": CODE}


class AddEmailForm(WordedForm, account.AddEmailForm):
    words: ClassVar = {"email": _("New email")}


class ChangeEmailForm(WordedForm, account.ChangeEmailForm):
    words: ClassVar = {"email": EMAIL}


class ChangePasswordForm(WordedForm, account.ChangePasswordForm):
    words: ClassVar = {
        "oldpassword": _("Current password"),
        "password1": NEW_PASSWORD,
        "password2": _("Repeat the new password"),
    }
    hints: ClassVar = {"oldpassword": "", "password1": _("At least 8 characters.")}


class SetPasswordForm(WordedForm, account.SetPasswordForm):
    words: ClassVar = {"password1": NEW_PASSWORD, "password2": _("Repeat the new password")}
    hints: ClassVar = {"password1": _("At least 8 characters.")}


class ResetPasswordForm(WordedForm, account.ResetPasswordForm):
    words: ClassVar = {"email": EMAIL}


class ResetPasswordKeyForm(WordedForm, account.ResetPasswordKeyForm):
    words: ClassVar = {"password1": NEW_PASSWORD, "password2": _("Repeat the new password")}
    hints: ClassVar = {"password1": _("At least 8 characters.")}


class ReauthenticateForm(WordedForm, account.ReauthenticateForm):
    words: ClassVar = {"password": PASSWORD}
    hints: ClassVar = {"password": ""}


class AuthenticateForm(WordedForm, factors.AuthenticateForm):
    words: ClassVar = {"code": CODE}


class ReauthenticateByCodeForm(WordedForm, factors.ReauthenticateForm):
    words: ClassVar = {"code": CODE}


class ActivateTOTPForm(WordedForm, totp.ActivateTOTPForm):
    words: ClassVar = {"code": _("Code shown by the app")}


class AddWebAuthnForm(WordedForm, webauthn.AddWebAuthnForm):
    words: ClassVar = {
        "name": _("Name of this passkey"),
        "passwordless": _("Sign in with this passkey alone, without a password"),
    }
    hints: ClassVar = {
        "name": _("So that you can recognise it later, for example “Office phone”."),
        "passwordless": _("Your device will ask for a fingerprint, your face or a PIN."),
    }


class EditWebAuthnForm(WordedForm, webauthn.EditWebAuthnForm):
    words: ClassVar = {"name": _("Name of this passkey")}
