"""Which row of the screen shows which part of which line, with long lines wrapped or not."""

from bisect import bisect_right
from collections.abc import Sequence


class RowMap:
    """Rows of lines counted from 0; O(log n) to find a line, O(new) to add.

    Without wrapping (`columns` 0) every line is one row, and nothing is kept at all.
    """

    def __init__(self) -> None:
        self._columns = 0
        self._lines = 0
        self._ends: list[int] = []
        self._base = 0

    @property
    def columns(self) -> int:
        """Columns of a row; 0 while lines are not wrapped."""
        return self._columns

    @property
    def total(self) -> int:
        """How many rows all lines take."""
        if not self._columns:
            return self._lines
        return self._ends[-1] - self._base if self._ends else 0

    def lay_out(self, widths: Sequence[int], columns: int) -> None:
        """Begin anew with lines of these widths, wrapped at so many columns; 0 for not at all."""
        self._columns, self._lines, self._ends, self._base = columns, 0, [], 0
        self.append(widths)

    def append(self, widths: Sequence[int]) -> None:
        """Add lines of these widths, in columns."""
        self._lines += len(widths)
        if not self._columns:
            return
        end = self._ends[-1] if self._ends else self._base
        for width in widths:
            end += -(-width // self._columns) or 1
            self._ends.append(end)

    def drop(self, count: int) -> None:
        """Forget so many of the first lines."""
        self._lines -= count
        if self._columns and count:
            self._base = self._ends[count - 1]
            del self._ends[:count]

    def line_at(self, row: int) -> tuple[int, int]:
        """The line that a row shows, counted from 0, and which of its rows it is."""
        if not self._columns:
            return row, 0
        line = bisect_right(self._ends, row + self._base)
        return line, row - self.first_row(line)

    def first_row(self, line: int) -> int:
        """The first row of a line."""
        if not self._columns or line == 0:
            return line
        return self._ends[line - 1] - self._base
