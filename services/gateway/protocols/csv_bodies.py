"""CSV with a head, as pandas' `to_csv(index=False)` writes it."""

import csv
import io
import math
from collections.abc import Callable, Sequence
from typing import Any

from services.gateway.protocols.tables import chosen, from_rows
from services.gateway.validation import RequestSchema
from services.http.errors import InvalidField
from services.registry.model import FieldType

_MISSING = frozenset({"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "<NA>"})
_TRUTHS = {"true": True, "false": False}
_PLACE = "rows"


Lines = list[list[str]]


def read_csv(body: bytes) -> tuple[list[str], Lines]:
    """The head of a CSV body, and the cells of its rows.

    Raises:
        InvalidField: it is not UTF-8, has no head, or cannot be divided into cells.
    """
    try:
        lines = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True))
    except UnicodeDecodeError:
        raise InvalidField("the CSV is not valid UTF-8", field="") from None
    except csv.Error as error:
        raise InvalidField(f"the CSV cannot be read: {error}", field="") from None
    lines = [line for line in lines if line]
    if not lines:
        raise InvalidField("the CSV is empty; send a head and at least one row", field="")
    return lines[0], lines[1:]


def rows_of_csv(
    head: list[str], cells: Lines, schema: RequestSchema, numbers: Sequence[int] | None
) -> list[Any]:
    """The rows of these numbers, all where they are None, as the schema has them.

    An empty cell is a missing value; in columns that hold no texts, `NA`, `NaN` and `null` are too.

    Raises:
        InvalidField: there are none, or they hold what the schema does not take.
    """
    types = {field.name: field.type for field in schema.fields}
    readers = [_READERS[types.get(name, FieldType.STRING)] for name in head]
    rows = [
        [read(cell) for read, cell in zip(readers, row, strict=True)] if len(row) == len(head) else row
        for row in chosen(cells, numbers)
    ]
    return from_rows(schema, head, rows, _PLACE, numbers)


def _text(cell: str) -> str | None:
    return cell or None


def _number(cell: str) -> float | str | None:
    """A number; a cell that is none stays a text, for the schema to refuse by name."""
    if cell.strip() in _MISSING:
        return None
    try:
        number = float(cell)
    except ValueError:
        return cell
    return number if math.isfinite(number) and "_" not in cell else cell


def _integer(cell: str) -> float | str | None:
    """An integer, also one written as 5.0; kept exact where it is written without a point."""
    digits = cell.strip()
    sign_less = digits.removeprefix("-")
    return (
        int(digits) if sign_less.isascii() and sign_less.isdigit() and len(digits) < 20 else _number(cell)
    )


def _truth(cell: str) -> bool | str | None:
    if cell.strip() in _MISSING:
        return None
    return _TRUTHS.get(cell.strip().lower(), cell)


_READERS: dict[FieldType, Callable[[str], Any]] = {
    FieldType.NUMBER: _number,
    FieldType.INTEGER: _integer,
    FieldType.STRING: _text,
    FieldType.BOOLEAN: _truth,
}
