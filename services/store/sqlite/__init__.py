"""The embedded store: two SQLite files in a workspace folder, the same tables as in Cassandra.

One module per concern of `services.store.interface`. Only this package's `connection` sees sqlite3's
exceptions; nothing outside it sees a connection or a statement.
"""

from services.store.sqlite.store import SqliteStore

__all__ = ["SqliteStore"]
