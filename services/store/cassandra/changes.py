"""Tells whoever follows the registry that it changed, at a cost that does not grow with it.

Before a write to a followed table it is listed as pending, in a row that expires by itself, and then a
counter is raised; servers count, so that no writer's clock matters. After the write it is listed no more.
While one is, a look reads all that is followed. So a look after the write gives another token than one
before it (the count) and than one during it (the list), also where the writer died and its row expired.
"""

import contextlib
import hashlib
import re
import uuid
from collections.abc import Iterator, Sequence

from services.errors import Unavailable, Uncertain
from services.store.addresses import CassandraAddress
from services.store.cassandra.session import CassandraSession

PENDING_SECONDS = 600
"""Longer than any write takes to be decided."""

FOLLOWED = {
    "model_registry": (
        "SELECT name, champion, generation, policy, version, mode, url, endpoint, image, revision "
        "FROM historical_db.model_registry"
    ),
    "tokens": "SELECT digest, revoked_at FROM historical_db.tokens",
    "listeners": "SELECT port, data FROM historical_db.listeners",
    "settings": "SELECT name, value FROM historical_db.settings",
}
"""The tables whose changes are followed, and what is read of each while a write is pending."""

_WRITES = re.compile(rf"(UPDATE|INTO|DELETE FROM) historical_db\.({'|'.join(FOLLOWED)})\b")
_RAISE = "UPDATE historical_db.change_counter SET value = value + 1 WHERE name = ?"
_COUNT = "SELECT value FROM historical_db.change_counter WHERE name = ?"
_LIST = "INSERT INTO historical_db.pending_changes (name, writer, pending) VALUES (?, ?, ?) USING TTL ?"
_PENDING = "SELECT writer, pending FROM historical_db.pending_changes WHERE name = ?"
_NAME = "registry"


class FollowedSession(CassandraSession):
    """A session whose writes to followed tables are told to those who follow; none can be forgotten."""

    def __init__(self, address: CassandraAddress, password: str) -> None:
        # Used again, since each row that is deleted would leave a tombstone for every look to read.
        self._free_rows: list[uuid.UUID] = []
        super().__init__(address, password)

    def write(self, statement: str, values: Sequence[object] = ()) -> None:
        """See `CassandraSession`."""
        with self._told(statement):
            super().write(statement, values)

    def write_if(self, statement: str, values: Sequence[object]) -> bool:
        """See `CassandraSession`."""
        with self._told(statement):
            return super().write_if(statement, values)

    @contextlib.contextmanager
    def _told(self, statement: str) -> Iterator[None]:
        """List a write to a followed table while it is made; one that fails stays listed a while."""
        if not _WRITES.search(statement):
            yield
            return
        row = self._announce()
        yield
        # It is made, whatever becomes of this: then it stays listed, and is found.
        with contextlib.suppress(Unavailable, Uncertain):
            self._finish(row)

    def _announce(self) -> uuid.UUID:
        try:
            row = self._free_rows.pop()
        except IndexError:
            row = uuid.uuid4()
        super().write(_LIST, (_NAME, row, True, PENDING_SECONDS))
        super().write(_RAISE, (_NAME,))
        return row

    def _finish(self, row: uuid.UUID) -> None:
        super().write(_LIST, (_NAME, row, False, PENDING_SECONDS))
        self._free_rows.append(row)

    def changes(self) -> str:
        """See `Store`."""
        # The count first: a write that is announced after it is either listed by then or counted next time.
        counted = self.read(_COUNT, (_NAME,))
        count = str(counted[0][0] if counted else 0)
        pending = sorted(str(writer) for writer, is_pending in self.read(_PENDING, (_NAME,)) if is_pending)
        return f"{count} {' '.join(pending)} {self._content()}" if pending else count

    def _content(self) -> str:
        """A digest of all that is followed."""
        digest = hashlib.blake2b(digest_size=16)
        for answer in [self.start(statement) for statement in FOLLOWED.values()]:
            for row in sorted(map(repr, answer.rows())):
                digest.update(row.encode())
        return digest.hexdigest()
