"""Places: text order is the order of the page, whatever is replied where."""

from hypothesis import given
from hypothesis import strategies as st

from consultations.models.place import DEEPEST, branch_of, is_place, next_place

NUMBERS = st.integers(min_value=1, max_value=36**5 - 2)


@given(NUMBERS, NUMBERS)
def test_newer_comments_stand_above_older_ones(one: int, other: int) -> None:
    assert (next_place("", one) < next_place("", other)) == (one > other)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_older_replies_stand_above_newer_ones(top: int, one: int, other: int) -> None:
    above = next_place("", top)

    assert (next_place(above, one) < next_place(above, other)) == (one < other)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_replies_stand_below_their_comment_and_above_the_next(
    top: int, older: int, reply: int
) -> None:
    above = next_place("", max(top, older) + 1)
    following = next_place("", min(top, older))

    assert above < next_place(above, reply) < following
    assert branch_of(next_place(above, reply)) == above


def test_a_place_is_told_from_any_other_text() -> None:
    deepest = "0" * 5 * (DEEPEST + 1)

    assert is_place("zzzzy")
    assert is_place(deepest)
    for text in ("", "zzzz", "zzzzzz", "ZZZZZ", "zzzz\x00", "zzzzz\n", deepest + "00000"):
        assert not is_place(text)
