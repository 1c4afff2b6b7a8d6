"""The guard refuses what breaks the library, and takes everything that honest editors send."""

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText

from proposals.coedit.batch import grow
from proposals.coedit.crdt import Copy
from proposals.coedit.guard import scan, scan_checkpoint
from proposals.coedit.nesting import Gap
from proposals.coedit.protocol import MAX_UPDATE, Malformed, number, sized
from proposals.coedit.render import to_text
from proposals.coedit.vocabulary import VOCABULARIES
from tests.proposals.mutants import honest_updates
from tests.proposals.recordings import DATA, NAMES, empty_text, recording

ROOT = Path(__file__).resolve().parents[2]
WORDS = VOCABULARIES[1]
HOSTILE = json.loads((DATA / "hostile" / "yjs-hostile.json").read_text())


def bytes_of(vector: dict[str, Any]) -> bytes:
    """The frame of a vector, made by its recipe when it has no hex."""
    if "hex" in vector:
        return bytes.fromhex(str(vector["hex"]))
    depth = (int(vector["len"]) - 11) // 2
    return bytes.fromhex("010105000801017401") + b"\x75\x01" * depth + b"\x7e\x00"


@pytest.mark.parametrize("vector", HOSTILE, ids=lambda vector: vector["name"])
def test_every_known_hostile_frame_is_refused(vector: dict[str, Any]) -> None:
    data = bytes_of(vector)
    assert len(data) == vector.get("len", len(data))

    with pytest.raises(Malformed):
        scan(data, {}, WORDS)
    with pytest.raises(Malformed):
        scan_checkpoint(data, WORDS)


@pytest.mark.parametrize("name", NAMES)
def test_every_update_of_the_recorded_sessions_is_taken(name: str) -> None:
    played = recording(name)
    known: dict[int, int] = {}
    copy = Copy()
    for update in (played.seed, *played.updates):
        grow(known, scan(update, known, WORDS).ends)
        copy.apply([update])

    assert copy.state() == known
    assert to_text(copy.blocks()) == played.end.strip()


def test_honest_updates_of_every_kind_are_taken() -> None:
    known: dict[int, int] = {}
    for update in honest_updates():
        grow(known, scan(update, known, WORDS).ends)

    assert Copy(honest_updates()).state() == known


@pytest.mark.parametrize(
    ("words", "units"), [("é", 1), ("🌳", 2), ("ꦗꦮ", 2), ("👨‍👩‍👧", 8), ("abc", 3)]
)
def test_length_counts_what_a_browser_counts(words: str, units: int) -> None:
    update = typed(words)

    verdict = scan(update, {99: 4}, WORDS)

    assert verdict.units == units
    assert verdict.ends == {7: units}


def typed(words: str) -> bytes:
    """An update that puts words into the first paragraph of an empty text."""
    doc: Doc[XmlFragment] = Doc(client_id=7)
    root: Any = doc.get("default", type=XmlFragment)
    doc.apply_update(empty_text())
    made: list[bytes] = []
    doc.observe(lambda event: made.append(event.update))
    root.children[0].children[0].insert(0, words)
    return made[0]


def made_by(change: Any) -> bytes:
    """The whole state of a text after a change to it."""
    doc: Doc[Any] = Doc(client_id=7)
    root = doc.get("default", type=XmlFragment)
    change(doc, root)
    return doc.get_update()


def element(tag: str, **attributes: object) -> Any:
    maker: Any = XmlElement
    return maker(tag, attributes)


def nest(root: Any, depth: int) -> None:
    for _level in range(depth):
        root = root.children.append(element("blockquote"))


@pytest.mark.parametrize(
    "change",
    [
        lambda _doc, root: root.children.append(element("script")),
        lambda _doc, root: root.children.append(element("paragraph", onclick="x")),
        lambda _doc, root: root.children.append(element("paragraph", id={"a": b"bytes"})),
        lambda _doc, root: root.children.append(XmlText("x")).insert(0, "y", {"blink": {}}),
        lambda _doc, root: root.children.append(XmlText("x")).insert(0, "y", {"bold": [[[[[1]]]]]}),
        lambda _doc, root: root.children.append(XmlText("x")).insert_embed(0, {"image": "x"}),
        lambda doc, _root: doc.get("other", type=XmlFragment).children.append(element("paragraph")),
        lambda doc, _root: doc.get("default", type=Text).insert(0, "raw"),
        lambda doc, _root: doc.get("default", type=Map).update({"id": 1}),
        lambda doc, _root: doc.get("default", type=Array).append(1),
        lambda doc, _root: doc.get("default", type=Array).append(b"bytes"),
        lambda doc, _root: doc.get("default", type=Array).append(Doc()),
        lambda _doc, root: nest(root, 40),
        lambda _doc, root: root.children.append(XmlText("a\0b")),
    ],
)
def test_what_no_schema_knows_is_refused(change: Any) -> None:
    with pytest.raises(Malformed):
        scan(made_by(change), {}, WORDS)


def test_depth_up_to_the_limit_is_taken() -> None:
    verdict = scan(made_by(lambda _doc, root: nest(root, 32)), {}, WORDS)

    assert verdict.elements == 32


def test_a_mark_may_carry_its_hash() -> None:
    update = made_by(lambda _d, root: root.children.append(XmlText("x")).insert(
        0, "y", {"link--AbC+/=": {"href": "https://contoh.id"}}
    ))  # fmt: skip

    assert scan(update, {}, WORDS).units == 2


def test_who_builds_on_what_is_not_there_is_refused() -> None:
    update = typed("abc")

    with pytest.raises(Gap):
        scan(update, {}, WORDS)
    assert scan(update, {99: 4}, WORDS).ends == {7: 3}


def test_a_start_beyond_the_known_clock_is_refused() -> None:
    first, second = two_letters()
    with pytest.raises(Gap):
        scan(second, {99: 4}, WORDS)
    assert scan(second, {99: 4, 7: 1}, WORDS).ends == {7: 2}
    assert scan(first, {99: 4, 7: 2}, WORDS).ends == {}


def two_letters() -> list[bytes]:
    doc: Doc[XmlFragment] = Doc(client_id=7)
    root: Any = doc.get("default", type=XmlFragment)
    doc.apply_update(empty_text())
    made: list[bytes] = []
    doc.observe(lambda event: made.append(event.update))
    for letter in "ab":
        text = root.children[0].children[0]
        text.insert(len(text), letter)
    return made


def deletion(client: int, clock: int, length: int) -> bytes:
    return b"\x00\x01" + number(client) + b"\x01" + number(clock) + number(length)


def test_a_deletion_of_what_nobody_has_is_refused() -> None:
    assert scan(deletion(99, 0, 4), {99: 4}, WORDS).deletes
    for update in (deletion(99, 0, 5), deletion(98, 0, 1)):
        with pytest.raises(Gap):
            scan(update, {99: 4}, WORDS)
    with pytest.raises(Malformed):
        scan(deletion(99, 0, 0), {99: 4}, WORDS)


def test_a_jump_of_the_clock_is_refused() -> None:
    garbage = b"\x01\x01\x07\x00\x00" + number(2**20 + 1) + b"\x00"

    with pytest.raises(Malformed, match="growth"):
        scan(garbage, {}, WORDS)


def test_structs_that_name_each_other_are_refused() -> None:
    """Two structs, each the origin of the other, would wait for ever inside the library."""
    one = b"\x01\x07\x00\x84" + number(8) + b"\x00" + sized(b"a")
    other = b"\x01\x08\x00\x84" + number(7) + b"\x00" + sized(b"b")
    tied = b"\x02" + one + other + b"\x00"

    verdict = scan(tied, {}, WORDS)

    copy = Copy()
    copy.apply([tied])
    assert copy.state() != verdict.ends  # seen when the batch is compared


@pytest.mark.parametrize("count", [2**14, 2**26, 2**40])
def test_a_count_that_the_bytes_cannot_hold_is_refused(count: int) -> None:
    for data in (
        number(count) + b"\x01\x05\x00",
        b"\x01" + number(count) + b"\x05\x00\x00",
        b"\x00" + number(count),
        b"\x00\x01\x05" + number(count),
    ):
        with pytest.raises(Malformed):
            scan(data, {}, WORDS)


def test_a_frame_over_the_size_is_refused() -> None:
    with pytest.raises(Malformed, match="size"):
        scan(bytes(MAX_UPDATE + 1), {}, WORDS)


def test_a_client_twice_is_refused() -> None:
    block = b"\x01\x07\x00\x00\x01"

    with pytest.raises(Malformed):
        scan(b"\x02" + block + block + b"\x00", {}, WORDS)


@given(st.binary(max_size=300))
def test_any_bytes_end_in_a_verdict(data: bytes) -> None:
    with suppress(Malformed):
        scan(data, {5: 40}, WORDS)


values = st.recursive(
    st.one_of(
        st.sampled_from([b"\x7f", b"\x7e", b"\x78", b"\x79", b"\x7d\x05", b"\x7c" + bytes(4)]),
        st.text("abc", max_size=5).map(lambda text: b"\x77" + sized(text.encode())),
    ),
    lambda inner: st.lists(inner, max_size=3).map(
        lambda items: b"\x75" + number(len(items)) + b"".join(items)
    ),
    max_leaves=6,
)


@given(values)
def test_attributes_of_any_shape_are_taken_or_refused_without_recursion(value: bytes) -> None:
    update = b"\x01\x01\x07\x00\x28\x00\x05\x00" + sized(b"id") + b"\x01" + value + b"\x00"

    with suppress(Malformed):  # deeper than four levels
        assert scan(update, {5: 1}, WORDS).ends == {7: 1}


def test_broken_updates_never_end_the_process(*, is_long: bool) -> None:
    """In a process of its own under a memory limit: a crash is a report, not the end of the run."""
    count, seed = (200_000, 11) if is_long else (20_000, 7)
    done = subprocess.run(
        [sys.executable, "-m", "tests.proposals.mutants", str(count), str(seed)],
        cwd=ROOT, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads(done.stdout)
    print(f"guard: {told}")  # noqa: T201  (the long run shows its figures)
    assert told["count"] == count
    assert told["passed"] > count / 50
    assert told["wrongly_accepted"] == 0
    assert told["other_state"] + told["broken"] <= count / 500  # caught before anybody sees them
    assert told["grown_mb"] <= 50
