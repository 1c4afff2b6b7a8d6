"""Why something is taken down, and why it comes back."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.markup import CleanTextField
from portal.moderation.models import Moderated, Rule
from portal.moderation.models.moderated import SHORTEST_REASON

LONGEST_REASON = 1000
TOO_SHORT = _("Give a reason of at least 20 characters that the author can understand.")


class ReasonForm(forms.Form):
    """A reason that the author and everybody else will read."""

    reason = CleanTextField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        min_length=SHORTEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "At least 20 characters. Everyone can read it. "
            "Say what is wrong with the text, not with the person."
        ),
        error_messages={"required": TOO_SHORT, "min_length": TOO_SHORT},
    )

    def __init__(self, data: Any = None, *, item: Moderated) -> None:
        super().__init__(data, auto_id=f"decision-{item.dom_id}-%s")
        self.dom_id = f"decision-{item.dom_id}"


class RestoringForm(ReasonForm):
    """Why it comes back."""

    method = "delete"


class HidingForm(ReasonForm):
    """Which house rule it breaks, and how."""

    method = "post"

    rule = forms.ModelChoiceField(
        label=_("House rule"),
        queryset=Rule.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": _("Choose the rule that was broken.")},
    )
    field_order = ("rule", "reason")

    def __init__(self, data: Any = None, *, item: Moderated) -> None:
        super().__init__(data, item=item)
        self.fields["rule"].queryset = item.rules()  # type: ignore[attr-defined]
