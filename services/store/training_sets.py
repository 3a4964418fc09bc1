"""The part of the training tables that is the same with every driver."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence

from services.registry.model import FieldType, Signature
from services.store.batches import Column
from services.store.columns import (
    checked_training_kinds,
    column_of,
    prediction_kinds,
    training_prediction_columns,
)
from services.store.names import validate_project


class TrainingSets(ABC):
    """Checks and names columns; the driver writes them."""

    @abstractmethod
    def _write(self, table: str, columns: Mapping[str, Column], kinds: Mapping[str, FieldType]) -> None:
        """Make or widen the table for these kinds, and write the rows of `columns`, `id` among them."""

    def write_training(self, project: str, signature: Signature, columns: Mapping[str, Column]) -> None:
        """See `TrainingStore`."""
        self._write(validate_project(project), columns, checked_training_kinds(project, signature, columns))

    def write_training_predictions(
        self, project: str, version: str, row_ids: Column, predicted: Column,
        scores: Mapping[str, Column] | None,
    ) -> None:  # fmt: skip
        """See `TrainingStore`."""
        columns = training_prediction_columns(version, row_ids, predicted, scores)
        self._write(validate_project(project), columns, prediction_kinds(columns))


def wanted_columns(types: Iterable[str], columns: Iterable[str] | None) -> list[str]:
    """Those of a table's columns that are asked for, in the table's order; all where that is not said."""
    chosen = None if columns is None else set(columns)
    return [name for name in types if chosen is None or name in chosen]


def columns_of(rows: Sequence[Sequence[object]], text: Mapping[str, bool]) -> dict[str, Column]:
    """A driver's rows as columns, by name: `text` says of each column, in order, whether it holds texts."""
    values = zip(*rows, strict=True) if rows else [()] * len(text)
    return {
        name: column_of(column, text=is_text)
        for (name, is_text), column in zip(text.items(), values, strict=True)
    }
