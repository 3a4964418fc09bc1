"""Where a store is: plain data that profiles keep and processes pass on; never a password."""

from msgspec import Struct


class SqliteAddress(Struct, frozen=True, tag="sqlite"):
    """An embedded store: a folder that holds `historical_db.sqlite3` and `live_db.sqlite3`."""

    folder: str


class CassandraAddress(Struct, frozen=True, tag="cassandra"):
    """A Cassandra cluster; the password is never part of an address.

    Attributes:
        contact_points: host names or addresses.
        user: empty when the cluster asks for none.
        data_centre: the local one; empty takes the first contact point's.
        authority: path of the PEM file of the certificate authority; with `tls`, empty means the
            system's authorities.
        keyspace_prefix: put before `historical_db` and `live_db`; lets tests and teams share a cluster.
        replication: of keyspaces that are made on first connection.
    """

    contact_points: tuple[str, ...]
    port: int = 9042
    user: str = ""
    data_centre: str = ""
    tls: bool = False
    authority: str = ""
    keyspace_prefix: str = ""
    replication: int = 1


StoreAddress = SqliteAddress | CassandraAddress
