"""Predictions and labels as plain numbers by id: what is joined."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.evaluation.join.id_table import Keys, concat_keys
from services.store.batches import Column, Floats

Integers = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class PredictionRows:
    """Predictions of one version, n rows.

    Attributes:
        streams: shape (n,), int32, which revision and mode each row is of.
        predicted: shape (n,), numbers or codes of classes, NaN where missing.
        scores: shape (n, k); k is 0 for regression.
        marked: shape (n,), whether a row may have been recorded twice.
    """

    keys: Keys
    streams: Integers
    predicted: Floats
    scores: Floats
    marked: NDArray[np.bool_]

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.keys)

    def take(self, rows: NDArray[np.generic]) -> "PredictionRows":
        """The rows chosen by a mask or by positions."""
        return PredictionRows(
            self.keys.take(rows), self.streams[rows], self.predicted[rows], self.scores[rows],
            self.marked[rows],
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class VersionRows:
    """Predictions of one version, and their inputs by column."""

    version: str
    rows: PredictionRows
    inputs: dict[str, Column]


@dataclass(frozen=True, slots=True, eq=False)
class LabelRows:
    """Labels and where they stand in the log, n rows in each writer's order.

    Attributes:
        values: shape (n,), numbers or codes of texts.
        labelled_at: shape (n,), microseconds.
        writers: shape (n,), positions in the list of writers' names.
        segments, sequences: shape (n,).
    """

    keys: Keys
    values: Floats
    labelled_at: NDArray[np.int64]
    writers: Integers
    segments: Integers
    sequences: Integers

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.keys)

    def take(self, rows: NDArray[np.generic]) -> "LabelRows":
        """The rows chosen by a mask or by positions."""
        return LabelRows(
            self.keys.take(rows), self.values[rows], self.labelled_at[rows], self.writers[rows],
            self.segments[rows], self.sequences[rows],
        )  # fmt: skip


def no_labels() -> LabelRows:
    """No rows."""
    whole = np.empty(0, dtype=np.int32)
    return LabelRows(
        concat_keys([]), np.empty(0), np.empty(0, dtype=np.int64), whole, whole.copy(), whole.copy()
    )


def concat_labels(parts: list[LabelRows]) -> LabelRows:
    """Rows one behind the other; there is at least one part."""
    return LabelRows(
        concat_keys([part.keys for part in parts]),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.labelled_at for part in parts]),
        np.concatenate([part.writers for part in parts]),
        np.concatenate([part.segments for part in parts]),
        np.concatenate([part.sequences for part in parts]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class PastLabels:
    """Labels of past ids, each id once, shape (n,); NaN where there is none.

    Attributes:
        before: as they counted before the rows that are being read now.
        after: as they count with these.
    """

    keys: Keys
    before: Floats
    after: Floats


@dataclass(frozen=True, slots=True, eq=False)
class JoinedRows:
    """Predictions with a true value, shape (n,), to be put in (`sign` +1) or taken out (-1)."""

    version: str
    rows: PredictionRows
    labels: Floats
    sign: int
