"""The whole Cassandra store, put together from its parts."""

from services.store.addresses import CassandraAddress
from services.store.cassandra.artifacts import CassandraArtifacts
from services.store.cassandra.changes import FollowedSession
from services.store.cassandra.coordination import CassandraCoordination
from services.store.cassandra.live import CassandraLive
from services.store.cassandra.log import CassandraLog
from services.store.cassandra.registry import CassandraRegistry
from services.store.cassandra.revisions import CassandraRevisions
from services.store.cassandra.rollups import CassandraRollups
from services.store.cassandra.schema import prepare_schema
from services.store.cassandra.sync_state import CassandraSyncState
from services.store.cassandra.training import CassandraTraining


class CassandraStore(
    CassandraRegistry,
    CassandraRevisions,
    CassandraTraining,
    CassandraLive,
    CassandraLog,
    CassandraRollups,
    CassandraArtifacts,
    CassandraCoordination,
    CassandraSyncState,
):
    """`services.store.interface.Store` on a cluster; reconnects by itself after it was lost.

    Args:
        address: where and how; keyspaces and tables are made on first connection.
        password: of `address.user`; kept by the driver only.

    Raises:
        Unavailable: the cluster cannot be reached.
        Refused: user or password are wrong, or a newer Relevo made the tables.
    """

    def __init__(self, address: CassandraAddress, *, password: str = "") -> None:
        session = FollowedSession(address, password)
        try:
            super().__init__(session)
            self._changes = session.changes
            prepare_schema(session, address.replication)
        except BaseException:
            session.close()
            raise

    @property
    def kind(self) -> str:
        """See `Store`."""
        return "cassandra"

    def changes(self) -> str:
        """See `Store`."""
        return self._changes()

    def ping(self) -> None:
        """See `Store`."""
        self._session.read("SELECT key FROM system.local")

    def close(self) -> None:
        """See `Store`."""
        self._session.close()
