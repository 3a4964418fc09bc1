"""From recorded entries to batches of the log: rows of the same kind together, as columns."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.errors import Corrupt
from services.gateway.records import AnsweredRows, Labels
from services.gateway.spool.entries import Entry, EntryHeader, LabelHeader, PredictionHeader
from services.gateway.spool.outbox import DamagedEntry, UnplacedBatch
from services.registry.model import Field, FieldType, Mode
from services.store.batches import Batch, Categorical, Column, Floats, LabelBatch, PredictionBatch, encode
from services.store.identifiers import unpack_ids

MOST_ROWS = 5_000
MOST_BYTES = 900_000
"""A blob of the log stays below 1 MB."""


def assemble_batches(entries: Sequence[Entry]) -> list[UnplacedBatch]:
    """Encoded batches of these entries; the champion's rows first, labels last, else in order.

    Raises:
        Exception: of any kind, where an entry is damaged; `sort_damaged_out` says which.
    """
    grouped: dict[EntryHeader, list[Any]] = {}
    for entry in entries:
        if entry.header is None:
            raise Corrupt("an entry's header cannot be read")
        grouped.setdefault(entry.header, []).extend(entry.parts())
    unplaced: list[UnplacedBatch] = []
    for header in sorted(grouped, key=_rank):
        batch = _batch(header, grouped[header])
        for start in range(0, len(batch), MOST_ROWS):
            part = batch if len(batch) <= MOST_ROWS else _part(batch, start, start + MOST_ROWS)
            unplaced += [UnplacedBatch(header.project, rows, blob) for rows, blob in _encoded(part)]
    return unplaced


def sort_damaged_out(entries: Sequence[Entry]) -> tuple[list[Entry], list[DamagedEntry]]:
    """The entries that batches can be made of, and those that none can be made of."""
    whole: list[Entry] = []
    damaged: list[DamagedEntry] = []
    for entry in entries:
        try:
            assemble_batches([entry])
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - damaged bytes fail in any way
            project = "" if entry.header is None else entry.header.project
            reason = f"the entry cannot be read: {error!r}"
            damaged.append(DamagedEntry(project, entry.rows, entry.encoded_header, entry.payload, reason))
        else:
            whole.append(entry)
    return whole, damaged


def _rank(header: EntryHeader) -> int:
    if isinstance(header, LabelHeader):
        return 2
    return 0 if header.mode is Mode.CHAMPION else 1


def _encoded(batch: Batch) -> Iterator[tuple[int, bytes]]:
    """The batch in as many blobs as their size asks for."""
    blob = encode(batch)
    if len(blob) <= MOST_BYTES or len(batch) == 1:
        yield len(batch), blob
        return
    half = len(batch) // 2
    yield from _encoded(_part(batch, 0, half))
    yield from _encoded(_part(batch, half, len(batch)))


def _part(batch: Batch, start: int, end: int) -> Batch:
    return without_unused_categories(batch.take(np.arange(start, min(end, len(batch)))))


def without_unused_categories(part: Batch) -> Batch:
    """The batch with the texts that its rows use and no others."""
    if isinstance(part, LabelBatch):
        return replace(part, labels=_compact(part.labels))
    return replace(part, inputs={name: _compact(column) for name, column in part.inputs.items()})


def _compact(column: Column) -> Column:
    if not isinstance(column, Categorical):
        return column
    used, codes = np.unique(column.codes, return_inverse=True)
    missing = bool(len(used)) and used[0] < 0  # and then comes first
    categories = tuple(column.categories[code] for code in used.tolist() if code >= 0)
    return Categorical(codes.astype(np.int32) - missing, categories)


def _batch(header: EntryHeader, parts: list[Any]) -> Batch:
    if isinstance(header, LabelHeader):
        return _labels(header, [Labels(*part) for part in parts])
    return _predictions(header, [AnsweredRows(*part) for part in parts])


def _labels(header: LabelHeader, parts: list[Labels]) -> LabelBatch:
    values: list[Any] = [label for part in parts for label in part.labels]
    moments = np.concatenate(
        [np.arange(part.labelled_at, part.labelled_at + len(part.labels)) for part in parts]
    )
    labels: Column = Categorical.of(values) if header.texts else np.array(values, np.float64)
    return LabelBatch(unpack_ids(b"".join([part.ids for part in parts])), labels, moments)


def _predictions(header: PredictionHeader, parts: list[AnsweredRows]) -> PredictionBatch:
    counts = [len(part.predicted) for part in parts]
    rows: list[Any] = [row for part in parts for row in part.rows]
    values: list[Any] = [value for part in parts for value in part.predicted]
    predicted = _classes(header.classes, values) if header.classes else np.array(values, np.float64)
    return PredictionBatch(
        version=header.version,
        revision=header.revision,
        mode=header.mode,
        ids=unpack_ids(b"".join([part.ids for part in parts])),
        inputs=_inputs(header.fields, rows),
        predicted=predicted,
        scores=_scores(parts, predicted) if isinstance(predicted, Categorical) else None,
        latency_ms=np.repeat(np.array([part.latency_ms for part in parts], np.float32), counts),
        propensity=np.concatenate(
            [
                np.broadcast_to(np.asarray(part.propensity, np.float32), count)
                for part, count in zip(parts, counts, strict=True)
            ]
        ),
        late=header.late,
        brought=header.brought,
    )


def _inputs(fields: Sequence[Field], rows: list[Any]) -> dict[str, Column]:
    """Columns by storage name; all numbers in one go where no field is a text."""
    texts = {index for index, field in enumerate(fields) if field.type is FieldType.STRING}
    if not texts:
        numbers = np.array(rows, np.float64)
        return {field.column: numbers[:, index] for index, field in enumerate(fields)}
    columns = list(zip(*rows, strict=True))
    return {
        field.column: Categorical.of(list(columns[index]))
        if index in texts
        else np.array(columns[index], np.float64)
        for index, field in enumerate(fields)
    }


def _classes(classes: tuple[str, ...], values: list[str]) -> Categorical:
    """Predicted classes by the model's order; one that it did not name comes behind."""
    index = {name: code for code, name in enumerate(classes)}
    codes = [index.setdefault(value, len(index)) for value in values]
    return Categorical(np.array(codes, np.int32), tuple(index))


def _scores(parts: list[AnsweredRows], predicted: Categorical) -> Floats | None:
    """Probabilities, NaN where the model gave none; None if it gave none at all."""
    if all(part.probabilities is None for part in parts):
        return None
    scores: NDArray[np.float64] = np.full((len(predicted), len(predicted.categories)), np.nan)
    start = 0
    for part in parts:
        end = start + len(part.predicted)
        if part.probabilities is not None:
            given = np.array(part.probabilities, np.float64)
            scores[start:end, : given.shape[1]] = given
        start = end
    return scores
