"""P16: bytes and requests of the page of a discussion, cold, as a browser asks for it."""

import gzip
import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import brotli  # type: ignore[import-untyped]

from bench import seed
from bench.cells.plan import Plan
from bench.load.http import Answers, ask_all, get
from bench.site import Server
from bench.verdict import Line, wrong

LINKED = re.compile(r'<(?:script|link|img)\b[^>]*?\b(?:src|href)="([^"]+)"[^>]*>')
IMPORTED = re.compile(r"""(?:\bfrom|\bimport)\s*["']([^"']+)["']""")
ENCODINGS = "Accept-Encoding: br, gzip\r\n"


async def weight(plan: Plan) -> list[Line]:
    """Walk the page as a visitor's browser does, and weigh what comes over the wire."""
    thread = seed.thread(plan.town.consultation, plan.town.officer, "Ringan")
    seed.fill(thread, 1, 60)
    with plan.site.serve() as server:
        page = await fetch(server, thread.get_absolute_url())
        html = text_of(page).decode()
        addresses = [link for link in linked(html) if not link.startswith("data:")]
        outside = [link for link in addresses if urlsplit(link).netloc]
        parts = dict.fromkeys(addresses, b"")
        waiting = list(addresses)
        while waiting:
            address = waiting.pop()
            answer = await fetch(server, address)
            parts[address] = answer.last_body
            script = text_of(answer).decode() if address.endswith(".js") else ""
            for name in IMPORTED.findall(script):
                if (more := urljoin(address, name)) not in parts and name.startswith((".", "/")):
                    parts[more] = b""
                    waiting.append(more)
    if 'name="opinion"' not in html or "<form" not in html:
        return [wrong("P16", "the page", "no form to vote with")]
    return judged(plan, page, parts, outside)


def judged(plan: Plan, page: Answers, parts: dict[str, bytes], outside: list[str]) -> list[Line]:
    """Compare sums with the goals."""
    whole = len(page.last_body) + sum(map(len, parts.values()))
    css = sum(len(body) for address, body in parts.items() if address.endswith(".css"))
    packed = len(gzip.compress(page.last_body)) if b"gzip" not in page.last_head else 0
    shown = {
        "html": f"{len(page.last_body) / 1e3:.1f} kB",
        "html if gzipped": f"{packed / 1e3:.1f} kB",
        "css": f"{css / 1e3:.1f} kB",
        "js": f"{(whole - css - len(page.last_body)) / 1e3:.1f} kB",
    }
    judge = plan.judged
    what = "thread page, cold"
    return [
        judge(Line("P16", f"{what}: kB over the wire", whole / 1e3, 90, columns=shown)),
        judge(Line("P16", f"{what}: kB of CSS", css / 1e3, 18)),
        judge(Line("P16", f"{what}: requests", 1 + len(parts), 12)),
        judge(Line("P16", f"{what}: third parties", len(outside), 0)),
    ]


def linked(html: str) -> Iterator[str]:
    """Give what a browser fetches for the page: scripts, styles, icons; not other pages."""
    for found in LINKED.finditer(html):
        if 'rel="alternate"' not in found[0] and 'rel="next"' not in found[0]:
            yield found[1]


async def fetch(server: Server, address: str) -> Answers:
    """Fetch one part."""
    answers = await ask_all(server.port, [get(address, more=ENCODINGS)])
    if not answers.only(200):
        raise RuntimeError(f"{address}: {answers.statuses}")
    return answers


def text_of(answer: Answers) -> bytes:
    """Unpack a body."""
    head, body = answer.last_head.lower(), answer.last_body
    if b"content-encoding: br" in head:
        return bytes(brotli.decompress(body))
    return gzip.decompress(body) if b"content-encoding: gzip" in head else body
