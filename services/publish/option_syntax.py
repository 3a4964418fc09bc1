"""Inputs, classes and units as they are written on a command line."""

import csv

from services.errors import InvalidInput
from services.publish.description_draft import GivenInput
from services.registry.model import FieldType


def read_names(text: str) -> tuple[str, ...]:
    """Names separated by commas; one that holds a comma stands in double quotes.

    Raises:
        InvalidInput: a quotation mark is not closed.
    """
    try:
        line = next(csv.reader([text], skipinitialspace=True, strict=True), [])
    except csv.Error as error:
        raise InvalidInput(f"{text!r}: {error}") from error
    return tuple(name.strip() for name in line)


def read_inputs(text: str) -> tuple[GivenInput, ...]:
    """Inputs as `name[:type[?]]`, separated by commas; a question mark: it may be missing.

    What follows the last colon is a type only if it is one, so names may hold colons.

    Raises:
        InvalidInput: a quotation mark is not closed.
    """
    return tuple(_input(written) for written in read_names(text))


def read_units(text: str) -> dict[str, str]:
    """Units as `name=unit`, separated by commas.

    Raises:
        InvalidInput: an equals sign or a name is missing, or a quotation mark is not closed.
    """
    found: dict[str, str] = {}
    for written in read_names(text):
        name, sign, unit = (part.strip() for part in written.rpartition("="))
        if not sign or not name:
            raise InvalidInput(f"unit {written!r}: write NAME=UNIT")
        found[name] = unit
    return found


def _input(written: str) -> GivenInput:
    name, colon, kind = written.rpartition(":")
    plain = kind.removesuffix("?")
    if not colon or plain not in set(FieldType):
        return GivenInput(written)
    return GivenInput(name.strip(), FieldType(plain), kind.endswith("?"))
