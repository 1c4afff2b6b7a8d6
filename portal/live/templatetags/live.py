"""What a page says about where it stands."""

from django import template
from django.template.context import Context

from portal.live.publish import Addressed

register = template.Library()


@register.simple_tag(takes_context=True)
def live_topic(context: Context, *nouns: Addressed) -> str:
    """Give `thread:81@1204`; `live` in the context are the heads, read before the rows."""
    heads = context["live"]
    return " ".join(f"{noun.topic}@{heads[noun.topic]}" for noun in nouns)
