"""Rows to train a version on: the training set, then live rows that have their true value.

Memory stays bounded: the labels of the period (32 bytes each), one batch of the log, and, where a number
of rows is asked for, so many rows.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.gateway.records import Value
from services.registry.model import Field, FieldType, Signature, Version
from services.store.batches import Column, LabelBatch, PredictionBatch, take
from services.store.identifiers import Ids, milliseconds
from services.store.interface import Store

Row = dict[str, Value]
_CHUNK = 1_000
_KEY = np.dtype([("high", np.uint64), ("low", np.uint64)])


@dataclass(frozen=True, slots=True)
class LivePeriod:
    """Which live rows: by the time of the request, milliseconds since the Unix epoch."""

    since: int = 0
    until: int = 1 << 62


def training_rows(
    store: Store, version: Version, *,
    historical: bool, live: bool, period: LivePeriod, limit: int | None,
) -> Iterator[list[Row]]:  # fmt: skip
    """Rows by names as users write them, oldest first, in chunks; `limit` keeps the newest so many."""
    project, signature = version.project, version.signature
    if limit is None:
        if historical:
            yield from _historical(store, project, signature)
        if live:
            yield from _live(store, project, signature, period)
        return
    newest: deque[Row] = deque(maxlen=limit)
    if historical:
        for chunk in _historical(store, project, signature, newest=limit):
            newest.extend(chunk)
    if live:
        for chunk in _live(store, project, signature, period):
            newest.extend(chunk)
    kept = list(newest)
    yield from (kept[start : start + _CHUNK] for start in range(0, len(kept), _CHUNK))


def _historical(
    store: Store, project: str, signature: Signature, *, newest: int | None = None
) -> Iterator[list[Row]]:
    fields = (*signature.inputs, signature.target)
    columns = store.training(project, [field.column for field in fields])
    if signature.target.column not in columns:
        return
    total = len(columns[signature.target.column])
    start = 0 if newest is None else max(0, total - newest)
    for begin in range(start, total, _CHUNK):
        rows = np.arange(begin, min(begin + _CHUNK, total))
        yield _rows(fields, {name: take(column, rows) for name, column in columns.items()})


def _live(store: Store, project: str, signature: Signature, period: LivePeriod) -> Iterator[list[Row]]:
    labels = _Labels.read(store, project, period)
    if not len(labels):
        return
    fields = (*signature.inputs, signature.target)
    for entry in store.read(project, {}):
        batch = entry.batch
        if not isinstance(batch, PredictionBatch) or not _offers(batch, signature):
            continue
        for begin in range(0, len(batch), _CHUNK):
            part = batch.take(np.arange(begin, min(begin + _CHUNK, len(batch))))
            rows, values = labels.match(part.ids, _complete(part, signature))
            if len(rows):
                columns = {name: take(column, rows) for name, column in part.inputs.items()}
                yield _rows(fields, {**columns, signature.target.column: values})


def _offers(batch: PredictionBatch, signature: Signature) -> bool:
    """Whether a batch holds every input that the version cannot do without."""
    return all(
        field.column in batch.inputs or field.nullable or not field.required for field in signature.inputs
    )


def _complete(batch: PredictionBatch, signature: Signature) -> NDArray[np.bool_]:
    """Which rows have a value wherever the version needs one."""
    complete = np.ones(len(batch), dtype=np.bool_)
    for field in signature.inputs:
        if field.required and not field.nullable:
            complete &= ~_missing(batch.inputs[field.column])
    return complete


def _missing(column: Column) -> NDArray[np.bool_]:
    missing: NDArray[np.bool_] = np.isnan(column) if isinstance(column, np.ndarray) else column.codes < 0
    return missing


class _Labels:
    """The label that counts for each id of a period, looked up by id; each is given out once."""

    def __init__(self, ids: Ids, labels: list[Column], at: NDArray[np.int64]) -> None:
        keys = _keys(ids)
        order = np.lexsort((at, keys["low"], keys["high"]))
        last = np.ones(len(order), dtype=np.bool_)
        last[:-1] = keys[order][1:] != keys[order][:-1]
        chosen = order[last]
        self._keys = keys[chosen]
        self._labels = take(_joined(labels), chosen)
        self._given = np.zeros(len(chosen), dtype=np.bool_)

    def __len__(self) -> int:
        return len(self._keys)

    @classmethod
    def read(cls, store: Store, project: str, period: LivePeriod) -> "_Labels":
        """All labels of requests of the period."""
        ids, labels, at = [], [], []
        for entry in store.read(project, {}):
            if not isinstance(entry.batch, LabelBatch):
                continue
            asked = milliseconds(entry.batch.ids)
            batch = entry.batch.take((asked >= period.since) & (asked < period.until))
            ids.append(batch.ids)
            labels.append(batch.labels)
            at.append(batch.labelled_at)
        if not ids:
            return cls(np.empty((0, 2), np.uint64), [np.empty(0)], np.empty(0, np.int64))
        return cls(np.concatenate(ids), labels, np.concatenate(at))

    def match(self, ids: Ids, wanted: NDArray[np.bool_]) -> tuple[NDArray[np.int64], Column]:
        """Positions of the wanted rows that have a label not given out before, and those labels."""
        places = np.searchsorted(self._keys, _keys(ids))
        places = np.minimum(places, len(self._keys) - 1)
        found = (self._keys[places] == _keys(ids)) & wanted & ~self._given[places]
        rows = np.flatnonzero(found)
        # The same id twice in one batch: a client's retry.
        _, first = np.unique(places[rows], return_index=True)
        rows = rows[np.sort(first)]
        self._given[places[rows]] = True
        return rows, take(self._labels, places[rows])


def _keys(ids: Ids) -> NDArray[np.void]:
    """Ids as one sortable value each."""
    return np.ascontiguousarray(ids).view(_KEY).reshape(-1)


def _joined(labels: list[Column]) -> Column:
    """The columns of several batches as one."""
    numbers = [column for column in labels if isinstance(column, np.ndarray)]
    texts = [column for column in labels if not isinstance(column, np.ndarray)]
    if not texts:
        return np.concatenate(numbers)
    index: dict[str, int] = {}
    codes = []
    for column in texts:
        lookup = [index.setdefault(name, len(index)) for name in column.categories]
        codes.append(np.array([*lookup, -1], dtype=np.int32)[column.codes])
    return type(texts[0])(np.concatenate(codes), tuple(index))


def _rows(fields: tuple[Field, ...], columns: dict[str, Column]) -> list[Row]:
    """Columns as rows by the fields' names; an absent column is missing throughout."""
    names = [field.name for field in fields]
    values = [_values(field, columns.get(field.column)) for field in fields]
    count = max((len(column) for column in values if column is not None), default=0)
    filled = [column if column is not None else [None] * count for column in values]
    return [dict(zip(names, row, strict=True)) for row in zip(*filled, strict=True)]


def _values(field: Field, column: Column | None) -> list[Value] | None:
    if column is None:
        return None
    if not isinstance(column, np.ndarray):
        return list(column.texts())
    convert = {FieldType.INTEGER: int, FieldType.BOOLEAN: bool}.get(field.type, float)
    return [None if number != number else convert(number) for number in column.tolist()]  # noqa: PLR0124 - NaN
