"""The platform's store: Cassandra 5, the tables of the design.

One module per concern of `services.store.interface`. Only `session` and `errors` import the driver's
exceptions, which become kinds of `services.errors` there; nothing outside this package sees a session
or a statement.
"""

from services.store.cassandra.store import CassandraStore

__all__ = ["CassandraStore"]
