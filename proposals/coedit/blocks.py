"""A text as plain values: nodes that hold nodes and runs. Pure; nests at most `DEEPEST` levels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

WITH_ID = frozenset(
    {"paragraph", "heading", "bulletList", "orderedList", "blockquote", "horizontalRule"}
)
DEEPEST = 40  # what is deeper is kept as text of the last level


@dataclass(frozen=True, slots=True)
class Run:
    """Characters with the same marks; a mark's value holds its attributes (`href`)."""

    text: str
    marks: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class Node:
    """One element: `paragraph`, `heading`, … Unknown names stay and are shown as their text."""

    tag: str
    attributes: dict[str, str | int] = field(default_factory=dict)
    content: list["Node | Run"] = field(default_factory=list)

    def runs(self) -> Iterator[Run]:
        """All characters below this node, in the order in which they are read."""
        for part in self.content:
            if isinstance(part, Run):
                yield part
            else:
                yield from part.runs()


def paragraph(text: str) -> Node:
    return Node("paragraph", content=[Run(text)] if text else [])


def named(blocks: Sequence[Node]) -> list[Node]:
    """Give every block without an id its own; anchors and pages find it by that.

    Nested ones too, and the same kinds as in the editor: it has nothing to add when it opens.
    """
    for block in blocks:
        if block.tag in WITH_ID:
            block.attributes.setdefault("id", uuid4().hex[:12])
        named([part for part in block.content if isinstance(part, Node)])
    return list(blocks)
