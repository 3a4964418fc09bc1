"""The whole Cassandra store, put together from its parts."""

import hashlib

from services.store.addresses import CassandraAddress
from services.store.cassandra.artifacts import Artifacts
from services.store.cassandra.coordination import Coordination
from services.store.cassandra.live import Live
from services.store.cassandra.log import Log
from services.store.cassandra.registry import Registry
from services.store.cassandra.revisions import Revisions
from services.store.cassandra.rollups import Rollups
from services.store.cassandra.schema import prepare_schema
from services.store.cassandra.session import Session
from services.store.cassandra.training import Training

_FOLLOWED = (
    (
        "SELECT name, champion, generation, policy, version, mode, url, endpoint, image, revision "
        "FROM historical_db.model_registry"
    ),
    "SELECT digest, revoked_at FROM historical_db.tokens",
    "SELECT port, data FROM historical_db.listeners",
    "SELECT name, value FROM historical_db.settings",
)


class CassandraStore(Registry, Revisions, Training, Live, Log, Rollups, Artifacts, Coordination):
    """`services.store.interface.Store` on a cluster; reconnects by itself after it was lost.

    Args:
        address: where and how; keyspaces and tables are made on first connection.
        password: of `address.user`; kept by the driver only.

    Raises:
        Unavailable: the cluster cannot be reached.
        Refused: user or password are wrong, or a newer Relevo made the tables.
    """

    def __init__(self, address: CassandraAddress, *, password: str = "") -> None:
        session = Session(address, password)
        try:
            super().__init__(session)
            prepare_schema(session, address.replication)
        except BaseException:
            session.close()
            raise

    @property
    def kind(self) -> str:
        """See `Store`."""
        return "cassandra"

    def changes(self) -> str:
        """See `Store`; a digest of the few small rows, so that no crash between two writes hides one."""
        digest = hashlib.blake2b(digest_size=16)
        for answer in [self._session.start(statement) for statement in _FOLLOWED]:
            for row in sorted(map(repr, answer.rows())):
                digest.update(row.encode())
        return digest.hexdigest()

    def ping(self) -> None:
        """See `Store`."""
        self._session.read("SELECT key FROM system.local")

    def close(self) -> None:
        """See `Store`."""
        self._session.close()
