"""What every part of the Cassandra store holds."""

from services.store.cassandra.session import Session


class Part:
    """One concern of the store, working on the shared session."""

    def __init__(self, session: Session) -> None:
        self._session = session
