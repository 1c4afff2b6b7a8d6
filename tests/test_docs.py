"""What the documents point at is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/**/*.md")])

NAMED = re.compile(
    r"\b((?:assets|bench|bin|consultations|docs|portal|proposals|templates|tests)/[\w./-]*\w/?)"
)
MADE = re.compile(r"^(bench/out|assets/dist)\b")
"""What a run makes."""
LINKED = re.compile(r"\]\(([^)#:]+)\)")


def places(document: Path) -> set[Path]:
    """Every file and folder that a document names by its path or links to."""
    words = document.read_text()
    linked = {document.parent / target for target in LINKED.findall(words)}
    return linked | {
        ROOT / path.rstrip("/.") for path in NAMED.findall(words) if not MADE.match(path)
    }


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_place_that_a_document_names_is_there(document: Path) -> None:
    missing = [place for place in places(document) if not place.exists()]

    assert [f"{document.name} names {place}: rename it there too" for place in missing] == []


def test_the_documents_are_found() -> None:
    assert len(DOCUMENTS) > 8
    assert ROOT / "tests" / "faults" in places(ROOT / "docs" / "threat-model.md")
