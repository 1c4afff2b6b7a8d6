"""What people type becomes safe HTML once, when it is written."""

import html
import re
from typing import Any
from unicodedata import combining, normalize

import nh3
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from markdown_it import MarkdownIt

TAGS = {"p", "br", "strong", "em", "s", "a", "ul", "ol", "li", "blockquote", "code", "pre", "hr"}
HEADED_TAGS = TAGS | {"h2", "h3", "h4"}
SCHEMES = {"http", "https", "mailto", "tel"}
LINK_REL = "nofollow ugc noopener"

_INLINE_RULES = ["emphasis", "link", "autolink", "backticks", "newline", "escape", "entity"]
_BLOCK_RULES = ["blockquote", "list", "fence", "hr"]


def _parser(*, headings: bool) -> MarkdownIt:
    parser = MarkdownIt(
        "zero", {"html": False, "linkify": True, "breaks": True, "typographer": False}
    )
    parser.enable([*_INLINE_RULES, "strikethrough", "linkify", *_BLOCK_RULES])
    if headings:
        parser.enable(["heading", "lheading"])
    return parser


_COMMENT_PARSER = _parser(headings=False)
_PAGE_PARSER = _parser(headings=True)


def to_html(text: str, *, headings: bool = False) -> str:
    """Turn the Markdown subset into clean HTML; `headings` keeps levels 2 to 4 (1 becomes 2)."""
    parser = _PAGE_PARSER if headings else _COMMENT_PARSER
    rendered = parser.render(text)
    if headings:
        rendered = re.sub(r"<(/?)h1>", r"<\1h2>", rendered)
    return clean(rendered, tags=HEADED_TAGS if headings else TAGS)


def clean(markup: str, *, tags: set[str] = HEADED_TAGS) -> str:
    """Keep the allow-list only: tags, link schemes, no attributes but `href` and block ids."""
    return nh3.clean(
        markup,
        tags=tags,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes=SCHEMES,
        link_rel=LINK_REL,
    )


def to_text(markup: str) -> str:
    """Strip the tags of clean HTML: one line of words for excerpts, mails and search."""
    spaced = re.sub(r"<[^>]{0,2000}>", " ", markup)
    return " ".join(html.unescape(spaced).split())


class HtmlField(models.TextField):  # type: ignore[type-arg]
    """HTML that went through this module; templates print it as it is."""

    def from_db_value(self, value: str | None, *_: Any) -> SafeString | None:
        return None if value is None else mark_safe(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> SafeString:  # noqa: FBT001
        value = mark_safe(getattr(model_instance, self.attname) or "")
        setattr(model_instance, self.attname, value)
        return value


HIGHEST_PILE = 4
"""Signs on one letter: no script of ours, and no Vietnamese or Hebrew, needs more."""

_CONTROLS = re.compile("[\x00\ud800-\udfff]")
_INVISIBLE = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\x01-\x1f\x7f-\x9f]")


class CleanTextField(forms.CharField):
    """A text of a person: bounded first, kept as typed; what cannot be stored is refused."""

    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        kwargs.setdefault("strip", True)
        super().__init__(max_length=max_length, **kwargs)

    def to_python(self, value: object) -> str:
        text = str(value or "")
        if self.max_length and len(text) > 4 * self.max_length + 1000:
            raise ValidationError(_("This text is far too long."))
        if _CONTROLS.search(text):
            raise ValidationError(_("This text contains characters that cannot be stored."))
        return str(super().to_python(text.replace("\r\n", "\n")))


class NameField(CleanTextField):
    """A name or title: one line, normalised (NFC), without invisible or turning characters."""

    def to_python(self, value: object) -> str:
        text = normalize("NFC", " ".join(super().to_python(value).split()))
        if _INVISIBLE.search(text) or _is_piled(text):
            raise ValidationError(
                _("This name contains invisible characters. Please type it again.")
            )
        return text


def _is_piled(text: str) -> bool:
    """Say whether signs are piled above a letter until they cover other lines."""
    height = 0
    for letter in text:
        height = height + 1 if combining(letter) else 0
        if height > HIGHEST_PILE:
            return True
    return False
