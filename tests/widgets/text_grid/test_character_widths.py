"""How many columns letters take, and which letter stands at a column."""

import pytest

from widgets.text_grid.character_widths import columns_of, cut, position_at


@pytest.mark.parametrize(
    ("text", "width"), [("", 0), ("abc", 3), ("café", 4), ("cafe\u0301", 4), ("日本", 4), ("a日b", 4)]
)
def test_wide_letters_take_two_columns_and_combining_marks_none(text: str, width: int) -> None:
    assert columns_of(text) == width


@pytest.mark.parametrize(("column", "place"), [(0, 0), (1, 1), (2, 1), (3, 2), (4, 3), (9, 3)])
def test_both_columns_of_a_wide_letter_are_its_own(column: int, place: int) -> None:
    assert position_at("a日b", column) == place


def test_a_part_is_cut_by_columns() -> None:
    assert cut("abcdef", 2, 3) == (2, "cde")
    assert cut("日本語", 2, 4) == (1, "本語")
    assert cut("ab", 5, 3) == (2, "")
