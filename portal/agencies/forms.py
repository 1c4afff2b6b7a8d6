"""Forms of agencies: what they say about themselves, whom they invite."""

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.agencies.models import Member
from portal.markup import CleanTextField, NameField

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
ZONES = (("Asia/Jakarta", "WIB"), ("Asia/Makassar", "WITA"), ("Asia/Jayapura", "WIT"))


class AgencyForm(forms.Form):
    """What an agency says about itself."""

    about = CleanTextField(
        label=_("About the agency"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    contact = CleanTextField(
        label=_("Contact"),
        help_text=_("An email, a telephone number or a counter that citizens can turn to."),
        max_length=200,
        required=False,
    )


class KeyedForm(forms.Form):
    """A form that makes something once, however often it is sent."""

    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("key", uuid4())


class NewAgencyForm(KeyedForm):
    """A public body that will ask the public here, and its first owner."""

    name = NameField(label=_("Name of the agency"), max_length=160)
    slug = forms.RegexField(
        SLUG,
        label=_("Address"),
        help_text=_("Lower-case letters, digits and hyphens. It cannot be changed later."),
        max_length=80,
        error_messages={
            "invalid": _("Use only small letters, digits and single hyphens, as in dinas-contoh.")
        },
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=ZONES)
    owner = forms.EmailField(
        label=_("Email of its first owner"),
        help_text=_("The owner is invited and then invites officers and moderators."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )


class InvitationForm(KeyedForm):
    """Whom to invite into which role."""

    email = forms.EmailField(
        label=_("Email"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label=_("Role"), choices=Member.Role, widget=forms.RadioSelect)
