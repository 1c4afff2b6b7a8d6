"""The house rules of templates, styles and lock files; each complaint says a mend."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

Rule = Callable[[str, str], Iterator[str]]

HEADER = re.compile(r"\{#\s.+Context: .+?#\}", re.DOTALL)
SAME = "Same for every viewer"
COMMENT = re.compile(r"\{#.*?#\}|\{% comment .*?endcomment %\}", re.DOTALL)
TRANSLATED = re.compile(r"\{% blocktrans(?:late)?\b.*?\{% endblocktrans(?:late)? %\}", re.DOTALL)
KEYS = re.compile(r"<kbd>[^<]*</kbd>|\bdata-[\w-]+=")
MARKUP = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
TAG = re.compile(r"<!--.*?-->|<[^>]*>", re.DOTALL)
SPOKEN = re.compile(r"""\b(?:aria-label|title|alt|placeholder)=(["'])(.*?)\1""", re.DOTALL)
NAMES = frozenset({"Rembuk", "ID", "EN", "Bahasa Indonesia", "English", "Markdown", "kbd"})
PHYSICAL = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border)-(?:left|right|top|bottom)|text-align:\s*(?:left|right)"
    r"|float:\s*(?:left|right))(?![\w-])"
)
BYTES_OF_STYLE = 18_000


def is_partial(path: str) -> bool:
    return Path(path).name.startswith("_")


def opens_with_its_context(path: str, text: str) -> Iterator[str]:
    if is_partial(path) and not HEADER.match(text):
        yield "open with {# What it is. Context: a, b. #}"


def same_for_every_viewer(path: str, text: str) -> Iterator[str]:
    if is_partial(path) and SAME in text.partition("#}")[0]:
        body = COMMENT.sub("", text)
        found = re.search(
            r"\{[{%][^}]*?(?<![\w.\"'/-])(?:request|user|perms|csrf_token)\b(?!=)", body
        )
        if found:
            mend = "what depends on the viewer goes into a second, lazily fetched partial"
            yield f"{found[0]}: {mend}"


def one_root(path: str, text: str) -> Iterator[str]:
    """What is pushed is one element."""
    if not is_partial(path) or SAME not in text.partition("#}")[0]:
        return
    body = MARKUP.sub("", COMMENT.sub("", text)).strip()
    depth, roots = 0, 0
    for tag in re.findall(r"<(/?[a-z][\w-]*)(?:\s[^>]*?)?(/?)>", body):
        name, closes = tag[0], tag[1]
        if name.startswith("/"):
            depth -= 1
        elif not closes and name not in {"br", "img", "input", "hr", "meta", "link", "wbr"}:
            roots += depth == 0
            depth += 1
    if roots != 1:
        yield "one root element"


def carries_its_address(path: str, text: str) -> Iterator[str]:
    """The element of a noun is found by its id, wherever it is shown."""
    root = re.search(r"<[a-z][^>]*>", COMMENT.sub("", text))
    if not root or not re.search(r'id="\{\{ \w+\.dom_id \}\}"', root[0]):
        yield "the root carries the dom_id"


def includes_say_what_they_need(_path: str, text: str) -> Iterator[str]:
    for tag in re.findall(r"\{% include [^%]*?/_\w+\.html.*?%\}", COMMENT.sub("", text)):
        if not re.search(r"\bonly %\}$", tag):
            yield f"{tag}: pass what the partial needs and end with only"


def nothing_inline(_path: str, text: str) -> Iterator[str]:
    pattern = (
        r"<script(?![^>]*\bsrc=)[^>]*>|<style\b|\sstyle=|\son[a-z]+=|\|\s*safe\b|autoescape off"
    )
    for found in re.findall(pattern, COMMENT.sub("", text)):
        yield f"{found.strip()}: use data-*, a file under static, HtmlField"


def everything_is_translated(_path: str, text: str) -> Iterator[str]:
    bare = KEYS.sub(" ", TRANSLATED.sub(" ", COMMENT.sub(" ", text)))
    bare = MARKUP.sub(" ", bare)
    spoken = [words for _quote, words in SPOKEN.findall(bare)]
    for piece in [*TAG.sub("\n", bare).split("\n"), *spoken]:
        words = re.sub(r"&#?\w+;", " ", piece).strip(
            " \t\n·:\u2013\u2014…-,.()/|+*#=\"'<>0123456789?!"
        )
        if re.search(r"[A-Za-z]{2,}", words) and words not in NAMES:
            yield f"{words[:60]}: put it into translate or blocktranslate"


OF_TEMPLATES: tuple[Rule, ...] = (
    opens_with_its_context,
    same_for_every_viewer,
    one_root,
    includes_say_what_they_need,
    nothing_inline,
    everything_is_translated,
)


def logical_style(_path: str, text: str) -> Iterator[str]:
    for found in PHYSICAL.findall(re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)):
        yield f"{found}: write inline-start or inline-end"


def locked_without_addresses(path: str, text: str) -> Iterator[str]:
    """A version and a hash say what; where it comes from is each machine's own matter."""
    if path.endswith(".json"):
        found = re.findall(r'"resolved": .*|"version": "(?!\d).*', text)
    else:
        found = re.findall(
            r"\S*https?:\S*|^\S+ @ .*|^--?(?:i|index|extra|find)\b.*", text, re.MULTILINE
        )
        pinned = re.findall(r"^[\w.\[\],-]+==\S+", text, re.MULTILINE)
        hashed = re.findall(r"^[\w.\[\],-]+==\S+[^\n]*\\\n\s+--hash=sha256:", text, re.MULTILINE)
        found += [] if pinned and len(pinned) == len(hashed) else ["a line without a hash"]
    for address in found:
        yield f"{address}: lock by version and hash, without addresses"
