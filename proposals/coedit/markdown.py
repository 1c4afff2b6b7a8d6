"""The Markdown of a text, for the form that works without JavaScript: blocks there and back."""

import re
from collections.abc import Iterable, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from proposals.coedit.blocks import Node, Run, paragraph
from proposals.coedit.bounds import Excess, TooMuch, refuse_too_much
from proposals.coedit.render import heading_level, is_link, link_of

Marks = dict[str, dict[str, str]]

_PARSER = MarkdownIt("commonmark", {"html": False}).enable("strikethrough")
_PARSER.disable(["image", "html_block", "html_inline", "reference", "code"])
_SPECIAL = re.compile(r"([\\`*_~\[\]<>#])")
_LINE_START = re.compile(r"^(\s*)(?:([-+=])|(\d+)([.)]))", re.MULTILINE)
_NODES = {
    "paragraph_open": "paragraph",
    "heading_open": "heading",
    "bullet_list_open": "bulletList",
    "ordered_list_open": "orderedList",
    "list_item_open": "listItem",
    "blockquote_open": "blockquote",
}
_MARKS = {"strong": "bold", "em": "italic", "s": "strike"}
_SIGNS = (("code", "`"), ("strike", "~~"), ("italic", "*"), ("bold", "**"))
_LOWEST, _HIGHEST = 2, 4
_CONTAINERS = frozenset({"list_item_open", "blockquote_open"})
_DEEPEST = 19  # levels of containers; the parser leaves out what stands deeper


def parse(text: str) -> list[Node]:
    """Blocks of a Markdown text; an empty one is one empty paragraph. Raises `TooMuch`."""
    refuse_too_much(text)
    top = Node("")
    open_nodes = [top]
    for token in _PARSER.parse(text):
        if token.type in _CONTAINERS and token.level >= _DEEPEST:
            raise TooMuch(Excess.NESTING)
        if token.type in _NODES:
            node = Node(_NODES[token.type], _attributes(token))
            open_nodes[-1].content.append(node)
            open_nodes.append(node)
        elif token.nesting < 0:
            open_nodes.pop()
        else:
            open_nodes[-1].content += _leaf(token)
    return [part for part in top.content if isinstance(part, Node)] or [paragraph("")]


def _attributes(token: Token) -> dict[str, str | int]:
    if token.type == "heading_open":
        return {"level": min(max(int(token.tag[1:]), _LOWEST), _HIGHEST)}
    start = token.attrGet("start")
    return {"start": start} if isinstance(start, int) else {}


def _leaf(token: Token) -> list[Node | Run]:
    if token.type == "hr":
        return [Node("horizontalRule")]
    if token.type == "fence":
        return [paragraph(line) for line in token.content.splitlines() if line]
    return _joined(_inline(token.children or []))


def _joined(parts: Iterable[Node | Run]) -> list[Node | Run]:
    """Runs with the same marks are one: a line break inside a paragraph makes no new one."""
    joined: list[Node | Run] = []
    pieces: list[str] = []
    for part in parts:
        last = joined[-1] if joined else None
        if isinstance(part, Run) and isinstance(last, Run) and part.marks == last.marks:
            pieces.append(part.text)
            continue
        _close(joined, pieces)
        joined.append(part)
    _close(joined, pieces)
    return joined


def _close(joined: list[Node | Run], pieces: list[str]) -> None:
    last = joined[-1] if joined else None
    if pieces and isinstance(last, Run):
        joined[-1] = Run("".join((last.text, *pieces)), last.marks)
        pieces.clear()


def _inline(tokens: Sequence[Token]) -> Iterable[Node | Run]:
    marks: Marks = {}
    for token in tokens:
        if token.type == "hardbreak":
            yield Node("hardBreak")
        elif token.nesting:
            _turn(marks, token)
        elif token.type == "code_inline":
            yield Run(token.content, {**marks, "code": {}})
        elif text := " " if token.type == "softbreak" else token.content:
            yield Run(text, dict(marks))


def _turn(marks: Marks, token: Token) -> None:
    """A mark begins or ends; the parser nests them properly."""
    name = token.type.rpartition("_")[0]
    mark = _MARKS.get(name, name)
    if token.nesting < 0:
        marks.pop(mark, None)
    elif name == "link":
        if is_link(href := str(token.attrGet("href") or "")):
            marks["link"] = {"href": href}
    else:
        marks[mark] = {}


def write(blocks: Iterable[Node]) -> str:
    """Markdown of blocks, a blank line between them."""
    return "\n\n".join(text for text in map(_block, blocks) if text)


def _block(node: Node) -> str:
    if node.tag == "horizontalRule":
        return "---"
    if node.tag in {"bulletList", "orderedList"}:
        return _list(node)
    inline = _line(part for part in node.content if _is_inline(part))
    inner = write(part for part in node.content if isinstance(part, Node) and not _is_inline(part))
    both = "\n\n".join(part for part in (inline, inner) if part)
    if node.tag == "heading":
        return "#" * heading_level(node) + " " + both.replace("\\\n", " ")
    return _prefixed(both, "> ", "> ") if node.tag == "blockquote" else both


def _is_inline(part: Node | Run) -> bool:
    return isinstance(part, Run) or part.tag == "hardBreak"


def _list(node: Node) -> str:
    start = node.attributes.get("start", 1)
    first = start if isinstance(start, int) else 1
    is_numbered = node.tag == "orderedList"
    items = [part for part in node.content if isinstance(part, Node)]
    signs = [f"{first + index}. " if is_numbered else "- " for index in range(len(items))]
    return "\n".join(
        _prefixed(write([item]) if item.tag != "listItem" else write_inside(item), sign)
        for item, sign in zip(items, signs, strict=True)
    )


def write_inside(node: Node) -> str:
    inline = _line(part for part in node.content if _is_inline(part))
    blocks = [part for part in node.content if isinstance(part, Node) and not _is_inline(part)]
    return "\n\n".join(part for part in (inline, write(blocks)) if part)


def _prefixed(text: str, first: str, others: str | None = None) -> str:
    rest = " " * len(first) if others is None else others
    lines = text.split("\n")
    return "\n".join([first + lines[0], *((rest + line).rstrip() for line in lines[1:])])


def _line(parts: Iterable[Node | Run]) -> str:
    text = "".join(_run(part) if isinstance(part, Run) else "\\\n" for part in parts)
    return _LINE_START.sub(r"\1\3\\\2\4", text.strip())


def _run(run: Run) -> str:
    words = run.text.strip()
    if not words:
        return run.text
    lead, trail = (
        run.text[: len(run.text) - len(run.text.lstrip())],
        run.text[len(run.text.rstrip()) :],
    )
    text = words.replace("`", "") if "code" in run.marks else _SPECIAL.sub(r"\\\1", words)
    for mark, sign in _SIGNS:
        if mark in run.marks:
            text = f"{sign}{text}{sign}"
    if href := link_of(run):
        text = f"[{text}](<{href}>)"
    return f"{lead}{text}{trail}"
