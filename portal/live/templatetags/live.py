"""What a page says about where it stands."""

from collections.abc import Hashable

from django import template
from django.template.context import Context
from django.utils.safestring import SafeString

from portal.live.fragments import fragments
from portal.live.models import LiveModel
from portal.live.publish import Addressed

register = template.Library()


@register.simple_tag(takes_context=True)
def live_topic(context: Context, *nouns: Addressed) -> str:
    """Give `thread:81@1204`; `live` in the context are the heads, read before the rows."""
    heads = context["live"]
    return " ".join(f"{noun.topic}@{heads[noun.topic]}" for noun in nouns)


@register.simple_tag
def row(noun: LiveModel, *more: Hashable, partial: str = "", words: object = None) -> SafeString:
    """Show a noun by its one partial, as a push does; `more` is what another partial shows besides.

    Only for partials that are the same for every viewer: they are kept and shown to the next one.
    """
    context = {noun.noun(): noun, "words": words}
    return fragments.html(partial or noun.partial, noun, context, *more)
