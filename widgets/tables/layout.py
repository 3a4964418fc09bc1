"""Which columns are shown, in what order, how wide and sorted how: remembered as a short text."""

from dataclasses import dataclass, field

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView

from widgets.tables.cells import Column


@dataclass(slots=True)
class TableLayout:
    """What is remembered of a table, by column keys, so that new columns do no harm."""

    order: list[str] = field(default_factory=list)
    widths: dict[str, int] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)
    sorted_by: str = ""
    ascending: bool = True

    def to_text(self) -> str:
        """As JSON."""
        import msgspec  # noqa: PLC0415 - the window's first paint does without it

        return msgspec.json.encode(self).decode()

    @classmethod
    def from_text(cls, text: str) -> "TableLayout | None":
        """From JSON; None when it is not a layout (an older program's, or damaged)."""
        import msgspec  # noqa: PLC0415 - the window's first paint does without it

        try:
            made = msgspec.json.decode(text, type=cls)
        except (msgspec.DecodeError, msgspec.ValidationError):
            return None
        return made if all(width > 0 for width in made.widths.values()) else None


def read_layout(header: QHeaderView, columns: tuple[Column, ...]) -> TableLayout:
    """The header's present layout."""
    keys = [column.key for column in columns]
    order = sorted(range(len(keys)), key=header.visualIndex)
    section = header.sortIndicatorSection()
    return TableLayout(
        order=[keys[i] for i in order],
        widths={keys[i]: header.sectionSize(i) for i in order if not header.isSectionHidden(i)},
        hidden=[keys[i] for i in order if header.isSectionHidden(i)],
        sorted_by=keys[section] if 0 <= section < len(keys) else "",
        ascending=header.sortIndicatorOrder() is Qt.SortOrder.AscendingOrder,
    )


def apply_layout(header: QHeaderView, columns: tuple[Column, ...], layout: TableLayout) -> None:
    """Give the header a remembered layout; unknown keys are passed over."""
    index = {column.key: i for i, column in enumerate(columns)}
    for key, i in index.items():
        header.setSectionHidden(i, key in layout.hidden)
        if key in layout.widths and not columns[i].stretch:
            header.resizeSection(i, layout.widths[key])
    known = [key for key in layout.order if key in index]
    for place, key in enumerate(known):
        header.moveSection(header.visualIndex(index[key]), place)
    if layout.sorted_by in index:
        order = Qt.SortOrder.AscendingOrder if layout.ascending else Qt.SortOrder.DescendingOrder
        header.setSortIndicator(index[layout.sorted_by], order)
