"""One press of agree, disagree or pass."""

import re
from typing import NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_PRESS = re.compile(r"([0-9]{1,18}):(-1|0|1)")


class Press(NamedTuple):
    """The comment a button stands under, and what it says."""

    comment: int
    value: int


class PressField(forms.CharField):
    """A button's value: `17:1`, `17:0` or `17:-1`."""

    def clean(self, value: object) -> Press:
        found = _PRESS.fullmatch(str(value or ""))
        if found is None:
            raise ValidationError(_("Choose agree, disagree or pass."))
        return Press(int(found[1]), int(found[2]))


class OpinionForm(forms.Form):
    """What is sent by the one form around the list of comments."""

    opinion = PressField()


class RetractionForm(forms.Form):
    """Which opinion is taken back."""

    comment = forms.IntegerField(min_value=1, max_value=10**18)
