"""The labels and addresses of rows: asked once per page and language, not once per row."""

from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _now
from django.utils.translation import pgettext


def consultation_words() -> dict[str, str]:
    """Every label of a consultation's card, asked once per page and language."""
    return {
        "at": reverse("consultations:show", args=["-"]).removesuffix("-/"),
        "draft": _now("draft, not public"),
        "imported": _now("imported from"),
        "participants": _now("participants"),
    }


def thread_words() -> dict[str, str]:
    """Every label of a discussion in a list, asked once per page and language."""
    return {
        "at": reverse("consultations:thread", args=[0]).removesuffix("0/"),
        "comments": _now("comments"),
    }


def comment_words() -> dict[str, str]:
    """Every label and address of a comment, asked once per page instead of once per row."""
    words = {
        "at": reverse("consultations:comment", args=[0]).removesuffix("0/"),
        "moderated_at": reverse("moderation:hiding", args=["comment", 0]).removesuffix("0/hiding/"),
        "agree": pgettext("opinion", "Agree"),
        "disagree": pgettext("opinion", "Disagree"),
        "pass": pgettext("opinion", "Pass"),
        "reply": pgettext("verb", "Reply"),
        "edit": pgettext("verb", "Edit"),
        "hide": pgettext("verb", "Hide"),
        "restore": pgettext("verb", "Restore"),
        "edited": _now("edited, see the history"),
        "reply_to": _now("Reply, level"),
        "opinions": _now("Your opinion of this comment"),
        "held": _now("Waiting for review"),
        "number": _now("Comment"),
        "take_back": _now("Withdraw the opinion"),
        "taken_back": _now("Opinion withdrawn."),
    }
    return {name: escape(word) for name, word in words.items()}
