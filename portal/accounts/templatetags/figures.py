"""Figures and moments as people write them, in the language of the page."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.dateformat import format as date_words
from django.utils.formats import number_format
from django.utils.translation import pgettext

register = template.Library()


@register.filter
def figure(number: int) -> str:
    """Say a large number in groups: 1.204 in Indonesian, 1,204 in English."""
    return str(number) if -1000 < number < 1000 else number_format(number, force_grouping=True)  # noqa: PLR2004


@register.filter
def moment(at: datetime) -> str:
    """Say a day and its time in the zone of the site."""
    pattern = pgettext("pattern of a date with its time", "j F Y, H:i")
    return str(date_words(timezone.localtime(at), pattern))
