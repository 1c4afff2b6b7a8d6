"""What a plain form may hold is counted before anything is parsed."""

import pytest

from proposals.coedit import markdown
from proposals.coedit.blocks import Node
from proposals.coedit.bounds import MAX_BLOCKS, MAX_SIGNS, Excess, TooMuch, refuse_too_much

FIRST_TOO_MANY = MAX_BLOCKS + 1


def excess_of(text: str) -> Excess | None:
    try:
        refuse_too_much(text)
    except TooMuch as too_much:
        return too_much.excess
    return None


@pytest.mark.parametrize(
    ("piece", "glue"),
    [
        ("kata", "\n\n"), ("- butir", "\n"), ("7. butir", "\n"), ("# Judul\nkata", "\n"),
        ("***\nkata", "\n"), ("> kutipan", "\n\n"), ("---", "\n"), ("+", "\n"),
    ],
)  # fmt: skip
def test_more_blocks_than_a_form_takes_are_refused(piece: str, glue: str) -> None:
    assert excess_of(glue.join([piece] * FIRST_TOO_MANY)) == Excess.BLOCKS
    assert excess_of(glue.join([piece] * (MAX_BLOCKS // 3))) is None


def test_as_many_paragraphs_as_allowed_are_taken() -> None:
    text = "\n\n".join(["kata"] * MAX_BLOCKS)

    assert excess_of(text) is None
    assert len(markdown.parse(text)) == MAX_BLOCKS


def test_every_line_of_a_fenced_passage_counts() -> None:
    assert excess_of("```\n" + "a\n" * FIRST_TOO_MANY + "```") == Excess.BLOCKS


def test_broken_lines_of_a_few_long_paragraphs_are_taken() -> None:
    """Somebody pastes a law whose lines are broken at 70 letters."""
    paragraph = "\n".join(["Setiap orang berhak atas jalan yang aman bagi pejalan kaki."] * 60)

    assert excess_of("\n\n".join([paragraph] * 100)) is None


@pytest.mark.parametrize("sign", ["*a", "[", "`", "\\", "a\n", "~~", "![", "&amp;", "<"])
def test_more_signs_than_a_form_takes_are_refused(sign: str) -> None:
    assert excess_of(sign * (MAX_SIGNS + 1)) == Excess.SIGNS


@pytest.mark.parametrize("text", [">" * 20 + "a", "- " * 20 + "a", "1. " * 20 + "a"])
def test_deep_nesting_in_one_line_is_refused(text: str) -> None:
    assert excess_of(text) == Excess.NESTING


def indented(levels: int) -> str:
    return "\n".join("  " * level + f"- tingkat {level}" for level in range(levels))


def test_deep_nesting_over_many_lines_is_refused_rather_than_left_out() -> None:
    with pytest.raises(TooMuch, match="nesting"):
        markdown.parse(indented(10))


def test_what_the_parser_takes_is_all_kept() -> None:
    [block] = markdown.parse(indented(9))

    assert "".join(run.text for run in block.runs()) == "".join(f"tingkat {n}" for n in range(9))


def test_a_line_break_inside_a_paragraph_makes_no_piece_of_its_own() -> None:
    [block] = markdown.parse("satu\ndua\ntiga **empat\nlima**")

    assert isinstance(block, Node)
    assert [run.text for run in block.runs()] == ["satu dua tiga ", "empat lima"]


def test_a_link_that_no_page_shows_is_kept_as_its_words() -> None:
    [block] = markdown.parse(f"[sini](https://contoh.id/{'a' * 5_000}) dan [situ](/akun)")

    assert [run.marks for run in block.runs()] == [{}]
