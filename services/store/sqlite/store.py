"""The whole SQLite store, put together from its parts."""

from pathlib import Path

from services.store.sqlite.artifacts import SqliteArtifacts
from services.store.sqlite.connection import Database
from services.store.sqlite.coordination import SqliteCoordination
from services.store.sqlite.live import SqliteLive
from services.store.sqlite.log import SqliteLog
from services.store.sqlite.registry import SqliteRegistry
from services.store.sqlite.revisions import SqliteRevisions
from services.store.sqlite.rollups import SqliteRollups
from services.store.sqlite.training import SqliteTraining
from services.store.sync_state import SYNCED_FIRST, SyncState


class SqliteStore(
    SqliteRegistry,
    SqliteRevisions,
    SqliteTraining,
    SqliteLive,
    SqliteLog,
    SqliteRollups,
    SqliteArtifacts,
    SqliteCoordination,
):
    """`services.store.interface.Store` in a workspace folder; any number of processes may share it.

    Args:
        folder: made if absent; holds `historical_db.sqlite3` and `live_db.sqlite3`.

    Raises:
        StorageError: the folder cannot be made or written.
        Corrupt: a file there is not a database.
        Refused: a newer Relevo made the workspace.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(Database(folder))

    @property
    def kind(self) -> str:
        """See `Store`."""
        return "sqlite"

    def changes(self) -> str:
        """See `Store`; triggers count every change of the tables that processes follow."""
        with self._database.reading() as connection:
            (value,) = connection.execute("SELECT value FROM historical_db.change_counter").fetchone()
        return str(value)

    def ping(self) -> None:
        """See `Store`."""
        with self._database.reading() as connection:
            connection.execute("SELECT value FROM historical_db.change_counter").fetchone()

    def sync_state(self) -> SyncState:
        """See `Store`; every commit is synced before it returns."""
        return SYNCED_FIRST

    def close(self) -> None:
        """See `Store`."""
        self._database.close()
