"""A moment in words: on the server in one zone, in the browser in the reader's own."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.dateformat import format as date_words
from django.utils.translation import pgettext


def moment_words(moment: datetime, *, zone: str = "") -> str:
    """Say a moment with its zone: the site's own, or the agency's."""
    local = timezone.localtime(moment, ZoneInfo(zone) if zone else None)
    pattern = pgettext("pattern of a date with its time", "j F Y, H.i")
    return f"{date_words(local, pattern)} {local.tzname()}"
