"""A text as HTML, Markdown and plain words: own walk, allow-list, everything escaped, then nh3."""

import re
from collections.abc import Iterable
from html import escape

import nh3

from portal.markup import HEADED_TAGS, LINK_REL, SCHEMES
from proposals.coedit.blocks import Node, Run

_TAGS = {
    "paragraph": "p",
    "bulletList": "ul",
    "orderedList": "ol",
    "listItem": "li",
    "blockquote": "blockquote",
    "codeBlock": "pre",
}
_EMPTY = {"hardBreak": "<br>", "horizontalRule": "<hr>"}
_MARKS = {"bold": "strong", "italic": "em", "strike": "s", "code": "code", "underline": "u"}
_ORDER = ("code", "strike", "underline", "italic", "bold")  # from the letters outwards
_BLOCK_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_LINK = re.compile(r"(?:https?://|mailto:)[^\s<>\"]{1,2000}\Z", re.IGNORECASE)
_LOWEST, _HIGHEST = 2, 4  # levels of headings; the page owns the first


def to_html(blocks: Iterable[Node]) -> str:
    """Clean HTML; a block's id becomes its element's id, the first one keeps it."""
    seen: set[str] = set()
    raw = "\n".join(_html(block, seen) for block in blocks)
    return nh3.clean(
        raw,
        tags=HEADED_TAGS | {"u"},
        attributes={"a": {"href"}, "ol": {"start"}, "*": {"id"}},
        url_schemes=SCHEMES - {"tel"},
        link_rel=LINK_REL,
    )


def _html(node: Node, seen: set[str]) -> str:
    if node.tag in _EMPTY:
        return _EMPTY[node.tag]
    inner = "".join(
        _run_html(part) if isinstance(part, Run) else _html(part, seen) for part in node.content
    )
    tag = f"h{heading_level(node)}" if node.tag == "heading" else _TAGS.get(node.tag)
    if tag is None:  # a node of a later schema: its words stay readable
        return inner
    return f"<{tag}{_id(node, seen)}{_start(node)}>{inner}</{tag}>"


def heading_level(node: Node) -> int:
    level = node.attributes.get("level")
    return min(max(level, _LOWEST), _HIGHEST) if isinstance(level, int) else _LOWEST


def _id(node: Node, seen: set[str]) -> str:
    found = node.attributes.get("id")
    if not isinstance(found, str) or found in seen or not _BLOCK_ID.match(found):
        return ""
    seen.add(found)
    return f' id="{element_id(found)}"'


def element_id(block_id: str) -> str:
    """Prefixed, so that no text can take the id of something else on the page."""
    return f"b-{block_id}"


def _start(node: Node) -> str:
    start = node.attributes.get("start")
    is_shown = node.tag == "orderedList" and isinstance(start, int) and start != 1
    return f' start="{start}"' if is_shown else ""


def _run_html(run: Run) -> str:
    html = escape(run.text)
    for mark in _ORDER:
        if mark in run.marks:
            html = f"<{_MARKS[mark]}>{html}</{_MARKS[mark]}>"
    if href := link_of(run):
        html = f'<a href="{escape(href)}">{html}</a>'
    return html


def link_of(run: Run) -> str:
    href = run.marks.get("link", {}).get("href", "")
    return href if is_link(href) else ""


def is_link(href: str) -> bool:
    return _LINK.match(href) is not None


def to_text(blocks: Iterable[Node]) -> str:
    """The words alone, one line per paragraph, heading or item."""
    lines: list[str] = []
    for block in blocks:
        _collect(block, lines)
    return "\n".join(line for line in (line.strip() for line in lines) if line)


def _collect(node: Node, lines: list[str]) -> None:
    line = ""
    for part in node.content:
        if isinstance(part, Run):
            line += part.text
        elif part.tag == "hardBreak":
            line += "\n"
        else:
            lines.append(line)
            line = ""
            _collect(part, lines)
    lines.append(line)
