"""Rows that a signature allows, and rows that it does not."""

from typing import Any

from services.registry.model import Field, FieldType, Signature

Row = dict[str, Any]

_WRONG: dict[FieldType, Any] = {
    FieldType.NUMBER: "not a number",
    FieldType.INTEGER: "not a number",
    FieldType.STRING: {"not": "a text"},
    FieldType.BOOLEAN: "not a boolean",
}


def sample_rows(signature: Signature, count: int) -> list[Row]:
    """Rows with a value for every input; each row differs from the one before."""
    return [
        {field.name: _value(field, number + place) for place, field in enumerate(signature.inputs)}
        for number in range(count)
    ]


def wrong_value(field: Field) -> Any:
    """A value of another type than the field's."""
    return _WRONG[field.type]


def _value(field: Field, number: int) -> Any:
    match field.type:
        case FieldType.NUMBER:
            return 0.25 + number * 7 % 11
        case FieldType.INTEGER:
            return number * 7 % 11
        case FieldType.BOOLEAN:
            return number % 2 == 0
        case FieldType.STRING:
            return f"text {number % 3}"
