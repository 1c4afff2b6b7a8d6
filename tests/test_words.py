"""The Indonesian of the product: complete, with the words of the glossary, without its traps."""

import gettext
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import allauth
import django
import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from django import forms
from django.utils.translation import override

from tests import catalogues

# English word → what its sentence must say in Indonesian (any one of the stems).
WORDS = {
    "comment": "komentar",
    "comments": "komentar",
    "reply": "balas",
    "replies": "balas",
    "thread": "utas",
    "proposal": "usulan",
    "proposals": "usulan",
    "supports": "dukung",
    "moderator": "moderator",
    "consultation": "konsultasi",
    "consultations": "konsultasi",
    "agency": "instansi",
    "agencies": "instansi",
    "hidden": "sembunyi",
    "restored": "pulih|tampil|dipulihkan",
    "pseudonym": "nama samaran",
    "password": "kata sandi",
    "email": "surel",
    "passkey": "kunci sandi",
    "passkeys": "kunci sandi",
    "download": "unduh",
    "upload": "unggah",
    "offline": "luring",
    "opinion": "pendapat",
    "opinions": "pendapat",
    "deadline": "batas waktu",
    "officer": "petugas",
    "notifications": "pemberitahuan",
    "history": "riwayat",
    "reason": "alasan",
    "agree": "setuju",
    "answerer": "penjawab",
    "browser": "peramban",
    "disagree": "tidak setuju",
    "drafts": "konsep",
    "fictional": "fiktif",
    "freeze": "kunci|mengunci",
    "frozen": "kunci|mengunci",
    "house rules": "tata tertib partisipasi",
    "invitation": "undang",
    "keyboard": "papan ketik",
    "organiser": "penyelenggara",
    "organisers": "penyelenggara",
    "owner": "penanggung jawab",
    "participants": "peserta",
    "pass": "lewati",
    "phase": "tahapan",
    "phases": "tahapan",
    "preview": "pratinjau",
    "publish": "terbit|menerbitkan",
    "published": "terbit",
    "read-only": "hanya baca",
    "reconnecting": "menyambung lagi",
    "second factor": "faktor kedua",
    "settings": "pengaturan",
    "sign in": "masuk",
    "sign out": "keluar",
    "source": "sumber",
    "try again": "coba lagi",
    "undo": "urungkan",
    "waiting for review": "menunggu pemeriksaan",
    "withdraw": "tarik|menarik",
}

# English word → words its sentence must never hold in Indonesian.
TRAPS = {
    "state": "negara",
    "body": "tubuh",
    "thread": "benang",
    "votes": "bulan",
    "responses": "detik",
    "edit": "cetak",
    "download": "hapus",
    "live": r"hidup|tinggal\b",
    "minutes": r"\bmenit rapat",
    "order": "pesanan|perintah",
    "stage": "panggung",
    "case": "wadah",
    "appeal": "daya tarik",
    "pass": "lulus|paspor",
    "board": "papan tulis",
    "held": "memegang",
    "rules": "aturan rumah",
    "paper": "kertas",
    "roll": "gulungan",
}
MANNERS = (
    r"\b(email|e-mail|password|online|offline|upload|download|klik|submit|user|link|browser|login"
    r"|logout|website|silahkan|feedback)\b|!|\b(?-i:anda)\b"
)


def messages(language: str = "id") -> list[Message]:
    with catalogues.catalogue_path(language).open("rb") as file:
        return [message for message in read_po(file, locale=language) if message.id]


def english(message: Message) -> str:
    """Give the words of a sentence; the name of a placeholder is none of them."""
    sentence = message.id if isinstance(message.id, str) else message.id[-1]
    return re.sub(r"%\(\w+\)s", "…", sentence)


def indonesian(message: Message) -> str:
    return " ".join(catalogues._forms(message))


def test_every_sentence_has_its_words_in_both_languages() -> None:
    words = catalogues.template()

    for language in catalogues.LANGUAGES:
        catalog = catalogues.updated(language, words)
        assert catalogues.missing(catalog) == []
        assert catalogues.wrong_placeholders(catalog) == []
        assert catalogues.catalogue_path(language).read_text("utf-8") == catalogues.written(catalog)


@pytest.mark.parametrize(("word", "stem"), sorted(WORDS.items()))
def test_the_glossary_names_a_thing_the_same_way_everywhere(word: str, stem: str) -> None:
    said = [m for m in messages() if re.search(rf"\b{word}\b", english(m), re.IGNORECASE)]

    strayed = [
        f"{english(m)!r} → {indonesian(m)!r}: see the glossary for {word}"
        for m in said
        if not re.search(stem, indonesian(m), re.IGNORECASE)
    ]

    assert strayed == []


@pytest.mark.parametrize(("word", "wrong"), sorted(TRAPS.items()))
def test_no_word_falls_into_a_trap(word: str, wrong: str) -> None:
    said = [m for m in messages() if re.search(rf"\b{word}\b", english(m), re.IGNORECASE)]

    fallen = [
        f"{english(m)!r} → {indonesian(m)!r}: see the glossary for {word}"
        for m in said
        if re.search(wrong, indonesian(m), re.IGNORECASE)
    ]

    assert fallen == []


def test_indonesian_keeps_its_manners() -> None:
    rude = [
        f"{english(m)!r} → {indonesian(m)!r}"
        for m in messages()
        if re.search(MANNERS, re.sub(r"[%{][^ ]*", "", indonesian(m)), re.IGNORECASE)
    ]

    assert rude == []


def test_forms_refuse_with_manners_too() -> None:
    with override("id"):
        rude = [
            f"{name}: {sentence!r}: borrow it in tests/catalogues.py"
            for name, sentence in sorted(refusals())
            if re.search(MANNERS, sentence, re.IGNORECASE)
        ]

    assert rude == []


def test_what_is_borrowed_is_still_said_by_those_it_comes_from() -> None:
    known = {sentence for catalog in borrowed_from() for sentence in catalog}
    borrowed = {m if isinstance(m, str) else m[0] for m in catalogues.BORROWED}

    assert borrowed - known == set()


def refusals() -> Iterator[tuple[str, str]]:
    """Give (form, sentence) for everything that the fields of our forms can answer."""
    import_module("portal.urls")
    for form in every_form(forms.Form):
        for field in form.base_fields.values():
            checks = [getattr(check, "message", "") for check in field.validators]
            said = [*field.error_messages.values(), *checks]
            yield from ((form.__name__, str(sentence)) for sentence in said)


def every_form(form: type[forms.Form]) -> Iterator[type[forms.Form]]:
    for kind in form.__subclasses__():
        if kind.__module__.startswith(catalogues.PACKAGES):
            yield kind
        yield from every_form(kind)


def borrowed_from() -> Iterator[set[str]]:
    """Give the sentences of Django and allauth; a plural is kept under (sentence, form)."""
    roots = Path(django.__file__).parent, Path(allauth.__file__).parent
    for path in [path for root in roots for path in root.rglob("id/LC_MESSAGES/django.mo")]:
        with path.open("rb") as file:
            catalog = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
        yield {key if isinstance(key, str) else key[0] for key in catalog}
