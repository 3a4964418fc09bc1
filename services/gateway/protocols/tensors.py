"""Tensors of the Open Inference Protocol: their types, their JSON and their binary data."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Union

import msgspec
import numpy as np
from msgspec import Meta, Struct

from services.http.errors import InvalidField
from services.http.validation_errors import explain_value
from services.registry.model import FieldType

BYTES = "BYTES"
DATATYPES: dict[FieldType, str] = {
    FieldType.NUMBER: "FP64",
    FieldType.INTEGER: "INT64",
    FieldType.STRING: BYTES,
    FieldType.BOOLEAN: "BOOL",
}
MOST_DIMENSIONS = 2


class Tensor(Struct, omit_defaults=True):
    """A named tensor, in requests and answers; without `data` its values are in the binary part."""

    name: str
    shape: list[Annotated[int, Meta(ge=0)]]
    datatype: str
    parameters: dict[str, Any] | None = None
    data: list[Any] | None = None


@dataclass(frozen=True, slots=True)
class _Kind:
    """A datatype: what a value of it is in JSON, and its little-endian form; "" for counted texts."""

    json: Any
    binary: str


def _integers(bits: int, *, signed: bool) -> _Kind:
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    # The decoder knows no bound beyond 64 signed bits; what is larger is refused by the schema.
    meta = Meta(ge=low) if high >= 2**63 else Meta(ge=low, le=high)
    return _Kind(list[Annotated[int, meta] | None], f"<{'i' if signed else 'u'}{bits // 8}")


_KINDS: dict[str, _Kind] = {
    "BOOL": _Kind(list[bool | None], "?"),
    **{f"INT{bits}": _integers(bits, signed=True) for bits in (8, 16, 32, 64)},
    **{f"UINT{bits}": _integers(bits, signed=False) for bits in (8, 16, 32, 64)},
    **{f"FP{bits}": _Kind(list[float | None], f"<f{bits // 8}") for bits in (16, 32, 64)},
    BYTES: _Kind(list[str | None], ""),
}
KNOWN_DATATYPES = tuple(_KINDS)


FLAT: Any = Union[  # noqa: UP007 - made at run time
    tuple(
        msgspec.defstruct(
            f"Flat{name}",
            [("name", str), ("shape", list[int]), ("data", kind.json)],
            tag_field="datatype",
            tag=name,
            forbid_unknown_fields=True,
            gc=False,
        )
        for name, kind in _KINDS.items()
    )
]
"""Tensors as most come, flat and in JSON, one type for each datatype: decoded and checked in one go."""


def flat_columns(tensors: Sequence[Any]) -> dict[str, list[Any]] | None:
    """Tensors of the types `FLAT` as columns; None where one is not a column of its own."""
    columns = {}
    for tensor in tensors:
        shape, data = tensor.shape, tensor.data
        if shape != [len(data)] and shape != [len(data), 1]:
            return None
        columns[tensor.name] = data
    return columns if len(columns) == len(tensors) else None


def values_of(tensor: Tensor, binary: bytes | None) -> list[Any]:
    """A tensor's values in row-major order; None where one is missing (null, or NaN in binary data).

    Args:
        tensor: as it came.
        binary: its binary data; None if it has none.

    Raises:
        InvalidField: its type is not known, or its data do not fit its type and shape.
    """
    kind = _KINDS.get(tensor.datatype)
    if kind is None:
        raise _wrong(tensor, f"has the datatype {tensor.datatype[:20]!r}; known are {', '.join(_KINDS)}")
    if not 1 <= len(tensor.shape) <= MOST_DIMENSIONS:
        raise _wrong(tensor, "must have one or two dimensions")
    values = _from_json(tensor, kind) if binary is None else _from_binary(tensor, kind, binary)
    expected = math.prod(tensor.shape)
    if len(values) != expected:
        raise _wrong(tensor, f"has {len(values)} values for the shape {tensor.shape}")
    return values


def columns_of(tensor: Tensor, values: list[Any], names: Sequence[str]) -> dict[str, list[Any]]:
    """A tensor as columns: one of its own name, or, of a matrix, one for each of `names`."""
    width = tensor.shape[1] if len(tensor.shape) == MOST_DIMENSIONS else 1
    if width == 1:
        return {tensor.name: values}
    if width != len(names):
        raise _wrong(tensor, f"has {width} columns; the model has {len(names)} inputs")
    return {name: values[index::width] for index, name in enumerate(names)}


def texts_to_binary(texts: Sequence[str]) -> bytes:
    """Texts as the binary extension has them: four bytes of length before each."""
    encoded = [text.encode() for text in texts]
    return b"".join(len(text).to_bytes(4, "little") + text for text in encoded)


def _from_json(tensor: Tensor, kind: _Kind) -> list[Any]:
    if tensor.data is None:
        raise _wrong(tensor, "has no data")
    values = tensor.data
    if len(tensor.shape) == MOST_DIMENSIONS and values and isinstance(values[0], list):
        if any(not isinstance(row, list) or len(row) != tensor.shape[1] for row in values):
            raise _wrong(tensor, f"has rows that do not fit the shape {tensor.shape}")
        values = [value for row in values for value in row]
    try:
        converted: list[Any] = msgspec.convert(values, kind.json)
    except msgspec.ValidationError as error:
        raise explain_value(error, tensor.name) from None
    return converted


def _from_binary(tensor: Tensor, kind: _Kind, binary: bytes) -> list[Any]:
    if not kind.binary:
        return _counted_texts(tensor, binary)
    try:
        array = np.frombuffer(binary, kind.binary)
    except ValueError:
        raise _wrong(tensor, f"has {len(binary)} bytes, no whole number of values") from None
    if kind.binary == "?" and np.frombuffer(binary, np.uint8).max(initial=0) > 1:
        raise _wrong(tensor, "holds a byte that is neither 0 nor 1")
    values: list[Any] = array.tolist()
    if array.dtype.kind == "f":
        if np.isinf(array).any():
            raise _wrong(tensor, "holds an infinite value")
        values = [None if value != value else value for value in values]  # noqa: PLR0124 - NaN alone differs from itself
    return values


def _counted_texts(tensor: Tensor, binary: bytes) -> list[Any]:
    texts, at = [], 0
    while at < len(binary):
        end = at + 4 + int.from_bytes(binary[at : at + 4], "little")
        if end > len(binary):
            raise _wrong(tensor, "ends within a text")
        try:
            texts.append(binary[at + 4 : end].decode())
        except UnicodeDecodeError:
            raise _wrong(tensor, "holds a text that is not valid UTF-8") from None
        at = end
    return texts


def _wrong(tensor: Tensor, what: str) -> InvalidField:
    name = tensor.name[:200]
    return InvalidField(f"input {name!r} {what}", field=name)
