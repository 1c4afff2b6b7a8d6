"""The one module that knows the library: apply, compare, read, write, survive."""

import gc
import weakref
from typing import Any

import pytest
from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from proposals.coedit.blocks import DEEPEST, Node, Run, named, paragraph
from proposals.coedit.crdt import Broken, Copy, merge
from proposals.coedit.protocol import state_vector
from proposals.coedit.render import to_html, to_text
from tests.proposals.mutants import honest_updates
from tests.proposals.recordings import empty_text


def test_what_was_written_is_read() -> None:
    blocks = [
        Node("heading", {"id": "a", "level": 3}, [Run("Judul 🌳 ꦗꦮ")]),
        Node("paragraph", {"id": "b"}, [
            Run("tebal", {"bold": {}}), Run(" dan "), Node("hardBreak"),
            Run("taut", {"link": {"href": "https://contoh.id"}}),
        ]),
        Node("orderedList", {"id": "c", "start": 3}, [Node("listItem", {}, [paragraph("satu")])]),
    ]  # fmt: skip
    copy = Copy()

    copy.replace([(0, 0, blocks)])

    assert copy.blocks() == blocks


def test_an_update_makes_another_copy_equal() -> None:
    first, second = Copy(), Copy()
    update = first.replace([(0, 0, [paragraph("satu"), paragraph("dua")])])
    assert update is not None

    assert second.apply([update]) is not None
    assert second.apply([update]) is None

    assert second.blocks() == first.blocks()
    assert second.state() == first.state()


def test_changes_are_made_from_the_end_so_that_places_stay_right() -> None:
    copy = Copy()
    copy.replace([(0, 0, [paragraph(word) for word in "abcd"])])

    copy.replace([(0, 1, [paragraph("A")]), (2, 2, [paragraph("neu")]), (3, 4, [])])

    assert to_text(copy.blocks()) == "A\nb\nneu\nc"


def test_somebody_gets_only_what_they_lack() -> None:
    copy = Copy(honest_updates())

    missing = copy.since(state_vector(copy.state()))

    assert Copy(honest_updates()).apply([missing]) is None


def test_the_event_leaves_old_deletions_out() -> None:
    """The difference since a state would carry the deletions of the whole document."""
    copy = Copy([empty_text()])
    doc: Doc[XmlFragment] = Doc(client_id=7)
    root: Any = doc.get("default", type=XmlFragment)
    doc.apply_update(empty_text())
    text = root.children[0].children[0]
    for _letter in range(300):
        text.insert(len(text), "ab")
        del text[len(text) - 2 : len(text) - 1]
    copy.apply([doc.get_update()])
    before = doc.get_state()
    text.insert(0, "c")

    change = copy.apply([doc.get_update(before)])

    assert change is not None
    assert len(change) < 40 < len(doc.get_update(before))


def test_merged_updates_do_the_same() -> None:
    updates = honest_updates()

    assert Copy([merge(updates)]).blocks() == Copy(updates).blocks()


@pytest.mark.parametrize("poison", [b"\xff\xff\xff", b"", b"\x01"])
def test_what_the_library_chokes_on_is_one_exception(poison: bytes) -> None:
    with pytest.raises(Broken):
        Copy().apply([poison])


def test_a_change_deep_inside_is_refused() -> None:
    doc: Doc[XmlFragment] = Doc(client_id=7)
    place: Any = doc.get("default", type=XmlFragment)
    for _level in range(33):
        place = place.children.append(XmlElement("blockquote"))
    copy = Copy([doc.get_update()])
    before = doc.get_state()
    place.children.append(XmlElement("paragraph"))

    with pytest.raises(Broken, match="depth"):
        copy.apply([doc.get_update(before)])


def test_a_batch_that_nests_together_is_measured_whole() -> None:
    """Each update alone is shallow, no path leads into what is new."""
    updates: list[bytes] = []
    doc: Doc[XmlFragment] = Doc(client_id=7)
    doc.observe(lambda event: updates.append(event.update))
    place: Any = doc.get("default", type=XmlFragment)
    for _level in range(60):
        place = place.children.append(XmlElement("blockquote"))

    with pytest.raises(Broken, match="depth"):
        Copy().apply(updates, elements=len(updates))


def test_a_text_deeper_than_any_stack_is_read_and_shown() -> None:
    doc: Doc[XmlFragment] = Doc(client_id=7)
    place: Any = doc.get("default", type=XmlFragment)
    for _level in range(3_000):
        place = place.children.append(XmlElement("blockquote"))
    place.children.append(XmlText("akhir"))

    blocks = Copy([doc.get_update()]).blocks()

    assert to_text(blocks) == "akhir"
    assert to_html(blocks).count("<blockquote>") == DEEPEST


def test_raw_text_under_the_root_does_no_harm() -> None:
    doc: Doc[Any] = Doc(client_id=7)
    root = doc.get("default", type=XmlFragment)
    root.children.append(XmlText("kata di luar paragraf"))

    assert to_html(Copy([doc.get_update()]).blocks()) == "<p>kata di luar paragraf</p>"


def test_a_copy_that_nobody_holds_is_freed() -> None:
    """One is made for every rendering: a watched document holds on to itself."""
    copy = Copy(honest_updates())
    document = weakref.ref(copy._doc)

    del copy
    gc.collect()

    assert document() is None


def test_every_block_gets_an_id_of_its_own() -> None:
    kept, inner = Node("paragraph", {"id": "tetap"}), paragraph("dalam")
    item = Node("listItem", {}, [inner, Node("hardBreak")])

    blocks = named([kept, paragraph("a"), Node("bulletList", {}, [item])])

    assert blocks[0].attributes["id"] == "tetap"
    assert len({block.attributes["id"] for block in (*blocks, inner)}) == 4
    assert item.attributes == {}
