"""Columns of a batch as the bytes that CQL's types have on the wire, without a Python object per number.

Formats: Cassandra's native protocol, version 5, section 6.
"""

from collections.abc import Sequence

import numpy as np
from cassandra.query import UNSET_VALUE
from numpy.typing import NDArray

from services.errors import InvalidInput
from services.registry.model import FieldType
from services.store.batches import Categorical, Column
from services.store.columns import check_whole_numbers

_WIRE = {FieldType.NUMBER: ">f8", FieldType.INTEGER: ">i8", FieldType.BOOLEAN: ">i1"}


def sliced(array: NDArray[np.generic], wire: str) -> list[object]:
    """Each number's bytes in the given byte order and width."""
    content = array.astype(wire).tobytes()
    width = np.dtype(wire).itemsize
    return [content[start : start + width] for start in range(0, len(content), width)]


def wire_ids(ids: NDArray[np.uint64]) -> list[object]:
    """Each UUID's sixteen bytes."""
    content = np.ascontiguousarray(ids).astype(">u8").tobytes()
    return [content[start : start + 16] for start in range(0, len(content), 16)]


def wire_column(name: str, column: Column, kind: FieldType) -> list[object]:
    """A column as values ready to send; a missing one is left unset, which writes nothing.

    Raises:
        InvalidInput: the column does not hold what the table's column takes.
    """
    if isinstance(column, Categorical) != (kind is FieldType.STRING):
        raise InvalidInput(f"column {name!r} takes {'texts' if kind is FieldType.STRING else 'numbers'}")
    if isinstance(column, Categorical):
        lookup: list[object] = [*(text.encode() for text in column.categories), UNSET_VALUE]
        return [lookup[code] for code in column.codes.tolist()]
    missing = np.isnan(column)
    if kind is not FieldType.NUMBER:
        check_whole_numbers(name, column)
    values = sliced(np.where(missing, 0.0, column) if missing.any() else column, _WIRE[kind])
    for row in np.flatnonzero(missing).tolist():
        values[row] = UNSET_VALUE
    return values


def repeated(text: str, count: int) -> Sequence[object]:
    """The same text for every row."""
    return [text.encode()] * count
