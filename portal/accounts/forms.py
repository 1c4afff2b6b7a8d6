"""Forms of people about themselves; allauth imports this module, so it may not import allauth."""

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import ReservedName, User
from portal.accounts.names import sounds_official
from portal.markup import NameField


class PseudonymField(NameField):
    """The name that everybody sees; not one that looks like an office."""

    def __init__(self) -> None:
        super().__init__(
            max_length=60,
            label=_("Pseudonym"),
            help_text=_("Everyone sees this name next to what you write. One word is enough."),
            widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
        )

    def clean(self, value: object) -> str:
        name = str(super().clean(value))
        if sounds_official(name) or ReservedName.objects.looks_like(name):
            raise ValidationError(
                _("This name looks like that of an agency or a moderator. Please choose another.")
            )
        return name


class SignupForm(forms.Form):
    """What signing up asks besides the address and an optional password."""

    pseudonym = PseudonymField()

    field_order = ("email", "pseudonym", "password1")

    def signup(self, request: HttpRequest, user: User) -> None:
        """Nothing more: the adapter stores the pseudonym with the row itself."""


class PersonForm(forms.Form):
    """How a person appears, and in which language and time zone mails speak."""

    ZONES = (
        ("Asia/Jakarta", _("Western Indonesia Time (WIB)")),
        ("Asia/Makassar", _("Central Indonesia Time (WITA)")),
        ("Asia/Jayapura", _("Eastern Indonesia Time (WIT)")),
    )

    pseudonym = PseudonymField()
    language = forms.ChoiceField(
        label=_("Language of emails and pages"), choices=User.Language, widget=forms.RadioSelect
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=ZONES)
