"""Every table of a store but those that a signature decides, once: what both drivers make.

To add one: its line here, a migration in each driver's `schema.py`, and a test finds where they differ.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """A table as both drivers have it.

    Attributes:
        keyspace: `historical_db` or `live_db`.
        key: the columns that name a row, in order.
        columns: the others that both drivers have.
        cassandra: columns that only Cassandra has, such as a partition's, or what a lost answer is told by.
        sqlite: columns that only SQLite has.
        only: the driver that alone has it; empty where both do.
        followed: whether whoever follows the registry is told of its changes.
    """

    keyspace: str
    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...] = ()
    cassandra: tuple[str, ...] = ()
    sqlite: tuple[str, ...] = ()
    only: str = ""
    followed: bool = False


_HISTORICAL, _LIVE = "historical_db", "live_db"
_PLACE = ("project", "writer", "segment")

TABLES: tuple[Table, ...] = (
    Table(
        _HISTORICAL, "model_registry", ("name", "version"),
        ("mode", "type", "url", "endpoint", "image", "revision", "signature", "created_at", "ordinal",
         "champion", "generation", "policy", "last_change"),
        cassandra=("change_id", "registered", "revision_change", "revision_change_id"), followed=True,
    ),
    Table(
        _HISTORICAL, "champion_history", ("name", "at", "generation"),
        ("previous", "champion", "who", "reason", "evidence"), cassandra=("change_id",),
    ),
    Table(_HISTORICAL, "revisions", ("project", "version", "sha256"), ("data",)),
    Table(
        _HISTORICAL, "revision_history", ("name", "version", "at", "number"),
        ("previous", "revision", "who", "reason"), cassandra=("change_id",),
    ),
    Table(_HISTORICAL, "artifacts", ("sha256",), ("size", "chunks")),
    Table(_HISTORICAL, "artifact_chunks", ("sha256", "part"), ("data",)),
    Table(_HISTORICAL, "leases", ("name",), ("holder",), sqlite=("expires_at",)),
    Table(_HISTORICAL, "tokens", ("digest",), ("data", "revoked_at"), followed=True),
    Table(_HISTORICAL, "jobs", ("project", "version", "id"), ("data",), sqlite=("created_at",)),
    Table(_HISTORICAL, "listeners", ("port",), ("data",), followed=True),
    Table(_HISTORICAL, "settings", ("name",), ("value",), followed=True),
    Table(_HISTORICAL, "catch_up_progress", ("project", "version"), ("data",)),
    Table(_HISTORICAL, "change_counter", (), ("value",), cassandra=("name",)),
    Table(_HISTORICAL, "pending_changes", ("name", "writer"), ("pending",), only="cassandra"),
    Table(_HISTORICAL, "schema_version", ("name",), ("version",), only="cassandra"),
    Table(
        _LIVE, "labels", ("project", "id", "labelled_at", "writer", "segment", "sequence"),
        cassandra=("bucket", "number", "text"), sqlite=("label",),
    ),
    Table(_LIVE, "buckets", ("project", "version", "bucket"), only="cassandra"),
    Table(_LIVE, "log", (*_PLACE, "sequence"), ("data",)),
    Table(_LIVE, "writers", ("project", "writer"), only="cassandra"),
    Table(_LIVE, "segments", _PLACE, ("rows", "last_sequence", "chunks", "closed")),
    Table(_LIVE, "packed", (*_PLACE, "chunk"), ("data",)),
    Table(
        _LIVE, "rollups", ("project", "generation", "summary", "part"), ("data",), cassandra=("run",)
    ),
    Table(
        _LIVE, "manifests", ("project", "generation"), cassandra=("run", "parts"), sqlite=("data",)
    ),
)  # fmt: skip
