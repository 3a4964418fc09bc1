"""`live_db.<project>_<version>`, `live_db.labels` and `live_db.buckets`."""

import uuid
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from services.registry.model import FieldType, Signature
from services.store import registry_rules as rules
from services.store.batches import Categorical, LabelBatch, PredictionBatch
from services.store.cassandra.live_writing import LiveWriter
from services.store.cassandra.registry_statements import READ_PROJECT, project_state
from services.store.cassandra.session import CassandraSession, SessionHolder
from services.store.cassandra.tables import TableMaker, quoted
from services.store.columns import column_values, live_columns
from services.store.identifiers import Ids, buckets, uuids
from services.store.interface import LabelEntry, Position
from services.store.live_rows import FIXED_COLUMNS, FoundRows, columns_of, last_labels, shown_instant
from services.store.names import live_table, validate_project

_KEY = "bucket bigint, id uuid; PRIMARY KEY ((bucket), id)"
_ADD_LABEL = (
    "INSERT INTO live_db.labels "
    "(project, bucket, id, labelled_at, writer, segment, sequence, number, text) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_READ_LABELS = (
    "SELECT number, text, labelled_at, writer, segment, sequence FROM live_db.labels "
    "WHERE project = ? AND bucket = ? AND id = ?"
)
_BUCKETS = "SELECT bucket FROM live_db.buckets WHERE project = ? AND version = ?"


_LabelRow = tuple[int, uuid.UUID, object, int]
"""Bucket, id, label and instant."""


class CassandraLive(SessionHolder):
    """The live tables and the label history."""

    def __init__(self, session: CassandraSession) -> None:
        super().__init__(session)
        self._tables = TableMaker(session)
        self._writer = LiveWriter(session)
        self._signatures: dict[tuple[str, str], Signature] = {}

    def prepare_live(self, project: str, version: str, signature: Signature) -> None:
        """See `LiveStore`."""
        columns = {**live_columns(signature), **FIXED_COLUMNS}
        self._tables.prepare("live_db", live_table(project, version), _KEY, columns)
        self._signatures[project, version] = signature

    def _signature(self, project: str, version: str) -> Signature:
        known = self._signatures.get((project, version))
        if known is None:
            state = project_state(self._session.read(READ_PROJECT, (project,)))
            found = rules.known(None if state is None else state.project, project)
            known = self._signatures[project, version] = rules.known_version(found, version).signature
        return known

    def write_predictions(self, project: str, batch: PredictionBatch) -> None:
        """See `LiveStore`."""
        self._writer.write(project, batch, self._signature(project, batch.version))

    def write_labels(
        self, project: str, versions: Iterable[str], batch: LabelBatch, source: Position
    ) -> None:
        """See `LiveStore`; the write's own timestamp is `labelled_at`, so that the later label wins."""
        validate_project(project)
        rows = _label_rows(last_labels(batch))
        for version in versions:
            self._write_labels(project, version, rows)
        place = (source.writer, source.segment, source.sequence)
        text = isinstance(batch.labels, Categorical)
        self._session.write_each(
            _ADD_LABEL,
            (
                (project, minute, id_, at, *place, *((None, label) if text else (label, None)))
                for minute, id_, label, at in rows
            ),
        )

    def _write_labels(self, project: str, version: str, rows: list[_LabelRow]) -> None:
        self._session.write_each(
            f"UPDATE live_db.{quoted(live_table(project, version))} USING TIMESTAMP ? "  # noqa: S608 - names of our own or validated
            "SET label = ?, labelled_at = ? WHERE bucket = ? AND id = ?",
            ((at, label, at, minute, id_) for minute, id_, label, at in rows),
        )

    def restore_labels(self, project: str, version: str, batch: LabelBatch) -> None:
        """See `LiveStore`; what was deleted hides labels given before: those are written as of now.

        Where a still later one is on its way meanwhile, it hides that one, until it is restored in turn.
        """
        batch = last_labels(batch)
        self._write_labels(project, version, _label_rows(batch))
        hidden = batch.take(self.labelled_at(project, version, batch.ids) < batch.labelled_at)
        statement = (
            f"UPDATE live_db.{quoted(live_table(project, version))} SET label = ?, labelled_at = ? "  # noqa: S608 - names of our own or validated
            "WHERE bucket = ? AND id = ? IF labelled_at"
        )
        for minute, id_, label, at in _label_rows(hidden):
            values = (label, at, minute, id_)
            if not self._session.write_if(f"{statement} = null", values):
                self._session.write_if(f"{statement} < ?", (*values, at))

    def labels(self, project: str, ids: Ids) -> list[list[LabelEntry]]:
        """See `LiveStore`."""
        keys = ((project, *key) for key in _keys(ids))
        return [
            [
                LabelEntry(number if text is None else text, at, Position(*place))
                for number, text, at, *place in rows
            ]
            for rows in self._session.read_each(_READ_LABELS, keys)
        ]

    def labelled_at(self, project: str, version: str, ids: Ids) -> NDArray[np.int64]:
        """See `LiveStore`."""
        statement = (
            f"SELECT labelled_at FROM live_db.{quoted(live_table(project, version))} "  # noqa: S608 - validated, quoted
            "WHERE bucket = ? AND id = ?"
        )
        answers = self._session.read_each(statement, _keys(ids))
        found = [rows[0][0] if rows else None for rows in answers]
        return np.array([-1 if at is None else at for at in found], dtype=np.int64)

    def predictions(self, project: str, version: str, ids: Ids) -> PredictionBatch | None:
        """See `LiveStore`."""
        signature = self._signature(project, version)
        return self._found(project, version, signature, ids).merged(version, signature)

    def prediction_batches(self, project: str, version: str, ids: Ids) -> list[PredictionBatch]:
        """See `LiveStore`."""
        signature = self._signature(project, version)
        return self._found(project, version, signature, ids).batches(version, signature)

    def _found(self, project: str, version: str, signature: Signature, ids: Ids) -> FoundRows:
        names = [name for name in (*live_columns(signature), *FIXED_COLUMNS) if name != "label"]
        statement = (
            f"SELECT {', '.join(quoted(name) for name in names)} "  # noqa: S608 - validated, quoted
            f"FROM live_db.{quoted(live_table(project, version))} WHERE bucket = ? AND id = ?"
        )
        answers = self._session.read_each(statement, _keys(ids))
        predicted = names.index("predicted")
        found = [rows[0] if rows and rows[0][predicted] is not None else None for rows in answers]
        return FoundRows.of(ids, names, found)

    def newest(self, project: str, version: str, limit: int) -> dict[str, list[object]]:
        """See `LiveStore`; walks back the minutes in which there were predictions."""
        table = live_table(project, version)
        names = list(self._tables.types("live_db", table))
        rows = self._newest_rows(project, version, table, names, limit) if names else []
        result = columns_of(names, rows)
        result.pop("bucket", None)
        result["id"] = [str(id_) for id_ in result.get("id", [])]
        result["labelled_at"] = [shown_instant(at) for at in result.get("labelled_at", [])]
        return {name: result[name] for name in self._order(project, version, result)}

    def _order(self, project: str, version: str, columns: Iterable[str]) -> list[str]:
        """The table's columns as its signature orders them; Cassandra keeps them by name."""
        wanted = ["id", *live_columns(self._signature(project, version)), *FIXED_COLUMNS]
        return sorted(columns, key=lambda name: wanted.index(name) if name in wanted else len(wanted))

    def _newest_rows(
        self, project: str, version: str, table: str, names: list[str], limit: int
    ) -> list[tuple[object, ...]]:
        statement = (
            f"SELECT {', '.join(quoted(name) for name in names)} "  # noqa: S608 - validated, quoted
            f"FROM live_db.{quoted(table)} WHERE bucket = ? ORDER BY id DESC"
        )
        predicted, rows = names.index("predicted"), list[tuple[object, ...]]()
        for (minute,) in self._session.pages(_BUCKETS, (project, version)):
            for row in self._session.pages(statement, (minute,)):
                if row[predicted] is not None:
                    rows.append(row)
                if len(rows) == limit:
                    return rows
        return rows


def _keys(ids: Ids) -> Iterator[tuple[int, uuid.UUID]]:
    return zip(buckets(ids).tolist(), uuids(ids), strict=True)


def _label_rows(batch: LabelBatch) -> list[_LabelRow]:
    text = isinstance(batch.labels, Categorical)
    labels = column_values("label", batch.labels, FieldType.STRING if text else FieldType.NUMBER)
    minutes, instants = buckets(batch.ids).tolist(), batch.labelled_at.tolist()
    return list(zip(minutes, uuids(batch.ids), labels, instants, strict=True))
