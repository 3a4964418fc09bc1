"""From rows of a request, or of the log, to the rows that one challenger is asked for."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from services.gateway.records import Value
from services.gateway.validation import request_fields
from services.registry.model import Field, FieldType, Project, Signature
from services.store.batches import Categorical, Column, PredictionBatch, take

Row = tuple[Value, ...]
"""A challenger's inputs in its signature's order; None is missing."""

_KINDS: dict[FieldType, type] = {FieldType.INTEGER: int, FieldType.BOOLEAN: bool, FieldType.NUMBER: float}


class ChallengerInputs:
    """What one challenger wants to see.

    Args:
        signature: of the challenger.
    """

    def __init__(self, signature: Signature) -> None:
        self.fields = signature.inputs
        self._names = [field.name for field in self.fields]
        self._needed = [
            index for index, field in enumerate(self.fields) if field.required and not field.nullable
        ]
        self._omitted = {
            index for index, field in enumerate(self.fields) if not field.required and not field.nullable
        }

    def lacks(self, row: Row) -> bool:
        """Whether a row lacks an input without which the challenger cannot be asked."""
        return None in row and any(row[index] is None for index in self._needed)

    def body(self, rows: Sequence[Row]) -> bytes:
        """The request for these rows, none of which lacks an input."""
        return msgspec.json.encode({"instances": [self._instance(row) for row in rows]})

    def _instance(self, row: Row) -> dict[str, Value]:
        if None not in row:
            return dict(zip(self._names, row, strict=True))
        return {
            name: value
            for index, (name, value) in enumerate(zip(self._names, row, strict=True))
            if value is not None or index not in self._omitted
        }


class InputSelection:
    """Picks a challenger's inputs from rows of a request.

    Args:
        given: the fields of the request's rows, in their order.
        wanted: the challenger's.
    """

    def __init__(self, given: Sequence[Field], wanted: Sequence[Field]) -> None:
        self.wanted = wanted
        places = {field.name: place for place, field in enumerate(given)}
        # What the request cannot carry stands one behind its last value, where a None is put.
        self._places = [places.get(field.name, len(given)) for field in wanted]
        self._complete = len(given) not in self._places
        self._pick = itemgetter(*self._places) if len(self._places) > 1 else None

    def __call__(self, row: Sequence[Value]) -> Row:
        """The challenger's row."""
        values = row if self._complete else (*row, None)
        if self._pick is not None:
            picked: Row = self._pick(values)
            return picked
        return tuple(values[place] for place in self._places)


class LoggedInputs:
    """Rebuilds a challenger's rows from batches of the log that another version answered.

    Args:
        project: with the version that answered.
        version: which it was.
        signature: of the challenger.
    """

    def __init__(self, project: Project, version: str, signature: Signature) -> None:
        answered = project.version(version)
        given = () if answered is None else request_fields(project, answered)
        columns = {field.name: field.column for field in given}
        self._columns = [(field, columns.get(field.name, field.column)) for field in signature.inputs]

    def lacking(self, batch: PredictionBatch) -> NDArray[np.bool_]:
        """Which rows, shape (n,), lack an input without which the challenger cannot be asked."""
        lacking = np.zeros(len(batch), bool)
        for field, column in self._columns:
            if field.required and not field.nullable:
                lacking |= _missing(batch.inputs.get(column), len(batch))
        return lacking

    def rows(self, batch: PredictionBatch, chosen: Sequence[int]) -> list[Row]:
        """The challenger's rows for these rows of the batch."""
        places = np.array(chosen, np.int64)
        values = [_values(batch.inputs.get(column), field, places) for field, column in self._columns]
        return list(zip(*values, strict=True))


def _missing(column: Column | None, count: int) -> NDArray[np.bool_]:
    if column is None:
        return np.ones(count, bool)
    missing: NDArray[np.bool_] = column.codes < 0 if isinstance(column, Categorical) else np.isnan(column)
    return missing


def _values(column: Column | None, field: Field, rows: NDArray[np.int64]) -> list[Any]:
    if column is None:
        return [None] * len(rows)
    chosen = take(column, rows)
    if isinstance(chosen, Categorical):
        return chosen.texts()
    kind = _KINDS.get(field.type, float)
    return [None if value != value else kind(value) for value in chosen.tolist()]  # noqa: PLR0124 - NaN
