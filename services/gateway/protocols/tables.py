"""Tables as other protocols send them, made into a schema's rows; a missing value is None in them.

What a value may be is the schema's to say: here only shapes are checked.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from services.gateway.validation import RequestSchema
from services.http.errors import InvalidField
from services.http.validation_errors import explain

Body = TypeVar("Body")
Row = TypeVar("Row")
# A text is skipped as a whole, so that what stands in it stays as it is.
_TEXT_OR_NAN = re.compile(rb'"(?:[^"\\]|\\.)*"|\bNaN\b', re.DOTALL)


def decode(body: bytes, decoder: msgspec.json.Decoder[Body]) -> Body:
    """A JSON body in which NaN may stand for a missing value, as pandas and numpy write one.

    Raises:
        InvalidField, InvalidJson: it is not what the decoder takes.
    """
    try:
        return decoder.decode(body)
    except (ValueError, RecursionError) as error:
        if b"NaN" not in body or isinstance(error, msgspec.ValidationError):
            raise explain(body, error) from None
    body = _TEXT_OR_NAN.sub(lambda found: b"null" if found[0] == b"NaN" else found[0], body)
    try:
        return decoder.decode(body)
    except (ValueError, RecursionError) as error:
        raise explain(body, error) from None


def from_rows(
    schema: RequestSchema,
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    place: str,
    numbers: Sequence[int] | None = None,
) -> list[Any]:
    """Rows of a table with a head; `numbers` says which of the table's they are, None that they are all.

    Raises:
        InvalidField: a name stands twice, a row has another length than the head, or as `schema.rows`.
    """
    if len(set(names)) != len(names):
        twice = next(name for name in names if list(names).count(name) > 1)
        raise InvalidField(f"the column {twice} stands twice", field=place)
    records = []
    for index, row in enumerate(rows):
        if len(row) != len(names):
            field = f"{place}[{index if numbers is None else numbers[index]}]"
            raise InvalidField(f"{field} has {len(row)} values for {len(names)} columns", field=field)
        records.append(dict(zip(names, row, strict=True)))
    return schema.rows(without_gaps(schema, records), place, numbers)


def from_columns(
    schema: RequestSchema,
    columns: Mapping[str, Sequence[Any]],
    place: str,
    numbers: Sequence[int] | None = None,
) -> list[Any]:
    """The rows of named columns, or, of the columns' rows, those of these numbers.

    Raises:
        InvalidField: the columns differ in length, or as `schema.rows`.
    """
    check_lengths(columns, place)
    rows = list(zip(*columns.values(), strict=True))
    return from_rows(schema, [*columns], chosen(rows, numbers), place, numbers)


def check_lengths(columns: Mapping[str, Sequence[Any]], place: str) -> int:
    """How many rows the columns have; InvalidField if they differ in length."""
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        told = ", ".join(f"{name} {len(values)}" for name, values in columns.items())
        raise InvalidField(f"the columns of {place} differ in length: {told}", field=place)
    return lengths.pop() if lengths else 0


def chosen(rows: Sequence[Row], numbers: Sequence[int] | None) -> Sequence[Row]:
    """The rows of these numbers; all where they are None."""
    return rows if numbers is None else [rows[number] for number in numbers]


def without_gaps(schema: RequestSchema, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Records in which a missing value that may not be null, but may be left out, is left out."""
    if not schema.left_out:
        return records
    return [
        {name: value for name, value in record.items() if value is not None or name not in schema.left_out}
        for record in records
    ]
