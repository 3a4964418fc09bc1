"""Tables as text: for the clipboard and for CSV files."""

import csv
import io
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QAbstractItemModel, Qt

from widgets.tables.cells import Role

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Spreadsheets take full-width signs for the narrow ones."""


def grid(model: QAbstractItemModel, rows: Iterable[int], columns: Sequence[int]) -> list[list[str]]:
    """Heads and cells in full, as shown in that order."""
    heads = [str(model.headerData(c, Qt.Orientation.Horizontal)) for c in columns]
    return [heads, *([str(model.index(r, c).data(Role.EXPORT) or "") for c in columns] for r in rows)]


def tab_separated(lines: list[list[str]]) -> str:
    """For the clipboard: spreadsheets take it as cells."""
    return "\n".join(
        "\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in line) for line in lines
    )


def comma_separated(lines: list[list[str]]) -> str:
    """RFC 4180; a text that a spreadsheet would run as a formula gets an apostrophe before it."""
    written = io.StringIO()
    csv.writer(written).writerows([harmless(cell) for cell in line] for line in lines)
    return written.getvalue()


def harmless(cell: str) -> str:
    """The cell, kept from being run as a formula (OWASP, "CSV injection"); numbers stay as they are."""
    if not cell.startswith(RISKY):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell
