"""`historical_db.<project>`: the training set and each version's predictions on it."""

from collections.abc import Iterable, Mapping

from services.registry.model import FieldType, Signature
from services.store.batches import Column
from services.store.cassandra.part import Part
from services.store.cassandra.session import Session
from services.store.cassandra.tables import Tables, quoted
from services.store.columns import (
    checked_training_kinds,
    column_of,
    column_values,
    prediction_kinds,
    training_prediction_columns,
)
from services.store.names import validate_project

_KEY = "id bigint PRIMARY KEY; "


class Training(Part):
    """The training tables; a partition per row, as the team's other programs read them."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._training_tables = Tables(session)

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
        added = {name: kind for name, kind in kinds.items() if name != "id"}
        self._training_tables.prepare("historical_db", table, _KEY, added)
        names = ", ".join(quoted(name) for name in columns)
        marks = ", ".join("?" * len(columns))
        values = [column_values(name, column, kinds[name]) for name, column in columns.items()]
        self._session.write_each(
            f"INSERT INTO historical_db.{quoted(table)} ({names}) VALUES ({marks})",  # noqa: S608 - validated
            zip(*values, strict=True),
        )

    def training(self, project: str, columns: Iterable[str] | None = None) -> dict[str, Column]:
        """See `TrainingStore`."""
        table = validate_project(project)
        types = self._training_tables.types("historical_db", table)
        chosen = types.keys() if columns is None else set(columns) & types.keys()
        wanted = sorted(chosen)
        if not wanted:
            return {}
        names = ", ".join(quoted(name) for name in wanted)
        statement = f"SELECT id, {names} FROM historical_db.{quoted(table)}"  # noqa: S608 - validated
        rows = sorted(self._session.read(statement), key=lambda row: int(row[0]))
        values = list(zip(*rows, strict=True))[1:] if rows else [()] * len(wanted)
        return {
            name: column_of(column, text=types[name] == "text")
            for name, column in zip(wanted, values, strict=True)
        }
