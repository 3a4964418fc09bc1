"""Rows from a CSV file, typed by a signature."""

import csv
from collections.abc import Callable
from pathlib import Path

from services.errors import InvalidInput, NotFound
from services.registry.model import Field, FieldType, Signature

Value = float | str | bool | None
Row = dict[str, Value]
_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
_READERS: dict[FieldType, Callable[[str], Value]] = {
    FieldType.NUMBER: float,
    FieldType.INTEGER: int,
    FieldType.STRING: str,
    FieldType.BOOLEAN: lambda text: _BOOLEANS[text.lower()],
}


def read_rows(file: Path, signature: Signature, *, delimiter: str = ",") -> list[Row]:
    """All rows of a CSV file with a head: the signature's inputs and target, by their names.

    Raises:
        NotFound: there is no such file.
        InvalidInput: a column is missing, or a value has another type; says the line and column.
    """
    if not file.is_file():
        raise NotFound(f"there is no file {file}")
    fields = [*signature.inputs, signature.target]
    with file.open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream, delimiter=delimiter)
        missing = [field.name for field in fields if field.name not in (reader.fieldnames or [])]
        if missing:
            raise InvalidInput(f"{file} has no column named {', '.join(missing)}")
        return [
            {field.name: _value(record[field.name], field, f"{file}, line {number}") for field in fields}
            for number, record in enumerate(reader, start=2)
        ]


def _value(text: str | None, field: Field, where: str) -> Value:
    if text is None or text == "":
        return None
    try:
        return _READERS[field.type](text)
    except (KeyError, ValueError):
        raise InvalidInput(f"{where}: {field.name} is {text!r}, not a {field.type}") from None
