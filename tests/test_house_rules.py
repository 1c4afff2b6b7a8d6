"""The house rules, each with a message that says what to do instead."""

import gzip
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.template.loader import get_template

from portal.live.models import live_models
from portal.moderation.models import Moderated
from tests import rules_of_code as code
from tests import rules_of_pages as pages

ROOT = code.ROOT
ROOMS = frozenset(
    """
    .ci assets bench bin consultations docs locale portal proposals templates tests
    .dockerignore .env.example .gitignore CHANGELOG.md Dockerfile LICENSE Makefile README.md
    docker-compose.yml proxy.conf pyproject.toml
    requirements-dev.lock requirements-node.lock requirements.lock
    """.split()  # noqa: SIM905 (reads better)
)
GENERATED = ("/migrations/", "/node_modules/", "/vendor/", "-lock.json")
PROVED_ELSEWHERE = {
    "consultations/models/past.py": "tests/portal/doors/test_importers.py",
    "consultations/models/opined.py": "tests/consultations/test_opinions.py",
    "proposals/models/past.py": "tests/portal/doors/test_importers.py",
    "proposals/models/freezable.py": "tests/proposals/test_freezings.py",
    "proposals/models/supported.py": "tests/proposals/test_supports.py",
}

Rule = Callable[[str, str], Iterator[str]]


def tracked() -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return sorted({name for name in done.stdout.splitlines() if (ROOT / name).is_file()})


FILES = [name for name in tracked() if not any(part in f"/{name}" for part in GENERATED)]


def written(*endings: str, under: tuple[str, ...] = ("",)) -> list[str]:
    return [name for name in FILES if name.endswith(endings) and name.startswith(under)]


def complaints(rules: tuple[Rule, ...], names: list[str]) -> str:
    """Ask every rule about every file."""
    found = []
    for name in names:
        text = (ROOT / name).read_text(encoding="utf-8")
        found += [f"{name}: {words}" for rule in rules for words in rule(name, text)]
    return "\n".join(found)


@pytest.mark.parametrize("rule", code.OF_PRODUCT, ids=lambda rule: rule.__name__)
def test_the_code_keeps(rule: Rule) -> None:
    found = complaints((rule,), written(".py", under=code.PACKAGES))

    assert not found, f"\n{found}"


def test_tests_and_scripts_keep_their_rules() -> None:
    found = [
        complaints(code.OF_TESTS, written(".py", under=("tests/",))),
        complaints(code.OF_BIN, written("", under=("bin/",))),
        complaints((code.short_file,), written(".html", ".js", ".mjs", ".css")),
    ]

    assert not any(found), "\n" + "\n".join(filter(None, found))


@pytest.mark.parametrize("rule", pages.OF_TEMPLATES, ids=lambda rule: rule.__name__)
def test_the_templates_keep(rule: Rule) -> None:
    found = complaints((rule,), written(".html"))

    assert not found, f"\n{found}"


def test_the_root_holds_what_it_should() -> None:
    odd = {name.partition("/")[0] for name in FILES} - ROOMS

    assert not odd, f"{', '.join(sorted(odd))}: put it into one of the packages"


def test_lists_of_exceptions_name_files_that_are_there() -> None:
    gone = [name for name in code.RAW_SQL if not (ROOT / name).exists()]

    assert not gone, f"{', '.join(gone)}: take it off the list of raw SQL"


def test_styles_are_logical_and_light() -> None:
    sheets = written(".css")
    found = complaints((pages.logical_style,), sheets)
    sizes = {name: len(gzip.compress((ROOT / name).read_bytes(), 9)) for name in sheets}
    total = sum(sizes.values())

    assert not found, f"\n{found}"
    assert total <= pages.BYTES_OF_STYLE, f"{total} bytes gzipped: the budget is 18,000 ({sizes})"


def test_locks_hold_versions_and_hashes_alone() -> None:
    locks = [*ROOT.glob("requirements*.lock"), ROOT / "assets" / "package-lock.json"]
    found = complaints(
        (pages.locked_without_addresses,), [str(path.relative_to(ROOT)) for path in locks]
    )

    assert len(locks) == 4
    assert not found, f"\n{found[:2000]}"


def test_every_noun_has_its_gate_its_partial_and_its_own_word() -> None:
    found = []
    seen: dict[str, str] = {}
    for noun, model in sorted(live_models().items()):
        if not hasattr(model.objects, "visible_to"):
            found.append(f"{model}: write visible_to(user): it is the gate of page, API and socket")
        if noun in seen:
            found.append(f"{noun}: a topic is noun:pk, so two nouns may not share a name")
        seen[noun] = model.__module__
        found += list(about_its_partial(model.partial))

    assert seen
    assert not found, "\n" + "\n".join(found)


def about_its_partial(partial: str) -> Iterator[str]:
    path = ROOT / "templates" / partial
    if not path.exists():
        yield f"{partial} is missing"
    elif pages.SAME not in path.read_text().partition("#}")[0]:
        yield f"{partial}: say Same for every viewer, and keep to it"
    else:
        get_template(partial)
        for words in pages.carries_its_address(partial, path.read_text()):
            yield f"{partial}: {words}"


def test_every_moderated_noun_leaves_the_page() -> None:
    found = []
    for model in live_models().values():
        if not issubclass(model, Moderated):
            continue
        if "moderation_changed" not in vars(model):
            found.append(
                f"{model}: write moderation_changed(): push the tombstone, recount, re-index"
            )
        if "is_hidden" not in (ROOT / "templates" / model.partial).read_text():
            found.append(f"{model.partial}: show the tombstone when it is hidden")

    assert not found, "\n" + "\n".join(found)


def test_every_model_and_view_has_its_test() -> None:
    found = []
    for name in written(".py", under=code.PACKAGES):
        path = Path(name)
        if path.parent.name not in {"models", "views"} or path.stem == "__init__":
            continue
        if name in PROVED_ELSEWHERE and (ROOT / PROVED_ELSEWHERE[name]).exists():
            continue
        package = Path(*path.parts[: path.parts.index(path.parent.name)])
        names = {
            f"test_{path.stem}.py",
            f"test_{path.stem}s.py",
            f"test_{path.stem.rstrip('s')}.py",
        }
        if not any((ROOT / "tests" / package / one).exists() for one in names):
            found.append(f"no {package}/test_{path.stem.rstrip('s')}s.py: promise something")

    assert not found, "\n" + "\n".join(found)
