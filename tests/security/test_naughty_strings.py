"""Strings that break programs: kept exactly or refused with a sentence, in every field."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django import forms
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import Client

from consultations.models import Comment, Thread
from portal.accounts.forms import PseudonymField
from portal.accounts.models import User
from portal.markup import CleanTextField, NameField, to_html
from tests.matrix import Town, clients, town
from tests.security.pages import forms_seen_by

__all__ = ["town"]

HOSTILE = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "hostile"
NAUGHTY: list[str] = json.loads((HOSTILE / "blns.json").read_text())
LISTS: dict[str, list[str]] = json.loads((HOSTILE / "portal-hostile-strings.json").read_text())
NAMES = LISTS["unicode_names"]
STRINGS = [*NAUGHTY, *LISTS["csv_formula"], *NAMES, "\ud800", "a\udfffb", "\x00", "x" * 20_000]
OURS = ("portal.", "consultations.", "proposals.")
LINKED = re.compile(r'<a href="([^"]*)"')
SURROGATES = re.compile("[\ud800-\udfff]")
PER_COMMENT = 20
PER_FORM = 6

pytestmark = pytest.mark.django_db


def form_classes(above: type[Any] = forms.BaseForm) -> Iterator[type[Any]]:
    below: type[Any]
    for below in above.__subclasses__():
        if below.__module__.startswith(OURS):
            yield below
        yield from form_classes(below)


def test_the_list_is_whole() -> None:
    assert len(NAUGHTY) == 515


def test_every_text_field_keeps_each_string_or_says_why_not() -> None:
    fields = {
        (made.__module__, made.__name__, name): each
        for made in form_classes()
        for name, each in made.base_fields.items()
        if isinstance(each, forms.CharField)
    }
    assert len(fields) > 20

    unsafe = set()
    for name, each in fields.items():
        for text in STRINGS:
            try:
                value = each.clean(text)
            except ValidationError:
                continue
            if not is_storable(str(value)):
                unsafe.add(name)

    # The words of a form come in UTF-8 or not at all: no lone surrogate reaches borrowed forms.
    assert {name for name in unsafe if "accounts.entrance" not in name[0]} == set()


def is_storable(text: str) -> bool:
    return "\x00" not in text and SURROGATES.search(text) is None


def test_a_text_is_kept_exactly_but_for_its_edges() -> None:
    field = CleanTextField(max_length=20_000)

    for text in filter(str.strip, STRINGS):
        try:
            kept = field.clean(text)
        except ValidationError:
            assert "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text)
        else:
            assert kept == text.replace("\r\n", "\n").strip()


def test_a_comment_gives_back_what_was_typed_and_shows_no_markup(
    client: Client, thread: Thread, siti: User
) -> None:
    texts = [text for text in NAUGHTY if text.strip() and "\x00" not in text]
    written = []

    for first in range(0, len(texts), PER_COMMENT):
        body = "\n\n".join(texts[first : first + PER_COMMENT])[:4_900].strip()
        comment = thread.post(author=siti, body=body, key=uuid4())
        written.append((comment.pk, body))

    page = client.get(thread.get_absolute_url())
    assert page.status_code == 200
    for pk, body in written:
        kept = Comment.objects.get(pk=pk)
        assert kept.body == body
        assert "<script" not in kept.body_html
        assert "javascript:" not in "".join(LINKED.findall(kept.body_html)).lower()


@pytest.mark.parametrize("text", NAMES)
def test_a_name_is_taken_as_it_is_read_or_refused(text: str) -> None:
    try:
        name = NameField(max_length=60).clean(text)
    except ValidationError:
        return

    assert name == " ".join(name.split())
    assert name.isprintable()


@pytest.mark.parametrize("text", NAMES[-5:])
def test_the_scripts_of_the_archipelago_are_names(text: str) -> None:
    assert PseudonymField().clean(text) == text


@pytest.mark.parametrize("text", [*NAMES[:6], NAMES[13]])
def test_a_name_that_only_looks_like_an_office_or_hides_signs_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        PseudonymField().clean(text)


def test_markdown_swallows_everything() -> None:
    for text in STRINGS:
        to_html(text.replace("\x00", "").encode(errors="replace").decode(), headings=True)


@pytest.mark.parametrize("actor", ["visitor", "author", "moderator", "owner", "administrator"])
def test_no_form_of_a_page_falls_over(actor: str, town: Town) -> None:
    browser = clients(town)[actor]
    browser.raise_request_exception = False
    broken = []

    for number, form in enumerate(forms_seen_by(browser, town)):
        cache.clear()
        some = NAUGHTY[number * PER_FORM % len(NAUGHTY) :][:PER_FORM]
        for text in [*some, "\x00", "9" * 30, "x" * 9_000]:
            with transaction.atomic():
                status = browser.post(form.action, form.filled(text)).status_code
                transaction.set_rollback(True)
            if status >= 500:
                broken.append(f"{form.action} {text[:40]!r}: {status}")

    assert broken == []
