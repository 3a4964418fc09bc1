"""What a table or plot hands out to be saved; the page asks where, and writes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Export:
    """A finished file in memory.

    Attributes:
        name: suggested file name, with its ending.
        kind: for the file chooser, such as `CSV (*.csv)`.
        content: the file's bytes.
    """

    name: str
    kind: str
    content: bytes


def csv_export(name: str, text: str) -> Export:
    """A CSV file; begins with a byte order mark so that spreadsheets read its letters right."""
    return Export(f"{name}.csv", "CSV (*.csv)", text.encode("utf-8-sig"))
