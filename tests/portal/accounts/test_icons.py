import re
from pathlib import Path

import pytest
from django.template import Context, Template

from portal.accounts.templatetags.icons import drawings

ROOT = Path(__file__).resolve().parents[3]


def used_icons() -> set[str]:
    pages = (ROOT / "templates").rglob("*.html")
    return {
        name for page in pages for name in re.findall(r'{% icon "([\w-]+)" %}', page.read_text())
    }


def test_an_icon_is_drawn_in_the_page_and_silent_for_screen_readers() -> None:
    drawn = Template('{% load icons %}{% icon "reply" %}').render(Context())

    assert 'aria-hidden="true"' in drawn
    assert "M10 6 4 12l6 6" in drawn


@pytest.mark.parametrize("name", sorted(used_icons()))
def test_every_icon_that_a_page_asks_for_is_in_the_sprite(name: str) -> None:
    assert name in drawings()
