"""What the site promises today; a promise without its test is not made.

The numbers are those of the twelve promises that the site grows towards: holes are promises that
nothing proves yet. `tests/promises/test_NN_*.py` proves number NN, `bin/test --promises` runs all.
"""

from typing import NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise as Words
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from portal.http import HtmxRequest, rights


class Promise(NamedTuple):
    """One sentence that holds, what it means, how far it goes, and the test that proves it."""

    number: int
    name: Words
    text: Words
    proof: Words
    test: str

    @property
    def command(self) -> str:
        """What runs the proof, from the project's folder."""
        return f"bin/test {self.test}"


PROMISES = (
    Promise(
        1,
        _("Everyone counts once"),
        _(
            "An account has one opinion on a comment and one support for a proposal, "
            "and may change them until the phase closes. "
            "The database itself refuses a second one."
        ),
        _("Twenty presses at the same moment, on two servers, are counted once."),
        "tests/promises/test_01_counted_once.py",
    ),
    Promise(
        2,
        _("What we confirmed, we keep"),
        _(
            "We say that your words are saved only once they are on disk. A server that dies a "
            "moment later loses none of them, and sending the same words again does not double "
            "them."
        ),
        _(
            "A server is killed while people write: "
            "nothing confirmed is missing, nothing is doubled."
        ),
        "tests/promises/test_02_kept.py",
    ),
    Promise(
        3,
        _("Nobody sees which opinion is yours"),
        _(
            "Others see how many agree, not who. No page shows it, not even to the agency and "
            "its moderators. Whoever runs the database technically could look it up."
        ),
        _("Two people trade opinions: every page, for every kind of reader, stays the same."),
        "tests/promises/test_03_unseen.py",
    ),
    Promise(
        6,
        _("Nothing you write vanishes silently"),
        _(
            "A moderator who hides a text names the rule and the reason. "
            "Its place stays visible to everyone, and you are told why. "
            "The record of decisions cannot be changed afterwards."
        ),
        _("A text is hidden: its place, the rule, the reason and the notice are all there."),
        "tests/promises/test_06_not_silently.py",
    ),
    Promise(
        11,
        _("It works for everyone"),
        _(
            "You can read, comment and give your opinion with a keyboard only, on a narrow phone, "
            "and in a browser that runs no scripts."
        ),
        _("The whole path works with the keyboard alone, 320 pixels wide, without scripts."),
        "tests/promises/test_11_for_everyone.py",
    ),
)


@rights(read="everyone")
@require_safe
def show(request: HtmxRequest) -> HttpResponse:
    """List the promises that hold."""
    return render(request, "doors/promises/show.html", {"promises": PROMISES})
