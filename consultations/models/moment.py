"""A moment in words: on the server in one zone, in the browser in the reader's own."""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.dateformat import format as date_words
from django.utils.translation import get_language, pgettext


def moment_words(moment: datetime, *, zone: str = "") -> str:
    """Say a moment with its zone: the site's own, or the agency's."""
    return _words(moment, zone or timezone.get_current_timezone_name(), get_language())


@lru_cache(maxsize=4_096)
def _words(moment: datetime, zone: str, _language: str | None) -> str:
    local = timezone.localtime(moment, ZoneInfo(zone))
    pattern = pgettext("pattern of a date with its time", "j F Y, H:i")
    return f"{date_words(local, pattern)} {local.tzname()}"
