"""`historical_db.<project>`: the training set and each version's predictions on it."""

from collections.abc import Iterable, Mapping

from services.registry.model import FieldType, Signature
from services.store.batches import Column
from services.store.columns import (
    checked_training_kinds,
    column_of,
    column_values,
    prediction_kinds,
    training_prediction_columns,
)
from services.store.names import validate_project
from services.store.sqlite.part import Part
from services.store.sqlite.tables import quoted, table_types, upsert, widen


class Training(Part):
    """The training tables."""

    def write_training(self, project: str, signature: Signature, columns: Mapping[str, Column]) -> None:
        """See `TrainingStore`."""
        self._write(validate_project(project), columns, checked_training_kinds(project, signature, columns))

    def write_training_predictions(
        self, project: str, version: str, row_ids: Column, predicted: Column,
        scores: Mapping[str, Column] | None,
    ) -> None:  # fmt: skip
        """See `TrainingStore`."""
        columns = training_prediction_columns(version, row_ids, predicted, scores)
        self._write(validate_project(project), columns, prediction_kinds(columns))

    def _write(self, table: str, columns: Mapping[str, Column], kinds: Mapping[str, FieldType]) -> None:
        order = ["id", *(name for name in columns if name != "id")]
        values = [column_values(name, columns[name], kinds[name]) for name in order]
        with self._database.writing() as connection:
            connection.execute(
                f"CREATE TABLE IF NOT EXISTS historical_db.{quoted(table)} (id INTEGER PRIMARY KEY)"
            )
            widen(connection, "historical_db", table, kinds)
            rows = zip(*values, strict=True)
            connection.executemany(upsert("historical_db", table, order, key=1), rows)

    def training(self, project: str, columns: Iterable[str] | None = None) -> dict[str, Column]:
        """See `TrainingStore`."""
        table = validate_project(project)
        with self._database.snapshot() as connection:
            types = table_types(connection, "historical_db", table)
            wanted = [name for name in types if columns is None or name in set(columns)]
            if not wanted:
                return {}
            names = ", ".join(quoted(name) for name in wanted)
            rows = connection.execute(
                f"SELECT {names} FROM historical_db.{quoted(table)} ORDER BY id"  # noqa: S608 - validated
            ).fetchall()
        values = zip(*rows, strict=True) if rows else [()] * len(wanted)
        return {
            name: column_of(column, text=types[name] == "TEXT")
            for name, column in zip(wanted, values, strict=True)
        }
