"""Leases by conditional writes that expire by themselves."""

import math

from services.errors import Uncertain
from services.store.cassandra.session import CassandraSession

_HOLDER = "SELECT holder FROM historical_db.leases WHERE name = ?"
_TAKE = "INSERT INTO historical_db.leases (name, holder) VALUES (?, ?) IF NOT EXISTS USING TTL ?"
_RENEW = "UPDATE historical_db.leases USING TTL ? SET holder = ? WHERE name = ? IF holder = ?"
_RELEASE = "DELETE FROM historical_db.leases WHERE name = ? IF holder = ?"


class Leases:
    """Cassandra forgets a lease by itself, in whole seconds, by the servers' clocks."""

    def __init__(self, session: CassandraSession) -> None:
        self._session = session

    def acquire(self, name: str, holder: str, seconds: float) -> bool:
        """Take or renew a lease; whether `holder` holds it now."""
        whole = max(1, math.ceil(seconds))
        renewed = self._held_after(_RENEW, (whole, holder, name, holder), name, holder)
        return renewed or self._held_after(_TAKE, (name, holder, whole), name, holder)

    def _held_after(self, statement: str, values: tuple[object, ...], name: str, holder: str) -> bool:
        try:
            return self._session.write_if(statement, values)
        except Uncertain:
            return self.holder(name) == holder

    def release(self, name: str, holder: str) -> None:
        """Give it up; one that cannot be given up now expires by itself."""
        self._session.write_if(_RELEASE, (name, holder))

    def holder(self, name: str) -> str | None:
        """Who holds it now."""
        rows = self._session.read_serial(_HOLDER, (name,))
        return rows[0][0] if rows else None
