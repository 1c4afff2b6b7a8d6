"""Keep the catalogues: `python -m tests.catalogues` updates them, `--check` only looks.

Indonesian is written by hand and must be complete; English repeats the message, plural forms too.
Needs no gettext tools: Django's own template reader and Babel do the work.
"""

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
PLURALS = {"id": (1, "0"), "en": (2, "(n != 1)")}
LANGUAGES = tuple(PLURALS)
KEYWORDS: dict[str, object] = {
    "_": None,
    "_now": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
HOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
PACKAGES = ("portal", "consultations", "proposals", "templates")
# Sentences of Django and allauth that people read here: ours says them with the glossary's words.
BORROWED: tuple[str | tuple[str, str], ...] = (
    "Enter a valid date/time.",
    "Enter a valid email address.",
    "Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.",
    (
        "Ensure this value has at least %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at least %(limit_value)d characters (it has %(show_value)d).",
    ),
    (
        "Ensure this value has at most %(limit_value)d character (it has %(show_value)d).",
        "Ensure this value has at most %(limit_value)d characters (it has %(show_value)d).",
    ),
    "Null characters are not allowed.",
    "Select a valid choice. %(value)s is not one of the available choices.",
    "Select a valid choice. That choice is not one of the available choices.",
    "The password is too similar to the %(verbose_name)s.",
    "This field is required.",
    "This password is entirely numeric.",
    "This password is too common.",
    (
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
    ),
    "You cannot add an email address to an account protected by two-factor authentication.",
    "You must type the same password each time.",
)

Found = tuple[str, str | tuple[str, ...], str | None]


def sources() -> list[Path]:
    """Give every Python file and template that may hold a sentence."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "--", *PACKAGES],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\n")
    wanted = [name for name in listed if name.endswith((".py", ".html", ".txt"))]
    return [ROOT / name for name in sorted(wanted) if (ROOT / name).is_file()]


def code_of(path: Path) -> str:
    """Give Python for the reader: a template becomes its calls of gettext, line by line."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return text
    return "\n".join(line.strip() for line in templatize(text).split("\n"))


def messages_of(path: Path) -> Iterator[Found]:
    """Give (place, message or plural pair, context) for each sentence of a file."""
    place = path.relative_to(ROOT).as_posix()
    stream = io.BytesIO(code_of(path).encode())
    for _line, function, found, _comments in extract_python(stream, KEYWORDS, [], {}):  # type: ignore[arg-type]
        literal = (found,) if isinstance(found, str) else found or ()
        words = [word for word in literal if word]
        context = words.pop(0) if "pgettext" in (function or "") else None
        if words:
            yield place, words[0] if len(words) == 1 else tuple(words[:2]), context


def template() -> Catalog:
    """Collect every sentence of the product, without line numbers: they only make noise."""
    catalog = Catalog(project="Rembuk", charset="utf-8")
    for path in sources():
        for place, message, context in messages_of(path):
            catalog.add(message, locations=[(place, 0)], context=context)
    for message in BORROWED:
        catalog.add(message)
    return catalog


def catalogue_path(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def updated(language: str, words: Catalog) -> Catalog:
    """Merge the collected sentences into the language's catalogue, dropping what is gone."""
    path = catalogue_path(language)
    catalog = Catalog(locale=language)
    if path.exists():
        with path.open("rb") as file:
            catalog = read_po(file, locale=language)
    catalog._num_plurals, catalog._plural_expr = PLURALS[language]  # type: ignore[assignment]
    catalog.update(words, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    if language == "en":
        for message in catalog:
            repeat(message)
    return catalog


def repeat(message: Message) -> None:
    """Let the English sentence stand for itself."""
    if message.id:
        message.string = message.id


def written(catalog: Catalog) -> str:
    """Give the file's text, the same on every machine and day."""
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=100, sort_output=True, omit_header=True, include_lineno=False)
    forms, rule = PLURALS[str(catalog.locale)]
    header = (
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Language: {catalog.locale}\\n"\n"Plural-Forms: nplurals={forms}; plural={rule};\\n"\n\n'
    )
    return header + buffer.getvalue().decode()


def missing(catalog: Catalog) -> list[str]:
    """Name the sentences without words in this language."""
    return [str(m.id) for m in catalog if m.id and not all(_forms(m))]


def _forms(message: Message) -> list[str]:
    forms = message.string or ""
    return [forms] if isinstance(forms, str) else [form or "" for form in forms]


def wrong_placeholders(catalog: Catalog) -> list[str]:
    """Name the sentences whose translation has other placeholders than the message."""
    return [str(message.id) for message in catalog if message.id and not _keeps_holders(message)]


def _keeps_holders(message: Message) -> bool:
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    wanted = set(HOLDER.findall(ids[-1]))
    return all(set(HOLDER.findall(form)) == wanted for form in _forms(message) if form)


def main(arguments: list[str]) -> int:
    """Update the catalogues or, with `--check`, say what is stale or missing."""
    words = template()
    complaints = []
    for language in LANGUAGES:
        catalog = updated(language, words)
        path, text = catalogue_path(language), written(catalog)
        if "--check" in arguments and (not path.exists() or path.read_text("utf-8") != text):
            complaints.append(f"{language}: stale, run python -m tests.catalogues")
        elif "--check" not in arguments:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        complaints += [f"{language}: no words for {name!r}" for name in missing(catalog)]
        complaints += [f"{language}: placeholders of {m!r}" for m in wrong_placeholders(catalog)]
    sys.stderr.write("".join(f"{line}\n" for line in complaints))
    return 1 if complaints else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
