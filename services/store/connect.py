"""Doors to the stores: the only place that knows which drivers exist."""

from pathlib import Path

from services.store.addresses import CassandraAddress, SqliteAddress, StoreAddress
from services.store.interface import Store
from services.store.roles import RolePasswords


def open_store(address: StoreAddress, *, password: str = "") -> Store:
    """Connect, make or migrate the schema, and return the store.

    Raises:
        Unavailable: the server or folder cannot be reached; says which and why.
        Refused: user or password are wrong.
        StorageError: the workspace's disk is full or read-only.
    """
    if isinstance(address, SqliteAddress):
        from services.store.sqlite import SqliteStore

        return SqliteStore(Path(address.folder))
    from services.store.cassandra import CassandraStore

    return CassandraStore(address, password=password)


def prepare_roles(address: CassandraAddress, passwords: RolePasswords, *, seconds: float = 60.0) -> None:
    """Make the tables and the roles, and take the well-known superuser's rights; again changes nothing.

    Args:
        address: of a cluster that asks for passwords; its user does not matter.
        passwords: what each role is to sign in with; a role that has another gets this one.
        seconds: how long a server that has only just started may take to let anybody in.

    Raises:
        Refused: neither the owner nor Cassandra's first superuser is let in: the data are another set-up's.
        Unavailable: the cluster cannot be reached.
    """
    from services.store.cassandra.roles import prepare

    prepare(address, passwords, seconds)
