"""Forms of agencies: what they say about themselves, whom they invite."""

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.agencies.models import Member
from portal.markup import CleanTextField, NameField

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


class NewAgencyForm(forms.Form):
    """A public body that will ask the public here, and its first owner."""

    name = NameField(label=_("Name of the agency"), max_length=160)
    slug = forms.SlugField(
        label=_("Address"),
        help_text=_("Lower-case letters, digits and hyphens. It cannot be changed later."),
        max_length=80,
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=ZONES)
    owner = forms.EmailField(
        label=_("Email of its first owner"),
        help_text=_("The owner is invited and then invites officers and moderators."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )


class InvitationForm(forms.Form):
    """Whom to invite into which role."""

    email = forms.EmailField(
        label=_("Email"),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(label=_("Role"), choices=Member.Role, widget=forms.RadioSelect)
