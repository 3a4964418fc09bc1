"""What every part of the SQLite store holds."""

from services.store.sqlite.connection import Database


class Part:
    """One concern of the store, working on the shared connections."""

    def __init__(self, database: Database) -> None:
        self._database = database
