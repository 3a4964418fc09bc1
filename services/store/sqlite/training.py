"""`historical_db.<project>`: the training set and each version's predictions on it."""

from collections.abc import Iterable, Mapping

from services.registry.model import FieldType
from services.store.batches import Column
from services.store.columns import column_values
from services.store.names import validate_project
from services.store.sqlite.connection import DatabaseHolder
from services.store.sqlite.tables import quoted, table_types, upsert, widen
from services.store.training_sets import TrainingSets, columns_of, wanted_columns


class SqliteTraining(DatabaseHolder, TrainingSets):
    """The training tables."""

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
            wanted = wanted_columns(types, columns)
            if not wanted:
                return {}
            names = ", ".join(quoted(name) for name in wanted)
            rows = connection.execute(
                f"SELECT {names} FROM historical_db.{quoted(table)} ORDER BY id"  # noqa: S608 - validated
            ).fetchall()
        return columns_of(rows, {name: types[name] == "TEXT" for name in wanted})
