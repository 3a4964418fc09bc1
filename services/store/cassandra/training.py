"""`historical_db.<project>`: the training set and each version's predictions on it."""

from collections.abc import Iterable, Mapping

from services.registry.model import FieldType
from services.store.batches import Column
from services.store.cassandra.session import CassandraSession, SessionHolder
from services.store.cassandra.tables import TableMaker, quoted
from services.store.columns import column_values
from services.store.names import validate_project
from services.store.training_sets import TrainingSets, columns_of, wanted_columns

_KEY = "id bigint PRIMARY KEY; "


class CassandraTraining(SessionHolder, TrainingSets):
    """The training tables; a partition per row, as the team's other programs read them."""

    def __init__(self, session: CassandraSession) -> None:
        super().__init__(session)
        self._training_tables = TableMaker(session)

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
        wanted = wanted_columns(sorted(types), columns)
        if not wanted:
            return {}
        names = ", ".join(quoted(name) for name in wanted)
        statement = f"SELECT id, {names} FROM historical_db.{quoted(table)}"  # noqa: S608 - validated
        rows = sorted(self._session.read(statement), key=lambda row: int(row[0]))
        return columns_of([row[1:] for row in rows], {name: types[name] == "text" for name in wanted})
