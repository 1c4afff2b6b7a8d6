"""What every page must be: without barrier, inside its screen, in its language, small."""

import gzip
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Response

from tests.e2e.people import Person

WIDTHS = (360, 1280)
NARROWEST = 320
HEIGHT = 800
ALL_RULES: dict[str, Any] = {"resultTypes": ["violations"]}
COLOURS: dict[str, Any] = {**ALL_RULES, "runOnly": ["color-contrast", "link-in-text-block"]}
"""All that the colour scheme can change."""

RUN_AXE = "options => axe.run(document, options).then(found => found.violations)"
SIDEWAYS = "() => document.documentElement.scrollWidth > innerWidth"


def barriers(page: Page) -> list[str]:
    """Look for what stands in somebody's way, on a phone and a desk, in the light and the dark."""
    found: list[str] = []
    page.evaluate(Axe().axe_script)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        found += violations(page, ALL_RULES, f"{width} light")
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        found += violations(page, COLOURS, f"{width} dark")
        found += sideways(page)
    page.set_viewport_size({"width": NARROWEST, "height": HEIGHT})
    return found + sideways(page)


def violations(page: Page, options: dict[str, Any], where: str) -> list[str]:
    """Let axe look; gives a line per broken rule with the places."""
    return [
        f"{page.url} {where}: {rule['id']} at {[node['html'] for node in rule['nodes']]}"
        for rule in page.evaluate(RUN_AXE, options)
    ]


def sideways(page: Page) -> list[str]:
    """Say whether the page is wider than its screen."""
    return [f"{page.viewport_size} {page.url}: sideways"] if page.evaluate(SIDEWAYS) else []


class Load:
    """What a browser fetches for one page."""

    def __init__(self, person: Person, path: str) -> None:
        self._answers: list[Response] = []
        person.page.on("response", self._answered)
        person.page.goto(path)
        person.page.remove_listener("response", self._answered)

    def _answered(self, answer: Response) -> None:
        self._answers.append(answer)

    @property
    def requests(self) -> int:
        return len(self._answers)

    @property
    def compressed_bytes(self) -> int:
        """Bytes as a proxy sends them."""
        return sum(len(gzip.compress(answer.body())) for answer in self._answers)

    def __str__(self) -> str:
        return " ".join(answer.url.rpartition("/")[2] or "page" for answer in self._answers)
