"""People at their browsers: each on a process of the site, with all that the browser minds."""

import json
import re
from collections.abc import Callable
from statistics import median
from time import time
from typing import Self

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from portal.accounts.models import User
from tests.processes import HasPort

PATIENCE = 20_000
"""Milliseconds that a busy machine may take for anything."""

PILL = "[data-live-pill]:not([hidden])"
EDITOR = "[data-editor-surface] .ProseMirror"

REFUSED = re.compile(r"the server responded with a status of (409|422)")
"""What Chromium calls an error and the site calls an answer."""


class Person:
    """Somebody with an open page."""

    def __init__(
        self, browser: Browser, server: HasPort, user: User | None, **room: object
    ) -> None:
        self.name = user.pseudonym if user else "visitor"
        self.has_scripts = room.get("java_script_enabled", True)
        self.site = f"http://localhost:{server.port}"
        self.complaints: list[str] = []
        self.context: BrowserContext = browser.new_context(
            base_url=self.site,
            locale="id-ID",
            **room,  # type: ignore[arg-type]
        )
        self.context.set_default_timeout(PATIENCE)
        if user is not None:
            self.context.add_cookies([login_cookie(user, self.site)])  # type: ignore[list-item]
        self.page = self.context.new_page()
        self._listen(self.page)

    def _listen(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("request", lambda request: self._requested(request.url))

    def _console(self, said: ConsoleMessage) -> None:
        is_the_page = said.location.get("url") == self.page.url and "status of 404" in said.text
        if said.type in {"error", "warning"} and not (is_the_page or REFUSED.search(said.text)):
            self.complaints.append(f"{self.page.url}: {said.text}")

    def _requested(self, address: str) -> None:
        if not address.startswith((self.site, "data:", "blob:")):
            self.complaints.append(f"{self.page.url} asked {address}")
        if address.endswith("/csp/"):
            self.complaints.append(f"{self.page.url}: the content policy was broken")

    def goes_to(self, path: str) -> Self:
        """Open a page; where it listens, wait until it hears."""
        self.page.goto(path)
        if self.page.locator("main[data-live]").count() and self.has_scripts:
            self.hears()
        return self

    def hears(self) -> None:
        """Wait until the connection is live."""
        chip = self.page.locator("[data-live-chip]")
        expect(chip).to_have_attribute("data-state", "live", timeout=PATIENCE)

    def sees(self, what: str | Locator, text: str | re.Pattern[str] = "") -> None:
        """Wait until it is on the page."""
        place = self.page.locator(what) if isinstance(what, str) else what
        if text:
            expect(place).to_contain_text(text, timeout=PATIENCE)
        else:
            expect(place).to_be_visible(timeout=PATIENCE)

    def finds(self, words: str, item: str = ".comment") -> None:
        """Wait until an item is there, or waits behind the pill: then ask for it."""
        comment = self.page.locator(item, has_text=words)
        pill = self.page.locator(PILL)
        expect(comment.or_(pill).first).to_be_visible(timeout=PATIENCE)
        if pill.count():
            pill.click()
        expect(comment).to_be_visible(timeout=PATIENCE)

    def leaves(self) -> None:
        """Close the browser."""
        self.context.close()


def login_cookie(user: User, site: str) -> dict[str, object]:
    """Sign somebody in without the form; gives the cookie of the login session."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return {
        "name": settings.SESSION_COOKIE_NAME,
        "value": session.session_key,
        "url": site.replace("http:", "https:"),
        "secure": settings.SESSION_COOKIE_SECURE,
        "httpOnly": True,
        "sameSite": "Lax",
    }


class Stopwatch:
    """How long it takes from an act to what others see, told by their own browsers."""

    def __init__(self) -> None:
        self.taken: dict[str, list[float]] = {}

    def time(self, what: str, act: Callable[[], object], *watchers: "Watcher") -> None:
        """Act, then wait until everybody has seen it; each of them is one reading."""
        for watcher in watchers:
            watcher.arm()
        start = time() * 1000
        act()
        self.taken[what] = [watcher.seen_at() - start for watcher in watchers]

    def __str__(self) -> str:
        return json.dumps({what: round(median(times)) for what, times in self.taken.items()})


class Watcher:
    """Somebody who waits for words to appear in one of several places of a page."""

    def __init__(self, person: Person, *places: str, words: str = "") -> None:
        self._page = person.page
        self._places = ", ".join(places)
        self._words = words

    def arm(self) -> None:
        """Look at every change of the page from now on."""
        self._page.evaluate(LOOK, [self._places, self._words, PATIENCE])

    def seen_at(self) -> float:
        """Wait for it; gives the moment in milliseconds."""
        seen = float(self._page.evaluate("() => window.seen"))
        assert seen, f"{self._page.url}: {self._words!r} was not seen in {self._places}"
        return seen


LOOK = """([places, words, patience]) => {
  const isThere = () => [...document.querySelectorAll(places)].some(
    (place) => place.matches("[data-live-pill]") || place.textContent.includes(words));
  window.seen = new Promise((tell) => {
    const look = new MutationObserver(() => isThere() && end(Date.now()));
    const end = (moment) => { look.disconnect(); tell(moment); };
    const all = { subtree: true, childList: true, characterData: true, attributes: true };
    look.observe(document.documentElement, all);
    if (isThere()) end(Date.now());
    setTimeout(() => end(0), patience);
  });
}"""
"""No waiting by polling: it would be slower than what it measures."""
