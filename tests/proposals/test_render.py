"""What readers get: allow-listed, escaped, the same words."""

import gzip
import json
import re
from html import unescape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proposals.coedit import markdown
from proposals.coedit.blocks import Node, Run, paragraph
from proposals.coedit.crdt import Copy
from proposals.coedit.render import to_html, to_text
from tests.proposals.recordings import DATA

PAYLOADS = [
    *gzip.decompress((DATA / "hostile" / "xss-payload-list.txt.gz").read_bytes())
    .decode(errors="replace").splitlines(),
    *json.loads((DATA / "hostile" / "blns.json").read_text()),
]  # fmt: skip
ALLOWED = re.compile(
    r"</?(?:p|br|hr|strong|em|s|u|code|pre|ul|ol|li|blockquote|h[234]|a)"
    r"(?: (?:id=\"b-[\w-]+\"|start=\"-?\d+\"|href=\"[^\"<>]*\"|rel=\"nofollow ugc noopener\"))*>"
)


def tags_of(html: str) -> list[str]:
    return re.findall(r"<[^>]*>", html)


def test_every_node_and_mark_has_its_element() -> None:
    html = to_html([
        Node("heading", {"level": 2, "id": "a"}, [Run("H")]),
        Node("paragraph", {}, [
            Run("b", {"bold": {}}), Run("i", {"italic": {}}), Run("s", {"strike": {}}),
            Node("hardBreak"), Run("bi", {"bold": {}, "italic": {}}),
        ]),
        Node("bulletList", {}, [Node("listItem", {}, [paragraph("x")])]),
        Node("orderedList", {"start": 4}, [Node("listItem", {}, [paragraph("y")])]),
        Node("blockquote", {}, [paragraph("q")]),
        Node("horizontalRule"),
    ])  # fmt: skip

    assert html.split("\n") == [
        '<h2 id="b-a">H</h2>',
        "<p><strong>b</strong><em>i</em><s>s</s><br><strong><em>bi</em></strong></p>",
        "<ul><li><p>x</p></li></ul>",
        '<ol start="4"><li><p>y</p></li></ol>',
        "<blockquote><p>q</p></blockquote>",
        "<hr>",
    ]


@pytest.mark.parametrize(("level", "tag"), [(1, "h2"), (2, "h2"), (4, "h4"), (99, "h4")])
def test_a_heading_never_outranks_the_page(level: int, tag: str) -> None:
    assert to_html([Node("heading", {"level": level}, [Run("x")])]) == f"<{tag}>x</{tag}>"


def test_a_level_arrives_as_a_float_and_is_a_number() -> None:
    copy = Copy()
    copy.replace([(0, 0, [Node("heading", {"level": 3}, [Run("x")])])])

    assert to_html(copy.blocks()) == "<h3>x</h3>"


def test_the_first_of_two_equal_ids_keeps_it() -> None:
    html = to_html([Node("paragraph", {"id": "a"}), Node("paragraph", {"id": "a"})])

    assert html == '<p id="b-a"></p>\n<p></p>'


@pytest.mark.parametrize("name", ["", "x y", 'x" onclick="y', "é", "a" * 65, "<b>"])
def test_an_odd_id_is_left_out(name: str) -> None:
    assert to_html([Node("paragraph", {"id": name})]) == "<p></p>"


@pytest.mark.parametrize("href", ["https://contoh.id/a?b=1&c=2", "mailto:a@contoh.id"])
def test_a_link_says_what_it_is(href: str) -> None:
    html = to_html([Node("paragraph", {}, [Run("x", {"link": {"href": href}})])])

    shown = href.replace("&", "&amp;")
    assert html == f'<p><a href="{shown}" rel="nofollow ugc noopener">x</a></p>'


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "data:text/html,x", "//contoh.id", "/a", "vbscript:x",
             "java\nscript:x", " https://contoh.id", "https://a\" onclick=\"x"],
)  # fmt: skip
def test_another_address_is_no_link(href: str) -> None:
    assert to_html([Node("paragraph", {}, [Run("x", {"link": {"href": href}})])]) == "<p>x</p>"


def test_an_unknown_node_is_shown_as_its_text() -> None:
    assert to_html([Node("iframe", {"id": "a"}, [Run("<b>kata</b>")])]) == (
        "&lt;b&gt;kata&lt;/b&gt;"
    )


def test_no_payload_becomes_markup() -> None:
    for payload in PAYLOADS:
        html = to_html([
            Node("paragraph", {"id": payload}, [
                Run(payload), Run(payload, {"link": {"href": payload}, payload: {}}),
            ]),
            Node(payload, {"level": payload}, [Run(payload)]),
        ])  # fmt: skip
        assert [tag for tag in tags_of(html) if not ALLOWED.fullmatch(tag)] == [], payload


def test_the_text_for_readers_is_the_text_that_was_typed() -> None:
    for payload in PAYLOADS[:1500]:
        words = " ".join(payload.split())
        html = to_html([Node("paragraph", {}, [Run(words)])])
        assert unescape(re.sub(r"<[^>]*>", "", html)) == unescape_controls(words)


def unescape_controls(words: str) -> str:
    """What an HTML parser itself drops or turns into line ends."""
    return words.replace("\r", "\n").replace("\0", "�")


def test_plain_words_have_a_line_per_block() -> None:
    assert to_text([
        Node("heading", {}, [Run("Judul")]),
        Node("paragraph", {}, [Run("satu"), Node("hardBreak"), Run("dua")]),
        Node("bulletList", {}, [Node("listItem", {}, [paragraph("a")]),
                                Node("listItem", {}, [paragraph("b")])]),
        paragraph(""),
    ]) == "Judul\nsatu\ndua\na\nb"  # fmt: skip


MARKDOWN = """## Judul

Satu **tebal** dan *miring*, ~~dicoret~~, [tautan](<https://contoh.id>).

1. pertama
2. kedua

- a
- b

  - dalam

> kutipan

---

Baris\\
berikut"""


def test_markdown_comes_back_as_it_was() -> None:
    assert markdown.write(markdown.parse(MARKDOWN)) == MARKDOWN


@example("1.204 orang setuju.")
@example("0.0")
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=80))
def test_words_that_look_like_markdown_stay_words(words: str) -> None:
    """Written into a form and read back, a paragraph says the same and settles at once."""
    once = markdown.write(markdown.parse(words))

    assert markdown.write(markdown.parse(once)) == once


def test_a_number_at_the_beginning_of_a_line_shows_no_backslash() -> None:
    [paragraph] = markdown.parse(markdown.write(markdown.parse("1.204 orang setuju.")))

    assert "1.204 orang setuju." in str(paragraph)


def test_html_in_markdown_is_text() -> None:
    html = to_html(markdown.parse("<script>alert(1)</script>\n\n<b>x</b> ![gambar](https://a.id)"))

    assert tags_of(html.replace("<p>", "").replace("</p>", "")) == [
        '<a href="https://a.id" rel="nofollow ugc noopener">', "</a>",
    ]  # fmt: skip
