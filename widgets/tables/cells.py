"""Rows and columns as plain values: everything a table paints, computed before it is shown."""

from dataclasses import dataclass
from enum import IntEnum

from PySide6.QtCore import Qt

from widgets.theme import State

SortValue = str | float | int


class Role(IntEnum):
    """The roles a cell answers beside Qt's own."""

    KEY = Qt.ItemDataRole.UserRole + 2
    STATE = Qt.ItemDataRole.UserRole + 3
    PROGRESS = Qt.ItemDataRole.UserRole + 4
    MARK = Qt.ItemDataRole.UserRole + 5
    STRONG = Qt.ItemDataRole.UserRole + 6
    QUIET = Qt.ItemDataRole.UserRole + 7
    EXPORT = Qt.ItemDataRole.UserRole + 8
    BEGINS_GROUP = Qt.ItemDataRole.UserRole + 9


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell.

    Attributes:
        text: what is shown.
        sort: what it is sorted by; the text without regard to case when None.
        tooltip: shown on hover; the whole text when that is elided and this is empty.
        state: colours the text and puts a dot before it; the text is the word.
        progress: 0 to 1, painted as a bar before the text.
        mark: a version's colour, painted as a square before the text.
        strong, quiet: weight of the ink.
        export: what copy and CSV give, when it is not the text (a number in full, an exact time).
    """

    text: str
    sort: SortValue | None = None
    tooltip: str = ""
    state: State | None = None
    progress: float | None = None
    mark: str = ""
    strong: bool = False
    quiet: bool = False
    export: str | None = None

    @property
    def sort_value(self) -> SortValue:
        """What it is sorted by."""
        return self.text.casefold() if self.sort is None else self.sort


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `key` names it across refreshes, `cells` has one per column."""

    key: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        key: names it in the remembered state.
        title: its head.
        unit: shown after the title.
        numeric: right-aligned.
        width: pixels at first, before the person changes it.
        stretch: takes the room that is left; one column of a table does.
        tooltip: explains the head on hover.
        mark: a version's colour, painted as a line under the head.
        begins_group: set apart from the column before it by a hairline.
    """

    key: str
    title: str
    unit: str = ""
    numeric: bool = False
    width: int = 120
    stretch: bool = False
    tooltip: str = ""
    mark: str = ""
    begins_group: bool = False

    @property
    def head(self) -> str:
        """Title and unit as shown."""
        return f"{self.title} ({self.unit})" if self.unit else self.title
