"""What somebody proposes, and the text of a proposal without the editor."""

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.markup import CleanTextField, NameField
from portal.moderation.models.moderated import SHORTEST_REASON
from proposals.coedit.plain import why_too_much

LONGEST_START = 40_000
LONGEST_TEXT = 400_000
LONGEST_REASON = 500
TOO_SHORT = _("Give a reason of at least 20 characters that everyone can understand.")


class WrittenField(CleanTextField):
    """The text of a proposal, bounded by what parsing it costs."""

    def to_python(self, value: object) -> str:
        text = super().to_python(value)
        if too_much := why_too_much(text):
            raise forms.ValidationError(too_much)
        return text


class SearchForm(forms.Form):
    """What somebody looks for among the proposals; it stands in the address."""

    without_optional = frozenset(("q",))

    q = CleanTextField(
        label=_("Search the proposals"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"type": "search"}),
    )

    @property
    def words(self) -> str:
        return str(self.cleaned_data["q"]) if self.is_valid() else ""


class KeyedForm(forms.Form):
    """A form whose key makes sending it twice harmless."""

    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("key", uuid4())


class ProposalForm(KeyedForm):
    """A proposal to begin with; others may write its text further."""

    title = NameField(
        label=_("Title"), max_length=160, help_text=_("Say in one line what should be done.")
    )
    summary = CleanTextField(
        label=_("Summary"),
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 3, "data-longest": 1_000}),
        help_text=_("Two or three sentences that appear in the list of proposals."),
    )
    text = WrittenField(
        label=_("Text of the proposal"),
        max_length=LONGEST_START,
        widget=forms.Textarea(attrs={"rows": 12, "data-longest": LONGEST_START}),
        help_text=_("You can go on writing it together with others."),
    )


class TextForm(KeyedForm):
    """The whole text in Markdown, on the number at which it was read."""

    text = WrittenField(
        label=_("Text of the proposal"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 24}),
        help_text=_(
            "Separate paragraphs with an empty line. Changes by others in the meantime are kept."
        ),
    )
    base = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class FreezingForm(forms.Form):
    """Why nobody may write for now, or why writing goes on."""

    reason = CleanTextField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        min_length=SHORTEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("At least 20 characters. Everyone can read it."),
        error_messages={"required": TOO_SHORT, "min_length": TOO_SHORT},
    )
