"""What an officer asks in a new discussion."""

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.markup import NameField


class ThreadForm(forms.Form):
    """One question or subject to discuss."""

    subject = NameField(
        label=_("Subject or question"),
        max_length=200,
        help_text=_("One subject per discussion, preferably a question."),
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("key", uuid4())
