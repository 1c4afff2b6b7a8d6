"""The plain form's way into a text: bounded, parsed, placed, measured and judged as one update."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.refusals import Refused
from proposals.coedit import markdown, replay
from proposals.coedit.blocks import Node, named
from proposals.coedit.bounds import Excess, TooMuch, refuse_too_much
from proposals.coedit.changes import Change, changes
from proposals.coedit.crdt import Broken, Copy
from proposals.coedit.guard import scan_checkpoint
from proposals.coedit.protocol import Malformed
from proposals.coedit.render import to_text
from proposals.coedit.replay import Loaded
from proposals.coedit.vocabulary import SCHEMA, VOCABULARIES

LONGEST = 400_000  # visible characters
LARGEST = 4 * 1024 * 1024  # bytes of the whole text

READ_ONLY = _("This text can only be read at the moment.")
CHANGED = _("Somebody else changed the same paragraph in the meantime. Open the form again.")
FULL = _("This text is full: it may have at most 400,000 characters.")
UNKEPT = _("This text contains something that cannot be kept.")
SENTENCES: dict[Excess, Promise | str] = {
    Excess.BLOCKS: _(
        "This text has too many paragraphs, headings and list items: at most 2,000 fit in one form."
    ),
    Excess.SIGNS: _(
        "This text has too many lines and formatting marks: at most 20,000 fit in one form."
    ),
    Excess.NESTING: _("Lists and quotations can be at most 9 levels deep."),
}


def why_too_much(text: str) -> str:
    """The sentence for a text that no form takes, counted on its letters alone."""
    try:
        refuse_too_much(text)
    except TooMuch as too_much:
        return str(SENTENCES[too_much.excess])
    return ""


def parsed(text: str) -> list[Node]:
    try:
        return markdown.parse(text)
    except TooMuch as too_much:
        raise Refused(SENTENCES[too_much.excess]) from None


def digest_of(text: str) -> bytes:
    return sha256(text.encode()).digest()


@dataclass(frozen=True, slots=True)
class Step:
    """What a form makes of a text: one update, and how the text reads afterwards."""

    digest: bytes  # of what was typed
    copy: Copy
    update: bytes
    blocks: list[Node]


def seed(text: str) -> Step:
    """The beginning of a text."""
    copy = Copy()
    update = _replace(copy, [(0, 0, parsed(text))], {}, SCHEMA)
    return Step(digest_of(text), copy, update, _measured(copy))


@dataclass(frozen=True, slots=True)
class Form:
    """A form that was sent, read and parsed before any row is held."""

    digest: bytes
    loaded: Loaded
    before: list[Node] | None  # the blocks for which it stood, when it says so
    wanted: list[Node]

    @classmethod
    def read(cls, document: int, text: str, base: int | None) -> "Form":
        wanted = parsed(text)
        loaded = replay.load(document)
        if loaded is None or not loaded.is_whole:
            raise Refused(READ_ONLY)
        before = None if base is None else _blocks_at(document, base, loaded)
        return cls(digest_of(text), loaded, before, wanted)

    def step(self, document: int) -> Step | None:
        """The step on what the log says now, while its row is held; None when it is none."""
        copy = self.loaded.copy
        with _readable():
            replay.read_on(self.loaded, document)
            current = copy.blocks()
        found = changes(current if self.before is None else self.before, current, self.wanted)
        if found is None:
            raise Refused(CHANGED)
        if not found:
            return None
        update = _replace(copy, found, self.loaded.state, self.loaded.standing.schema)
        return Step(self.digest, copy, update, _measured(copy))


def _blocks_at(document: int, number: int, loaded: Loaded) -> list[Node]:
    """What stood there at a number; one of before a restored backup is none of ours."""
    if number == loaded.head:
        return loaded.copy.blocks()
    if number > loaded.head:
        raise Refused(CHANGED)
    with _readable():
        return replay.replay(document, number, loaded.standing.schema).blocks()


def _replace(copy: Copy, wanted: list[Change], state: dict[int, int], schema: int) -> bytes:
    """Judge our own update as if it came from outside: what loading refuses is never kept."""
    try:
        update = copy.replace([(start, stop, named(nodes)) for start, stop, nodes in wanted]) or b""
        copy.refuse_too_deep()
        scan_checkpoint(update, VOCABULARIES[schema], state)
    except (Malformed, Broken):
        raise Refused(UNKEPT) from None
    return update


def _measured(copy: Copy) -> list[Node]:
    blocks = copy.blocks()
    if len(to_text(blocks)) > LONGEST or len(copy.since()) > LARGEST:
        raise Refused(FULL)
    return blocks


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (Malformed, Broken):
        raise Refused(READ_ONLY) from None
