"""Which row shows which part of which line."""

from hypothesis import given
from hypothesis import strategies as numbers

from widgets.logs.rows import RowMap

widths = numbers.lists(numbers.integers(0, 50), min_size=1, max_size=30)


def test_without_wrapping_a_line_is_a_row() -> None:
    rows = RowMap()
    rows.lay_out([10, 500, 0], 0)
    assert (rows.total, rows.line_at(1), rows.first_row(2)) == (3, (1, 0), 2)


def test_a_long_line_takes_as_many_rows_as_it_needs_and_an_empty_one_takes_one() -> None:
    rows = RowMap()
    rows.lay_out([10, 25, 0, 20], 10)
    assert [rows.line_at(row) for row in range(rows.total)] == [
        (0, 0), (1, 0), (1, 1), (1, 2), (2, 0), (3, 0), (3, 1),
    ]  # fmt: skip


@given(widths, widths, numbers.integers(1, 20), numbers.integers(0, 60))
def test_adding_and_dropping_is_the_same_as_laying_out_anew(
    first: list[int], second: list[int], columns: int, dropped: int
) -> None:
    grown, fresh = RowMap(), RowMap()
    grown.lay_out(first, columns)
    grown.append(second)
    dropped = min(dropped, len(first) + len(second))
    grown.drop(dropped)
    fresh.lay_out([*first, *second][dropped:], columns)
    assert grown.total == fresh.total
    assert [grown.line_at(row) for row in range(grown.total)] == [
        fresh.line_at(row) for row in range(fresh.total)
    ]
