"""Icons of the sprite, drawn in the page itself and in the colour of the text around them."""

import re
from functools import lru_cache
from pathlib import Path

from django import template
from django.contrib.staticfiles import finders
from django.template import Context, Template
from django.utils.safestring import SafeString

register = template.Library()

SYMBOL = re.compile(r'<symbol id="([\w-]+)" viewBox="0 0 24 24">(.+?)</symbol>')
DRAWING = '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{}</svg>'


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw one icon of `portal/static/icons.svg`; words beside it say what it means."""
    return drawings()[name]


@lru_cache
def drawings() -> dict[str, SafeString]:
    """Read the sprite once: a page that carries its icons asks for nothing more."""
    sprite = Path(str(finders.find("icons.svg"))).read_text()
    return {
        name: Template(DRAWING.format(lines)).render(Context())
        for name, lines in SYMBOL.findall(sprite)
    }
