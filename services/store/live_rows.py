"""Rows of live tables as values for a driver, and back; the same for every driver."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import numpy as np
from numpy.typing import NDArray

from services.instants import instant
from services.registry.model import FieldType, Mode, Signature, Task
from services.store.batches import Categorical, Column, LabelBatch, PredictionBatch
from services.store.columns import (
    classes_column,
    column_of,
    live_columns,
    score_columns,
)
from services.store.identifiers import Ids

FIXED_COLUMNS = {
    "revision": FieldType.STRING,
    "mode": FieldType.STRING,
    "propensity": FieldType.NUMBER,
    "latency_ms": FieldType.NUMBER,
    "labelled_at": FieldType.INTEGER,
}
"""Columns of every live table beside those its signature decides."""


def prediction_columns(batch: PredictionBatch, signature: Signature) -> dict[str, tuple[Column, FieldType]]:
    """A batch's columns of the live table, without its key; never `label` or `labelled_at`."""
    kinds = live_columns(signature)
    columns = {name: (column, kinds.get(name, _kind(column))) for name, column in batch.inputs.items()}
    columns["predicted"] = (batch.predicted, kinds["predicted"])
    if batch.scores is not None and isinstance(batch.predicted, Categorical):
        names = score_columns(signature.classes)
        for index, name in enumerate(batch.predicted.categories[: batch.scores.shape[1]]):
            if name in names:
                columns[names[name]] = (batch.scores[:, index], FieldType.NUMBER)
    columns["revision"] = (_constant(batch.revision, len(batch)), FieldType.STRING)
    columns["mode"] = (_constant(batch.mode, len(batch)), FieldType.STRING)
    columns["propensity"] = (batch.propensity.astype(np.float64), FieldType.NUMBER)
    columns["latency_ms"] = (batch.latency_ms.astype(np.float64), FieldType.NUMBER)
    return columns


def _kind(column: Column) -> FieldType:
    return FieldType.STRING if isinstance(column, Categorical) else FieldType.NUMBER


def _constant(text: str, count: int) -> Categorical:
    return Categorical(np.zeros(count, dtype=np.int32), (str(text),))


def columns_of(names: Sequence[str], rows: Sequence[Sequence[object]]) -> dict[str, list[object]]:
    """Rows as columns by name; all are there, and empty, where there are no rows."""
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return {name: list(column) for name, column in zip(names, columns, strict=True)}


def last_labels(batch: LabelBatch) -> LabelBatch:
    """Of labels with the same id and instant, the one that comes last in the batch."""
    last = {
        key: row
        for row, key in enumerate(zip(*batch.ids.T.tolist(), batch.labelled_at.tolist(), strict=True))
    }
    return batch if len(last) == len(batch) else batch.take(np.array(sorted(last.values())))


@dataclass(frozen=True, slots=True)
class FoundRows:
    """Predicted rows as a driver found them: ids, and the live table's columns as values."""

    ids: Ids
    values: Mapping[str, Sequence[object]]

    @classmethod
    def of(cls, ids: Ids, names: Sequence[str], rows: Sequence[Sequence[object] | None]) -> Self:
        """From each id's row, None where there is none; `names` are the columns'."""
        chosen = np.array([row is not None for row in rows], dtype=bool)
        return cls(ids[chosen], columns_of(names, [row for row in rows if row is not None]))

    def batches(self, version: str, signature: Signature) -> list[PredictionBatch]:
        """One batch for each revision and mode, in order of first appearance."""
        if not len(self.ids):
            return []
        keys = list(zip(self.values["revision"], self.values["mode"], strict=True))
        members: dict[tuple[object, object], list[int]] = {}
        for row, key in enumerate(keys):
            members.setdefault(key, []).append(row)
        return [
            self._batch(version, signature, str(revision), Mode(str(mode)), rows)
            for (revision, mode), rows in members.items()
        ]

    def merged(self, version: str, signature: Signature) -> PredictionBatch | None:
        """All rows as one batch that names the first row's revision and mode; None without rows."""
        if not len(self.ids):
            return None
        revision, mode = str(self.values["revision"][0]), Mode(str(self.values["mode"][0]))
        return self._batch(version, signature, revision, mode, list(range(len(self.ids))))

    def _batch(
        self, version: str, signature: Signature, revision: str, mode: Mode, rows: list[int]
    ) -> PredictionBatch:
        def picked(name: str) -> list[object]:
            return [self.values[name][row] for row in rows]

        classified = signature.task is Task.CLASSIFICATION
        scores = [picked(name) for name in score_columns(signature.classes).values() if name in self.values]
        return PredictionBatch(
            version=version,
            revision=revision,
            mode=mode,
            ids=self.ids[rows],
            inputs={
                field.column: column_of(picked(field.column), text=field.type is FieldType.STRING)
                for field in signature.inputs
                if field.column in self.values
            },
            predicted=classes_column(picked("predicted"), signature.classes)
            if classified
            else column_of(picked("predicted"), text=False),
            scores=_scores(scores),
            latency_ms=np.array(picked("latency_ms"), dtype=np.float32),
            propensity=np.array(picked("propensity"), dtype=np.float32),
        )


def _scores(columns: list[list[object]]) -> NDArray[np.float64] | None:
    """Shape (n, k); None where no row has any, as from a model without probabilities."""
    if not columns:
        return None
    scores = np.array(columns, dtype=np.float64).T
    return None if bool(np.isnan(scores).all()) else scores


def shown_instant(at: object) -> datetime | None:
    """A `labelled_at` (microseconds) as an instant for people; see `instant` for what no calendar has."""
    return instant(at / 1e6) if isinstance(at, int) else None
