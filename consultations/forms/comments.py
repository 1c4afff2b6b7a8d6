"""What somebody types into a discussion."""

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from consultations.models.comment import LONGEST
from portal.markup import CleanTextField


class CommentForm(forms.Form):
    """A comment or a reply; the key makes sending it twice harmless."""

    body = CleanTextField(
        label=_("Your comment"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 5, "data-longest": LONGEST}),
        error_messages={"required": _("Write something first.")},
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, place: str, label: Any = None, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"{place}-%s")
        super().__init__(*args, **kwargs)
        self.dom_id = place
        self.initial.setdefault("key", uuid4())
        self.fields["body"].widget.attrs |= {"data-draft": place, "data-typing": ""}
        if label:
            self.fields["body"].label = label


class EditForm(forms.Form):
    """One's own words, again."""

    body = CleanTextField(
        label=_("Your comment"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6, "data-longest": LONGEST}),
        error_messages={"required": _("Write something first.")},
    )

    def __init__(self, *args: Any, place: str, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"{place}-%s")
        super().__init__(*args, **kwargs)
        self.dom_id = place
