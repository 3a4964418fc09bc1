"""Predictions into a live table: one small unlogged batch per partition, many on their way.

Columns become the bytes that CQL's types have on the wire, without a Python object per number: Cassandra's
native protocol, version 5, section 6.
"""

from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np
from cassandra.query import UNSET_VALUE, BatchStatement, BatchType, BoundStatement, PreparedStatement
from numpy.typing import NDArray

from services.errors import InvalidInput
from services.registry.model import FieldType, Signature
from services.store.batches import Categorical, Column, PredictionBatch
from services.store.cassandra.session import IN_FLIGHT, CassandraSession, PendingRows
from services.store.cassandra.tables import quoted
from services.store.columns import check_whole_numbers
from services.store.identifiers import buckets
from services.store.live_rows import prediction_columns
from services.store.names import live_table

_BATCH_BYTES = 4_000
"""Cassandra warns of batches above 5 KiB, and refuses those above 50 KiB."""
_ROW_OVERHEAD, _NUMBER_BYTES = 64, 8
_ADD_BUCKET = "INSERT INTO live_db.buckets (project, version, bucket) VALUES (?, ?, ?)"
_REMEMBERED = 1_000
_WIRE = {FieldType.NUMBER: ">f8", FieldType.INTEGER: ">i8", FieldType.BOOLEAN: ">i1"}


class LiveWriter:
    """Writes prediction batches; may be used from several threads."""

    def __init__(self, session: CassandraSession) -> None:
        self._session = session
        self._listed: set[tuple[str, str, int]] = set()

    def write(self, project: str, batch: PredictionBatch, signature: Signature) -> None:
        """Write rows by id; the minutes they belong to are listed first, for `newest`."""
        minutes = buckets(batch.ids)
        self._list_minutes(project, batch.version, sorted(set(minutes.tolist())))
        columns = prediction_columns(batch, signature)
        names = ", ".join(quoted(name) for name in ("bucket", "id", *columns))
        marks = ", ".join("?" * (len(columns) + 2))
        table = quoted(live_table(project, batch.version))
        statement = f"INSERT INTO live_db.{table} ({names}) VALUES ({marks})"  # noqa: S608 - validated
        values = [_wire_column(name, *column) for name, column in columns.items()]
        rows = list(zip(_sliced(minutes, ">i8"), _wire_ids(batch.ids), *values, strict=True))
        waiting: deque[PendingRows] = deque()
        for group in _groups(minutes, _sizes([column for column, _ in columns.values()], len(rows))):
            if len(waiting) >= IN_FLIGHT:
                waiting.popleft().rows()
            waiting.append(self._send(statement, [rows[row] for row in group]))
        for answer in waiting:
            answer.rows()

    def _send(self, statement: str, rows: list[tuple[object, ...]]) -> PendingRows:
        prepared = self._session.prepare(statement)
        if len(rows) == 1:  # however long it is, it goes: Cassandra limits batches only
            return self._session.send(_bound(prepared, rows[0]), write=True)
        batch = BatchStatement(BatchType.UNLOGGED)
        for row in rows:
            batch.add(_bound(prepared, row))
        return self._session.send(batch, write=True)

    def _list_minutes(self, project: str, version: str, minutes: list[int]) -> None:
        fresh = [minute for minute in minutes if (project, version, minute) not in self._listed]
        self._session.write_each(_ADD_BUCKET, ((project, version, minute) for minute in fresh))
        if len(self._listed) > _REMEMBERED:
            self._listed.clear()
        self._listed.update((project, version, minute) for minute in fresh)


def _bound(prepared: PreparedStatement, row: tuple[object, ...]) -> BoundStatement:
    bound = BoundStatement(prepared)
    bound.values = list(row)
    return bound


def _sizes(columns: Iterable[Column], count: int) -> NDArray[np.int64]:
    """About how many bytes each row takes, shape (n,)."""
    sizes = np.full(count, _ROW_OVERHEAD, dtype=np.int64)
    for column in columns:
        if isinstance(column, Categorical):
            lengths = np.array([*(len(text.encode()) for text in column.categories), 0], dtype=np.int64)
            sizes += lengths[column.codes]
        else:
            sizes += _NUMBER_BYTES
    return sizes


def _groups(minutes: NDArray[np.int64], sizes: NDArray[np.int64]) -> Iterator[list[int]]:
    """Row numbers of one minute each, that stay together below the size that Cassandra warns of."""
    order = np.argsort(minutes, kind="stable")
    for part in np.split(order, np.flatnonzero(np.diff(minutes[order])) + 1):
        group, total = list[int](), 0
        for row, size in zip(part.tolist(), sizes[part].tolist(), strict=True):
            if group and total + size > _BATCH_BYTES:
                yield group
                group, total = [], 0
            group.append(row)
            total += size
        if group:
            yield group


def _sliced(array: NDArray[np.generic], wire: str) -> list[object]:
    """Each number's bytes in the given byte order and width."""
    content = array.astype(wire).tobytes()
    width = np.dtype(wire).itemsize
    return [content[start : start + width] for start in range(0, len(content), width)]


def _wire_ids(ids: NDArray[np.uint64]) -> list[object]:
    """Each UUID's sixteen bytes."""
    content = np.ascontiguousarray(ids).astype(">u8").tobytes()
    return [content[start : start + 16] for start in range(0, len(content), 16)]


def _wire_column(name: str, column: Column, kind: FieldType) -> list[object]:
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
    values = _sliced(np.where(missing, 0.0, column) if missing.any() else column, _WIRE[kind])
    for row in np.flatnonzero(missing).tolist():
        values[row] = UNSET_VALUE
    return values
