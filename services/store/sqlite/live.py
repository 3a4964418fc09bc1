"""`live_db.<project>_<version>` and `live_db.labels`."""

import sqlite3
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from services.registry.model import FieldType, Signature
from services.store import registry_rules as rules
from services.store.batches import LabelBatch, PredictionBatch
from services.store.columns import column_values, live_columns
from services.store.identifiers import Ids, buckets, format_id
from services.store.interface import LabelEntry, Position
from services.store.live_rows import (
    FIXED_COLUMNS,
    FoundRows,
    columns_of,
    last_labels,
    prediction_columns,
    shown_instant,
)
from services.store.names import live_table, validate_project
from services.store.sqlite.connection import Database, DatabaseHolder
from services.store.sqlite.registry_statements import read_project
from services.store.sqlite.tables import quoted, table_types, upsert, widen

_KEY = ["bucket", "id"]


def _texts(ids: Ids) -> list[str]:
    return [format_id(high, low) for high, low in ids.tolist()]


class SqliteLive(DatabaseHolder):
    """The live tables and the label history."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._signatures: dict[tuple[str, str], Signature] = {}

    def prepare_live(self, project: str, version: str, signature: Signature) -> None:
        """See `LiveStore`."""
        table = live_table(project, version)
        with self._database.writing() as connection:
            connection.execute(
                f"CREATE TABLE IF NOT EXISTS live_db.{quoted(table)} "
                "(bucket INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY (bucket, id)) WITHOUT ROWID"
            )
            widen(connection, "live_db", table, {**live_columns(signature), **FIXED_COLUMNS})
        self._signatures[project, version] = signature

    def _signature(self, project: str, version: str) -> Signature:
        known = self._signatures.get((project, version))
        if known is None:
            with self._database.reading() as connection:
                found = rules.known(read_project(connection, project), project)
            known = self._signatures[project, version] = rules.known_version(found, version).signature
        return known

    def write_predictions(self, project: str, batch: PredictionBatch) -> None:
        """See `LiveStore`."""
        table = live_table(project, batch.version)
        columns = prediction_columns(batch, self._signature(project, batch.version))
        values = {name: column_values(name, *column) for name, column in columns.items()}
        statement = upsert("live_db", table, [*_KEY, *values], key=2)
        rows = zip(buckets(batch.ids).tolist(), _texts(batch.ids), *values.values(), strict=True)
        with self._database.writing() as connection:
            connection.executemany(statement, rows)

    def write_labels(
        self, project: str, versions: Iterable[str], batch: LabelBatch, source: Position
    ) -> None:
        """See `LiveStore`."""
        validate_project(project)
        batch = last_labels(batch)
        live = _label_rows(batch)
        place = (source.writer, source.segment, source.sequence)
        history = [(project, id_, at, *place, label) for _, id_, label, at in live]
        with self._database.writing() as connection:
            for version in versions:
                connection.executemany(_label_statement(live_table(project, version)), live)
            connection.executemany(
                "INSERT OR REPLACE INTO live_db.labels VALUES (?, ?, ?, ?, ?, ?, ?)", history
            )

    def restore_labels(self, project: str, version: str, batch: LabelBatch) -> None:
        """See `LiveStore`."""
        live = _label_rows(last_labels(batch))
        with self._database.writing() as connection:
            connection.executemany(
                _label_statement(live_table(project, version), replace_equal=False), live
            )

    def labels(self, project: str, ids: Ids) -> list[list[LabelEntry]]:
        """See `LiveStore`."""
        with self._database.snapshot() as connection:
            return [_history(connection, project, id_) for id_ in _texts(ids)]

    def labelled_at(self, project: str, version: str, ids: Ids) -> NDArray[np.int64]:
        """See `LiveStore`."""
        statement = (
            f"SELECT labelled_at FROM live_db.{quoted(live_table(project, version))} "  # noqa: S608 - validated, quoted
            "WHERE bucket = ? AND id = ? AND labelled_at IS NOT NULL"
        )
        with self._database.snapshot() as connection:
            keys = zip(buckets(ids).tolist(), _texts(ids), strict=True)
            found = [connection.execute(statement, key).fetchone() for key in keys]
        return np.array([-1 if row is None else row[0] for row in found], dtype=np.int64)

    def predictions(self, project: str, version: str, ids: Ids) -> PredictionBatch | None:
        """See `LiveStore`."""
        return self._found(project, version, ids).merged(version, self._signature(project, version))

    def prediction_batches(self, project: str, version: str, ids: Ids) -> list[PredictionBatch]:
        """See `LiveStore`."""
        return self._found(project, version, ids).batches(version, self._signature(project, version))

    def _found(self, project: str, version: str, ids: Ids) -> FoundRows:
        table = live_table(project, version)
        with self._database.snapshot() as connection:
            names = list(table_types(connection, "live_db", table))
            statement = (
                f"SELECT * FROM live_db.{quoted(table)} "  # noqa: S608 - validated, quoted
                "WHERE bucket = ? AND id = ? AND predicted IS NOT NULL"
            )
            keys = zip(buckets(ids).tolist(), _texts(ids), strict=True)
            found = [connection.execute(statement, key).fetchone() for key in keys]
        return FoundRows.of(ids, names, found)

    def newest(self, project: str, version: str, limit: int) -> dict[str, list[object]]:
        """See `LiveStore`."""
        table = live_table(project, version)
        with self._database.snapshot() as connection:
            names = list(table_types(connection, "live_db", table))
            rows = connection.execute(
                f"SELECT * FROM live_db.{quoted(table)} WHERE predicted IS NOT NULL "  # noqa: S608 - names of our own or validated
                "ORDER BY bucket DESC, id DESC LIMIT ?",
                (limit,),
            ).fetchall()
        result = columns_of(names, rows)
        result.pop("bucket", None)
        result["labelled_at"] = [shown_instant(at) for at in result.get("labelled_at", [])]
        return result


def _label_rows(batch: LabelBatch) -> list[tuple[int, str, object, int]]:
    """Bucket, id, label and instant of each."""
    text = not isinstance(batch.labels, np.ndarray)
    labels = column_values("label", batch.labels, FieldType.STRING if text else FieldType.NUMBER)
    minutes, instants = buckets(batch.ids).tolist(), batch.labelled_at.tolist()
    return list(zip(minutes, _texts(batch.ids), labels, instants, strict=True))


def _label_statement(table: str, *, replace_equal: bool = True) -> str:
    later = ">=" if replace_equal else ">"
    return (
        f"INSERT INTO live_db.{quoted(table)} AS old (bucket, id, label, labelled_at) "  # noqa: S608 - names of our own or validated
        "VALUES (?, ?, ?, ?) ON CONFLICT (bucket, id) DO UPDATE "
        "SET label = excluded.label, labelled_at = excluded.labelled_at "
        f"WHERE old.labelled_at IS NULL OR excluded.labelled_at {later} old.labelled_at"
    )


def _history(connection: sqlite3.Connection, project: str, id_: str) -> list[LabelEntry]:
    rows = connection.execute(
        "SELECT label, labelled_at, writer, segment, sequence FROM live_db.labels "
        "WHERE project = ? AND id = ? ORDER BY labelled_at, writer, segment, sequence",
        (project, id_),
    )
    return [LabelEntry(label, at, Position(*place)) for label, at, *place in rows]
