"""From an address to an open store; the only place that knows which drivers exist."""

from pathlib import Path

from services.store.addresses import SqliteAddress, StoreAddress
from services.store.interface import Store


def open_store(address: StoreAddress, *, password: str = "") -> Store:
    """Connect, make or migrate the schema, and return the store.

    Raises:
        Unavailable: the server or folder cannot be reached; says which and why.
        Refused: user or password are wrong.
        StorageFull: the workspace's disk is full or read-only.
    """
    if isinstance(address, SqliteAddress):
        from services.store.sqlite import SqliteStore

        return SqliteStore(Path(address.folder))
    from services.store.cassandra import CassandraStore

    return CassandraStore(address, password=password)
