"""A slice of the log, and what the store knows of its past ids, as plain numbers: what is joined."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from services.evaluation.join.id_table import keys_of
from services.evaluation.join.outcomes import OutcomeEncoder
from services.evaluation.join.past_rows import PastRows
from services.evaluation.join.rows import (
    LabelRows,
    PastLabels,
    PredictionRows,
    VersionRows,
    concat_labels,
    no_labels,
)
from services.store.batches import Column, LabelBatch, PredictionBatch


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
    texts = of_labels.texts
    return EncodedRows(
        [_encoded(encoders, one, one.batch.inputs) for one in predictions],
        concat_labels([no_labels(), *(_encoded_labels(of_labels, one) for one in labels)]),
        PastLabels(past.keys, texts.codes_of(past.before), texts.codes_of(past.after)),
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
