"""The only module that imports pycrdt. Whatever comes in here has passed the guard.

The library panics with a `BaseException` of its own; here, and nowhere else, that is caught and
becomes `Broken`: the copy is then worthless and is built again from the log.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from secrets import randbits
from typing import Any

from pycrdt import Doc, TransactionEvent, XmlElement, XmlFragment, XmlText
from pycrdt import merge_updates as _merge_updates

from proposals.coedit.blocks import DEEPEST, Node, Run
from proposals.coedit.protocol import EMPTY_STATE, read_state_vector
from proposals.coedit.vocabulary import ROOT

MAX_PATH = 32
FEW = 8  # elements
DEEPEST_KEPT = MAX_PATH + 2 * FEW  # a little more than what is let in
MAX_WHOLE = 2**31
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class Broken(Exception):
    """The library failed on bytes that the guard let pass."""


@contextmanager
def _no_panic() -> Iterator[None]:
    try:
        yield
    except (KeyboardInterrupt, SystemExit, Broken):
        raise
    except BaseException as panic:  # noqa: BLE001  (Rust panics are no Exception)
        raise Broken(type(panic).__name__) from None


class _Heard:
    """What the library said about the last transaction; knows nothing of the copy."""

    __slots__ = ("change", "path")

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.change: bytes | None = None
        self.path = 0

    def on_change(self, event: TransactionEvent) -> None:
        self.change = event.update

    def on_events(self, events: list[Any]) -> None:
        self.path = max(self.path, *(len(event.path) for event in events))


class Copy:
    """One process's copy of a text."""

    def __init__(self, updates: Iterable[bytes] = (), *, client: int | None = None) -> None:
        self._heard = _Heard()
        self._whole: bytes | None = None
        with _no_panic():
            self._doc: Doc[XmlFragment] = Doc(client_id=client or randbits(32))
            self._root = self._doc.get(ROOT, type=XmlFragment)
            with self._doc.transaction():
                for update in updates:
                    self._doc.apply_update(update)
            self._watching = (
                self._doc.observe(self._heard.on_change),
                self._root.observe_deep(self._heard.on_events),
            )

    def __del__(self) -> None:
        """Watching ties the document to itself inside the library: untied, it can be freed."""
        for subscription in getattr(self, "_watching", ()):
            subscription.drop()

    def apply(self, updates: Sequence[bytes], *, elements: int = 0) -> bytes | None:
        """Apply all in one transaction; what changed as one update, None when nothing did.

        Changes deep inside are refused. No path leads into elements that are new, so a batch
        that brings many is measured whole.
        """
        self._heard.forget()
        self._whole = None
        with _no_panic(), self._doc.transaction():
            for update in updates:
                self._doc.apply_update(update)
        if self._heard.path > MAX_PATH or (elements > FEW and self._depth() > MAX_PATH + FEW):
            raise Broken("depth")
        return self._heard.change

    def refuse_too_deep(self) -> None:
        """Measure a text that was put together from a log."""
        if self._depth() > DEEPEST_KEPT:
            raise Broken("depth")

    def _depth(self) -> int:
        deepest = 0
        waiting: list[tuple[XmlFragment | XmlElement, int]] = [(self._root, 0)]
        with _no_panic(), self._doc.transaction():
            while waiting:
                parent, depth = waiting.pop()
                deepest = max(deepest, depth)
                waiting += [(c, depth + 1) for c in parent.children if isinstance(c, XmlElement)]
        return deepest

    @property
    def client(self) -> int:
        """The clientID of what the server itself writes here."""
        return self._doc.client_id

    def state(self) -> dict[int, int]:
        return read_state_vector(self.state_vector())

    def state_vector(self) -> bytes:
        with _no_panic():
            return self._doc.get_state()

    def since(self, state_vector: bytes = EMPTY_STATE) -> bytes:
        """What somebody with this state vector lacks; the vector has passed the protocol."""
        if state_vector == EMPTY_STATE:
            return self._all()
        with _no_panic():
            return self._doc.get_update(state_vector)

    def _all(self) -> bytes:
        """Everything, written once for all who come before the next change."""
        if self._whole is None:
            with _no_panic():
                self._whole = self._doc.get_update(EMPTY_STATE)
        return self._whole

    def blocks(self) -> list[Node]:
        with _no_panic(), self._doc.transaction():
            return _read(self._root)

    def replace(self, changes: Sequence[tuple[int, int, Sequence[Node]]]) -> bytes | None:
        """Put nodes in place of top-level blocks `start` to `stop`; the one update it makes.

        Changes come in ascending order and are made from the end.
        """
        self._heard.forget()
        self._whole = None
        with _no_panic(), self._doc.transaction():
            for start, stop, nodes in reversed(changes):
                if stop > start:
                    del self._root.children[start:stop]
                for node in reversed(nodes):  # the library walks from the beginning to a place
                    _insert(self._root, start, node)
        return self._heard.change


def merge(updates: Sequence[bytes]) -> bytes:
    if len(updates) == 1:
        return updates[0]
    with _no_panic():
        return _merge_updates(*updates)


def _insert(parent: XmlFragment | XmlElement, index: int, node: Node) -> None:
    """Fill from the end: what is put at the beginning is found at once, however long it gets."""
    element = parent.children.insert(index, XmlElement(node.tag, _attributes(node)))
    text: XmlText | None = None
    for part in reversed(node.content):
        if isinstance(part, Node):
            text = None
            _insert(element, 0, part)
            continue
        text = text or element.children.insert(0, XmlText(""))
        text.insert(0, part.text, part.marks)


def _attributes(node: Node) -> dict[str, Any]:
    """Numbers travel as floats, as a browser writes them."""
    return {
        name: float(value) if isinstance(value, int) else value
        for name, value in node.attributes.items()
    }


def _read(root: XmlFragment) -> list[Node]:
    """Walk with a list in place of recursion: a hostile text nests deeper than Python's stack."""
    top: list[Node | Run] = []
    waiting: list[tuple[XmlFragment | XmlElement, list[Node | Run], int]] = [(root, top, 0)]
    while waiting:
        parent, content, depth = waiting.pop()
        for child in parent.children:
            if isinstance(child, XmlText):
                content.extend(_runs(child))
            elif isinstance(child, XmlElement) and depth < DEEPEST:
                node = Node(child.tag or "", _plain(child))
                content.append(node)
                waiting.append((child, node.content, depth + 1))
            elif isinstance(child, XmlElement):
                waiting.append((child, content, depth))
    return [part if isinstance(part, Node) else Node("paragraph", content=[part]) for part in top]


def _plain(element: XmlElement) -> dict[str, str | int]:
    """Attributes as texts and whole numbers; a browser's `level` arrives as 2.0."""
    found: dict[str, str | int] = {}
    attributes: Any = element.attributes
    for name, value in attributes:
        if isinstance(value, str):
            found[name] = value
        elif isinstance(value, int | float) and abs(value) < MAX_WHOLE:
            found[name] = int(value)
    return found


def _runs(text: XmlText) -> Iterator[Run]:
    for piece, marks in text.diff():
        if isinstance(piece, str):
            yield Run(_CONTROLS.sub("", piece), dict(_marks(marks or {})))


def _marks(marks: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """Without the hash of overlapping marks, and only texts among a mark's attributes."""
    for name, value in marks.items():
        if value is None or value is False:
            continue
        attributes = value.items() if isinstance(value, dict) else ()
        yield name.split("--", 1)[0], {k: v for k, v in attributes if isinstance(v, str)}
