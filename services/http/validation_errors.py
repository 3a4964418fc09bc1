"""From a decoder's error to words for the client: which field, what is wrong, what would be right."""

import json
import math
import re

import msgspec

from services.errors import InvalidInput
from services.http.errors import InvalidField, InvalidJson

_WORDS = {
    "float": "a number",
    "int": "a whole number",
    "str": "a text",
    "bool": "true or false",
    "null": "null",
    "object": "an object",
    "array": "an array",
}
_MISSING = re.compile(r"Object missing required field `(.*)`", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_EXPECTED = re.compile(r"Expected `([^`]*)`, got `([^`]*)`")
_LENGTH = re.compile(r"Expected `(str|array)` of length <= (\d+)")
_BOUND = re.compile(r"Expected `int` ([<>]=) (-?\d+)")
_LARGEST = {str(2**53), str(-(2**53))}
_EMPTY = ("Expected `array` of length >= 1", "Expected `str` matching regex")
_LONGEST_NAME = 200


def explain(body: bytes, error: Exception) -> InvalidInput:
    """What a client should read about the error that decoding its body raised."""
    if isinstance(error, msgspec.ValidationError):
        return explain_value(error)
    if isinstance(error, RecursionError):
        return InvalidJson("the body is nested too deeply")
    if b"NaN" in body or b"Infinity" in body:
        found = _non_finite(body)
        if found is not None:
            return found
    if isinstance(error, UnicodeDecodeError):
        return InvalidJson("the body is not valid UTF-8")
    reason = "it is empty" if not body.strip() else str(error).removeprefix("JSON is malformed: ")
    return InvalidJson(f"the body is not valid JSON: {reason}")


def explain_value(error: msgspec.ValidationError, place: str | None = "") -> InvalidField:
    """A decoder's complaint, `REASON - at `$.PATH``, as a path and a sentence.

    Args:
        error: of a decoder, or of a conversion.
        place: what was decoded, as the client knows it; None where that is a list of one that the client
            did not write.
    """
    text = str(error)
    reason, _, inner = text.rpartition(" - at `$")
    path = inner.removesuffix("`")
    if not reason:
        reason, path = text, ""
    path = path.removeprefix("[0]").removeprefix(".") if place is None else f"{place}{path}"
    path = path.removeprefix(".")
    if missing := _MISSING.fullmatch(reason):
        path = _join(path, missing[1])
        return InvalidField(f"{path} is required", field=path)
    if unknown := _UNKNOWN.fullmatch(reason):
        path = _join(path, unknown[1])
        return InvalidField(f"{path} is not an input of this project", field=path)
    return InvalidField(f"{path or 'the body'} {_sentence(reason)}", field=path)


def _join(path: str, name: str) -> str:
    name = name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + "…"
    return f"{path}.{name}" if path else name


def _sentence(reason: str) -> str:
    if expected := _EXPECTED.match(reason):
        kinds = expected[1].split(" | ")
        # A whole number may also be written as 5.0; where only that is wanted, "a number" would mislead.
        wanted = [_WORDS.get(kind, kind) for kind in kinds if kind != "float" or "int" not in kinds]
        return f"must be {' or '.join(wanted)}, not {_WORDS.get(expected[2], expected[2])}"
    if length := _LENGTH.match(reason):
        kind = "characters" if length[1] == "str" else "entries"
        return f"is longer than {int(length[2]):,} {kind}"
    if reason.startswith("Number out of range"):
        return "is too large a number"
    if reason.startswith(_EMPTY):
        return "must not be empty"
    if bound := _BOUND.match(reason):
        exact = ", beyond which whole numbers are not exact" if bound[2] in _LARGEST else ""
        return f"must be {bound[1]} {bound[2]}{exact}"
    return f"is not valid: {reason[0].lower()}{reason[1:]}"


def _non_finite(body: bytes) -> InvalidField | None:
    """Where a body that is JSON but for NaN or Infinity has them; None if that is not what is wrong."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    path = _find_non_finite(value, "")
    if path is None:
        return None
    return InvalidField(
        f"{path or 'the body'} is NaN or infinite, which JSON has no number for; a missing value is null",
        field=path,
    )


def _find_non_finite(value: object, path: str) -> str | None:
    if isinstance(value, float):
        return path if not math.isfinite(value) else None
    if isinstance(value, dict):
        children = ((f"{path}.{name}" if path else str(name), child) for name, child in value.items())
    elif isinstance(value, list):
        children = ((f"{path}[{index}]", child) for index, child in enumerate(value))
    else:
        return None
    return next((found for child in children if (found := _find_non_finite(child[1], child[0]))), None)
