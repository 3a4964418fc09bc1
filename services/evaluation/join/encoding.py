"""Predictions and labels as plain numbers while they are joined, and as columns again for the summaries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from services.evaluation.join.id_table import keys_of
from services.evaluation.join.labels import PastLabels
from services.evaluation.join.past_rows import PastRows
from services.evaluation.join.rows import (
    LabelRows,
    PredictionRows,
    VersionRows,
    concat_labels,
    no_labels,
)
from services.evaluation.summaries import LabelledRows
from services.evaluation.summaries.rows import as_classes
from services.registry.model import Signature, Task
from services.store.batches import Categorical, Column, Floats, LabelBatch, PredictionBatch
from services.store.identifiers import Ids


class LabelTexts:
    """Codes of the texts that labels of one project were given as; grows with what is met.

    Args:
        texts: those known so far, in order of their codes.
    """

    def __init__(self, texts: Sequence[str] = ()) -> None:
        self._codes = {text: code for code, text in enumerate(texts)}

    @property
    def texts(self) -> tuple[str, ...]:
        """All texts in order of their codes."""
        return tuple(self._codes)

    def extend(self, texts: Sequence[str]) -> None:
        """Code more texts, in this order."""
        for text in texts:
            self._codes.setdefault(text, len(self._codes))

    def codes_of(self, labels: Sequence[float | str | None]) -> Floats:
        """Single labels as numbers, shape (n,): numbers as they are, texts as codes, NaN for None."""
        return np.array([self._number(label) for label in labels], dtype=np.float64)

    def _number(self, label: float | str | None) -> float:
        if isinstance(label, str):
            return float(self._codes.setdefault(label, len(self._codes)))
        return np.nan if label is None else label

    def codes(self, column: Categorical) -> Floats:
        """Codes of a column, shape (n,), NaN where missing."""
        return recoded(
            column, [self._codes.setdefault(text, len(self._codes)) for text in column.categories]
        )

    def column(self, codes: Floats) -> Categorical:
        """The column that `codes` came from, with the texts that occur in it."""
        used, places = np.unique(_whole(codes), return_inverse=True)
        texts = self.texts
        first = int(len(used) and used[0] < 0)
        return Categorical(
            (places - first).astype(np.int32), tuple(texts[code] for code in used[first:].tolist())
        )


@dataclass(frozen=True, slots=True)
class OutcomeEncoder:
    """How one version's predictions and their labels become numbers, and classes again.

    Attributes:
        signature: the version's.
        texts: codes of the project's label texts.
    """

    signature: Signature
    texts: LabelTexts

    @property
    def is_classification(self) -> bool:
        """Whether there are classes."""
        return self.signature.task is Task.CLASSIFICATION

    @property
    def classes(self) -> tuple[str, ...]:
        """The signature's; none for regression."""
        return self.signature.classes if self.is_classification else ()

    def predicted(self, column: Column) -> Floats:
        """Predictions as numbers, shape (n,); a class not in the signature is missing."""
        if not self.is_classification:
            return np.full(len(column), np.nan) if isinstance(column, Categorical) else column
        texts = as_classes(column, self.classes)
        index = {name: code for code, name in enumerate(self.classes)}
        return recoded(texts, [index.get(name, -1) for name in texts.categories])

    def scores(self, batch: PredictionBatch) -> Floats:
        """Scores in the signature's order of classes, shape (n, k), NaN where the model gave none."""
        if not self.classes or not isinstance(batch.predicted, Categorical) or batch.scores is None:
            return np.full((len(batch), len(self.classes)), np.nan)
        names = batch.predicted.categories[: batch.scores.shape[1]]
        if names == self.classes:
            return batch.scores
        scores = np.full((len(batch), len(self.classes)), np.nan)
        for place, name in enumerate(names):
            if name in self.classes:
                scores[:, self.classes.index(name)] = batch.scores[:, place]
        return scores

    def labels(self, column: Column) -> Floats:
        """Labels as numbers, shape (n,); those of a wrong type are missing."""
        if self.is_classification:
            return self.texts.codes(as_classes(column, self.classes))
        return np.full(len(column), np.nan) if isinstance(column, Categorical) else column

    def labelled(self, ids: Ids, labels: Floats, predicted: Floats, scores: Floats) -> LabelledRows:
        """Rows for the summaries."""
        if not self.is_classification:
            return LabelledRows(ids, labels, predicted)
        predictions = Categorical(_whole(predicted), self.classes)
        return LabelledRows(ids, self.texts.column(labels), predictions, scores)


@dataclass(frozen=True, slots=True, eq=False)
class StreamBatch:
    """Predictions and the number of their stream."""

    stream: int
    batch: PredictionBatch


@dataclass(frozen=True, slots=True, eq=False)
class LoggedLabels:
    """Labels and where they stand.

    Attributes:
        writer: position in the list of writers' names.
        sequence: of all rows, where the batch has no `sequences`.
    """

    writer: int
    segment: int
    sequence: int
    batch: LabelBatch


@dataclass(frozen=True, slots=True, eq=False)
class EncodedRows:
    """What is joined next, as numbers.

    Attributes:
        predictions: new ones.
        labels: new ones, several of an id among them.
        past_labels: of ids that are no longer held.
        changed: past predictions whose label has changed.
    """

    predictions: list[VersionRows]
    labels: LabelRows
    past_labels: PastLabels
    changed: list[VersionRows]


def encode(
    encoders: Mapping[str, OutcomeEncoder], predictions: Sequence[StreamBatch],
    labels: Sequence[LoggedLabels], past: PastRows, changed: Sequence[StreamBatch],
) -> EncodedRows:  # fmt: skip
    """Everything of a slice of the log, and what the store knows of its past ids, as numbers.

    Args:
        encoders: by version, at least one; labels are of the whole project.
        predictions: those that the slice holds.
        labels: those that the slice holds.
        past: the labels of its past ids.
        changed: `past.predictions`.
    """
    of_labels = next(iter(encoders.values()))
    past_labels = PastLabels()
    past_labels.put(past.keys, of_labels.texts.codes_of(past.before), of_labels.texts.codes_of(past.after))
    return EncodedRows(
        [_encoded(encoders, one, one.batch.inputs) for one in predictions],
        concat_labels([no_labels(), *(_encoded_labels(of_labels, one) for one in labels)]),
        past_labels,
        [_encoded(encoders, one, {}) for one in changed],
    )


def _encoded(
    encoders: Mapping[str, OutcomeEncoder], one: StreamBatch, inputs: dict[str, Column]
) -> VersionRows:
    batch, encoder = one.batch, encoders[one.batch.version]
    rows = PredictionRows(
        keys_of(batch.ids),
        np.full(len(batch), one.stream, dtype=np.int32),
        encoder.predicted(batch.predicted),
        encoder.scores(batch),
        np.full(len(batch), batch.brought or batch.late, dtype=np.bool_),
    )
    return VersionRows(batch.version, rows, inputs)


def _encoded_labels(encoder: OutcomeEncoder, logged: LoggedLabels) -> LabelRows:
    batch, count = logged.batch, len(logged.batch)
    sequences = batch.sequences
    if sequences is None:
        sequences = np.full(count, logged.sequence, dtype=np.int32)
    return LabelRows(
        keys_of(batch.ids),
        encoder.labels(batch.labels),
        batch.labelled_at,
        np.full(count, logged.writer, dtype=np.int32),
        np.full(count, logged.segment, dtype=np.int32),
        sequences,
    )


def recoded(column: Categorical, codes: list[int]) -> Floats:
    """A column's codes after each category got a new one (-1: none), as numbers with NaN where missing."""
    lookup = np.array([*(np.nan if code < 0 else float(code) for code in codes), np.nan], dtype=np.float64)
    result: Floats = lookup[column.codes]
    return result


def _whole(codes: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    return np.where(np.isnan(codes), -1, codes).astype(np.int32)
