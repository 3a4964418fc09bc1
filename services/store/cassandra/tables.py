"""TableMaker whose columns a signature decides: made, widened and described."""

import time
import uuid
from collections.abc import Mapping

from services.errors import Unavailable
from services.registry.model import FieldType
from services.store.cassandra.leases import Leases
from services.store.cassandra.session import CassandraSession

_TYPES = {
    FieldType.NUMBER: "double",
    FieldType.INTEGER: "bigint",
    FieldType.BOOLEAN: "boolean",
    FieldType.STRING: "text",
}
_LEASE, _LEASE_SECONDS, _WAIT_SECONDS = "tables", 60, 120.0
_COLUMNS = "SELECT column_name, type FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ?"


def quoted(name: str) -> str:
    """A validated name as an identifier; quoting keeps keywords such as `order` harmless."""
    return f'"{name}"'


class TableMaker:
    """Makes and widens tables under a lease, one process at a time."""

    def __init__(self, session: CassandraSession) -> None:
        self._session, self._leases = session, Leases(session)

    def types(self, schema: str, table: str) -> dict[str, str]:
        """Column to CQL type; empty if there is no such table."""
        keyspace = self._session.live if schema == "live_db" else self._session.historical
        return dict(self._session.read(_COLUMNS, (keyspace, table)))

    def prepare(self, schema: str, table: str, key: str, columns: Mapping[str, FieldType]) -> None:
        """Make the table with this key (definitions and PRIMARY KEY), and add the columns it lacks."""
        if set(columns) <= self.types(schema, table).keys():
            return
        holder, deadline = str(uuid.uuid4()), time.monotonic() + _WAIT_SECONDS
        while not self._leases.acquire(_LEASE, holder, _LEASE_SECONDS):
            if time.monotonic() > deadline:
                raise Unavailable("another process has been changing Cassandra's tables for two minutes")
            time.sleep(0.05)
        try:
            self._define(schema, table, key, columns)
        finally:
            self._leases.release(_LEASE, holder)

    def _define(self, schema: str, table: str, key: str, columns: Mapping[str, FieldType]) -> None:
        present = self.types(schema, table)
        missing = [
            f"{quoted(column)} {_TYPES[kind]}" for column, kind in columns.items() if column not in present
        ]
        if not present:
            definition, primary = key.split("; ")
            body = ", ".join([definition, *missing, primary])
            self._session.define(f"CREATE TABLE IF NOT EXISTS {schema}.{quoted(table)} ({body})")
        elif missing:
            body = ", ".join(missing)
            self._session.define(f"ALTER TABLE {schema}.{quoted(table)} ADD IF NOT EXISTS ({body})")
