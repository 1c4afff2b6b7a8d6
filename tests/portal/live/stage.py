"""A page with the real scripts in Chromium, and a socket and answers that a test plays itself."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from shutil import which
from typing import Any

from playwright.async_api import Page, Route, WebSocketRoute, async_playwright

ROOT = Path(__file__).resolve().parents[3]
SITE = "http://rembuk.test"
TOPIC = "thread:81"
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"
STATES = ("live", "slow", "connecting", "retry", "offline", "stopped", "behind")
WORDS = " ".join(f'data-word-{state}="{state}"' for state in STATES)
PAGE = """<!DOCTYPE html><html lang="id"><title>Uji</title>
<body data-user="44" data-participant="7">
<p hidden data-live-chip {words} data-word-new="{{n}} baru" data-say-new="{{n}} hal baru"
 data-word-typing="{{n}} orang mengetik" data-word-here="{{n}} orang di sini"
 data-say-lost="terputus" data-say-back="tersambung" data-say-not-sent="belum terkirim"
 ><span data-live-chip-word></span></p>
<main data-live="{live}" data-lang="id">
<section id="room" data-live-region="/room/"><ol id="list" {list}>{items}</ol></section>
<p id="typing" data-live-typing="{topic}"></p>
<form id="form"><textarea id="words" data-typing></textarea></form>
</main><p id="line" data-live-line aria-live="polite"></p>
<script type="module" src="/static/live/live.js"></script></body></html>"""
KINDS = {".js": "text/javascript", ".css": "text/css"}

Answer = Callable[[Route], Any]


def item(number: int, text: str, attributes: str = "") -> str:
    """Draw one comment."""
    return f'<li id="comment-{number}" {attributes}><p>{text}</p></li>'


class Stage:
    """The page, what its socket says, and what its region answers."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.number = 4
        self.items = [item(1, "satu"), item(2, "dua")]
        self.list = self.topics = ""
        self.sockets: list[WebSocketRoute] = []
        self.heard: list[dict[str, Any]] = []
        self.is_answering = True
        self.greeting: dict[str, Any] = {"here": 1}
        self.asked = 0
        self.region: Answer = self.draw
        self.complaints: list[str] = []

    async def open(self) -> Page:
        """Load it, with its socket open."""
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await self.page.route("**/*", self._answer)
        await self.page.route_web_socket("**/live/**", self._connected)
        await self.page.goto(f"{SITE}/")
        await self.page.locator("[data-live-chip][data-state=live]").wait_for()
        return self.page

    def _connected(self, socket: WebSocketRoute) -> None:
        self.sockets.append(socket)
        socket.on_message(lambda text: self.heard.append(json.loads(text)))
        if self.is_answering:
            socket.send(json.dumps({"t": TOPIC, **self.greeting}))

    async def _answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(SITE).partition("?")[0]
        if path.startswith("/static/"):
            await serve(route, path.removeprefix("/static/"))
        elif path == "/room/":
            self.asked += 1
            await self.region(route)
        else:
            await self.draw(route)

    def html(self) -> str:
        """Draw the page as the database has it now."""
        return PAGE.format(
            words=WORDS,
            topic=TOPIC,
            live=f"{TOPIC}@{self.number}{self.topics}",
            items="".join(self.items),
            list=self.list,
        )

    async def draw(self, route: Route) -> None:
        """Answer at once."""
        await fulfill(route, self.html())

    def push(self, *, topic: str = TOPIC, **frame: Any) -> None:
        """Say something on the newest socket."""
        self.sockets[-1].send(json.dumps({"t": topic, **frame}))

    def word(self, number: int, text: str, *, into: str = "", when: int = 0, **other: Any) -> None:
        """Push one word about comment 9."""
        age = {"comment-9": [number, when or number]}
        put = [["comment-9", into, item(9, text)]]
        self.push(s=[number], put=put, age=age, **other)


async def fulfill(route: Route, html: str, *, status: int = 200, **headers: str) -> None:
    """Answer with a page under the site's policy."""
    told = {"Content-Security-Policy": POLICY, "Content-Type": "text/html; charset=utf-8"}
    await route.fulfill(status=status, body=html, headers=told | headers)


async def serve(route: Route, name: str) -> None:
    """Answer with a file of the site."""
    for folder in ("portal/live/static", "portal/static"):
        file = ROOT / folder / name
        if file.is_file():
            kind = KINDS.get(file.suffix, "application/octet-stream")
            await route.fulfill(body=file.read_bytes(), headers={"Content-Type": kind})
            return
    await route.fulfill(status=404)


@asynccontextmanager
async def on_stage() -> AsyncIterator[Stage]:
    """Open a browser for one story."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=which("chromium"), args=["--no-sandbox"]
        )
        page = await browser.new_page(viewport={"width": 800, "height": 600})
        stage = Stage(page)
        yield stage
        assert stage.complaints == []
        await browser.close()


async def until(check: Callable[[], bool], *, seconds: float = 5.0) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(seconds):
        while not check():  # noqa: ASYNC110  the browser changes it
            await asyncio.sleep(0.02)
