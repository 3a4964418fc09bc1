"""Predictions into a live table: one small unlogged batch per partition, many on their way."""

from collections import deque
from collections.abc import Iterator

import numpy as np
from cassandra.query import BatchStatement, BatchType, BoundStatement

from services.registry.model import Signature
from services.store.batches import PredictionBatch
from services.store.cassandra.binding import sliced, wire_column, wire_ids
from services.store.cassandra.session import IN_FLIGHT, Answer, Session
from services.store.cassandra.tables import quoted
from services.store.identifiers import buckets
from services.store.live_rows import prediction_columns
from services.store.names import live_table

_BATCH_BYTES = 4_000
"""Cassandra warns of batches above 5 KiB."""
_ROW_OVERHEAD = 40
_ADD_BUCKET = "INSERT INTO live_db.buckets (project, version, bucket) VALUES (?, ?, ?)"
_REMEMBERED = 1_000


class LiveWriter:
    """Writes prediction batches; may be used from several threads."""

    def __init__(self, session: Session) -> None:
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
        values = [wire_column(name, *column) for name, column in columns.items()]
        rows = list(zip(sliced(minutes, ">i8"), wire_ids(batch.ids), *values, strict=True))
        waiting: deque[Answer] = deque()
        for group in _groups(np.argsort(minutes, kind="stable"), minutes, _rows_at_once(rows)):
            if len(waiting) >= IN_FLIGHT:
                waiting.popleft().rows()
            waiting.append(self._send(statement, [rows[row] for row in group]))
        for answer in waiting:
            answer.rows()

    def _send(self, statement: str, rows: list[tuple[object, ...]]) -> Answer:
        prepared = self._session.prepare(statement)
        batch = BatchStatement(BatchType.UNLOGGED)
        for row in rows:
            bound = BoundStatement(prepared)
            bound.values = list(row)
            batch.add(bound)
        return self._session.send(batch, write=True)

    def _list_minutes(self, project: str, version: str, minutes: list[int]) -> None:
        fresh = [minute for minute in minutes if (project, version, minute) not in self._listed]
        self._session.write_each(_ADD_BUCKET, ((project, version, minute) for minute in fresh))
        if len(self._listed) > _REMEMBERED:
            self._listed.clear()
        self._listed.update((project, version, minute) for minute in fresh)


def _rows_at_once(rows: list[tuple[object, ...]]) -> int:
    """How many rows stay below the size that Cassandra warns of, judged by the first."""
    if not rows:
        return 1
    size = sum(len(value) for value in rows[0] if isinstance(value, bytes)) + _ROW_OVERHEAD
    return max(1, _BATCH_BYTES // size)


def _groups(
    order: "np.ndarray[tuple[int], np.dtype[np.int64]]",
    minutes: "np.ndarray[tuple[int], np.dtype[np.int64]]",
    most: int,
) -> Iterator[list[int]]:
    """Row numbers of one minute each, at most `most` at a time."""
    borders = np.flatnonzero(np.diff(minutes[order])) + 1
    for part in np.split(order, borders):
        for start in range(0, len(part), most):
            yield part[start : start + most].tolist()
