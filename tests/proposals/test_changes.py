"""What a form changed is found block by block, however often blocks come back."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from proposals.coedit import markdown
from proposals.coedit.changes import changes, matches

keys = st.lists(st.sampled_from("abc"), max_size=30)


@given(keys, keys)
def test_matched_places_hold_the_same_and_ascend_on_both_sides(
    old: list[str], new: list[str]
) -> None:
    pairs = matches(old, new)

    assert all(old[a] == new[b] for a, b in pairs)
    for earlier, later in pairwise(pairs):
        assert earlier[0] < later[0]
        assert earlier[1] < later[1]


@given(keys, st.integers(0, 30), keys)
def test_what_is_put_in_or_taken_out_at_one_place_leaves_all_others(
    old: list[str], at: int, more: list[str]
) -> None:
    new = [*old[:at], *more, *old[at:]]

    assert len(matches(old, new)) == len(matches(new, old)) == len(old)


def test_a_moved_block_moves_alone() -> None:
    assert matches(list("abcde"), list("bcdea")) == [(1, 0), (2, 1), (3, 2), (4, 3)]


@given(st.lists(st.sampled_from(["satu", "dua", "tiga"]), max_size=12), st.data())
def test_the_step_gives_the_text_that_was_wanted(words: list[str], data: st.DataObject) -> None:
    wanted = data.draw(st.lists(st.sampled_from(["satu", "dua", "empat"]), max_size=12))
    now = markdown.parse("\n\n".join(words))
    step = changes(now, now, markdown.parse("\n\n".join(wanted)))

    assert step is not None
    for start, stop, nodes in reversed(step):
        now[start:stop] = nodes
    assert markdown.write(now) == "\n\n".join(wanted)


def test_thousands_of_equal_blocks_are_matched_in_one_pass() -> None:
    """Comparing each with each took minutes."""
    old, new = ["a"] * 20_000, ["b", "a"] * 10_000

    assert len(matches(old, new)) == 10_000
