"""What may stand in a text, per version of the editor's schema."""

from dataclasses import dataclass

ROOT = "default"  # the one shared type of a document
SCHEMA = 1  # of texts that begin today


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What may stand in a text of one schema version."""

    nodes: frozenset[str]
    attributes: frozenset[str]
    marks: frozenset[str]


VOCABULARIES: dict[int, Vocabulary] = {
    1: Vocabulary(
        nodes=frozenset(
            {
                "paragraph", "heading", "bulletList", "orderedList", "listItem",
                "blockquote", "codeBlock", "hardBreak", "horizontalRule",
            }
        ),
        attributes=frozenset({"id", "level", "start", "type", "tight", "language", "textAlign"}),
        marks=frozenset({"bold", "italic", "strike", "code", "underline", "link"}),
    )
}  # fmt: skip
