"""The tables of a workspace, made and migrated by one process at a time."""

import sqlite3
import time
from collections.abc import Callable

from services.errors import Refused

_FIRST = (
    # Columns from `champion` on are the same in all rows of a project (static ones in Cassandra).
    """CREATE TABLE historical_db.model_registry (
        name TEXT NOT NULL, version TEXT NOT NULL, mode TEXT NOT NULL, type TEXT NOT NULL,
        url TEXT NOT NULL, endpoint TEXT NOT NULL, image TEXT NOT NULL, revision TEXT NOT NULL,
        signature TEXT NOT NULL, created_at TEXT NOT NULL, ordinal INTEGER NOT NULL,
        champion TEXT NOT NULL, generation INTEGER NOT NULL, policy TEXT NOT NULL,
        last_change TEXT NOT NULL,
        PRIMARY KEY (name, version)) WITHOUT ROWID""",
    """CREATE TABLE historical_db.champion_history (
        name TEXT NOT NULL, at TEXT NOT NULL, generation INTEGER NOT NULL, previous TEXT NOT NULL,
        champion TEXT NOT NULL, who TEXT NOT NULL, reason TEXT NOT NULL, evidence TEXT NOT NULL,
        PRIMARY KEY (name, at, generation)) WITHOUT ROWID""",
    """CREATE TABLE historical_db.revisions (
        project TEXT NOT NULL, version TEXT NOT NULL, sha256 TEXT NOT NULL, data TEXT NOT NULL,
        PRIMARY KEY (project, version, sha256)) WITHOUT ROWID""",
    """CREATE TABLE historical_db.artifacts (
        sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL, chunks INTEGER NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE historical_db.artifact_chunks (
        sha256 TEXT NOT NULL, part INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (sha256, part))""",
    """CREATE TABLE historical_db.leases (
        name TEXT PRIMARY KEY, holder TEXT NOT NULL, expires_at REAL NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE historical_db.tokens (
        digest TEXT PRIMARY KEY, data TEXT NOT NULL, revoked_at TEXT) WITHOUT ROWID""",
    """CREATE TABLE historical_db.jobs (
        project TEXT NOT NULL, version TEXT NOT NULL, id TEXT NOT NULL, created_at TEXT NOT NULL,
        data TEXT NOT NULL, PRIMARY KEY (project, version, id)) WITHOUT ROWID""",
    "CREATE TABLE historical_db.listeners (port INTEGER PRIMARY KEY, data TEXT NOT NULL)",
    "CREATE TABLE historical_db.settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE historical_db.change_counter (value INTEGER NOT NULL)",
    "INSERT INTO historical_db.change_counter VALUES (0)",
    """CREATE TABLE live_db.labels (
        project TEXT NOT NULL, id TEXT NOT NULL, labelled_at INTEGER NOT NULL, writer TEXT NOT NULL,
        segment INTEGER NOT NULL, sequence INTEGER NOT NULL, label,
        PRIMARY KEY (project, id, labelled_at, writer, segment, sequence)) WITHOUT ROWID""",
    """CREATE TABLE live_db.log (
        project TEXT NOT NULL, writer TEXT NOT NULL, segment INTEGER NOT NULL, sequence INTEGER NOT NULL,
        data BLOB NOT NULL, PRIMARY KEY (project, writer, segment, sequence))""",
    """CREATE TABLE live_db.segments (
        project TEXT NOT NULL, writer TEXT NOT NULL, segment INTEGER NOT NULL,
        rows INTEGER NOT NULL DEFAULT 0, last_sequence INTEGER NOT NULL DEFAULT -1,
        chunks INTEGER NOT NULL DEFAULT 0, closed INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (project, writer, segment)) WITHOUT ROWID""",
    """CREATE TABLE live_db.packed (
        project TEXT NOT NULL, writer TEXT NOT NULL, segment INTEGER NOT NULL, chunk INTEGER NOT NULL,
        data BLOB NOT NULL, PRIMARY KEY (project, writer, segment, chunk))""",
    """CREATE TABLE live_db.rollups (
        project TEXT NOT NULL, generation INTEGER NOT NULL, summary TEXT NOT NULL, part INTEGER NOT NULL,
        data BLOB NOT NULL, PRIMARY KEY (project, generation, summary, part))""",
    """CREATE TABLE live_db.manifests (
        project TEXT NOT NULL, generation INTEGER NOT NULL, data BLOB NOT NULL,
        PRIMARY KEY (project, generation))""",
)


def _count_changes(connection: sqlite3.Connection, *tables: str) -> None:
    """Triggers, so that no writer can forget to count; a migration that makes a followed table calls it."""
    for table in tables:
        for event in ("INSERT", "UPDATE", "DELETE"):
            connection.execute(
                f"CREATE TRIGGER historical_db.{table}_{event.lower()} AFTER {event} ON {table} "  # noqa: S608 - names of our own or validated
                "BEGIN UPDATE change_counter SET value = value + 1; END"
            )


def _create(connection: sqlite3.Connection) -> None:
    for statement in _FIRST:
        connection.execute(statement)
    _count_changes(connection, "model_registry", "tokens", "listeners", "settings")


def _keep_revision_history(connection: sqlite3.Connection) -> None:
    connection.execute(
        """CREATE TABLE historical_db.revision_history (
            name TEXT NOT NULL, version TEXT NOT NULL, at TEXT NOT NULL, number INTEGER NOT NULL,
            previous TEXT NOT NULL, revision TEXT NOT NULL, who TEXT NOT NULL, reason TEXT NOT NULL,
            PRIMARY KEY (name, version, at, number)) WITHOUT ROWID"""
    )


def _keep_catch_up_progress(connection: sqlite3.Connection) -> None:
    """Give it a table of its own; among the settings each note of it was a change that all followed."""
    connection.execute(
        """CREATE TABLE historical_db.catch_up_progress (
            project TEXT NOT NULL, version TEXT NOT NULL, data TEXT NOT NULL,
            PRIMARY KEY (project, version)) WITHOUT ROWID"""
    )
    kept = connection.execute(
        "SELECT name, value FROM historical_db.settings WHERE name LIKE 'catch_up/%/%'"
    ).fetchall()
    connection.executemany(
        "INSERT INTO historical_db.catch_up_progress VALUES (?, ?, ?)",
        [(*name.split("/")[1:], value) for name, value in kept],
    )
    connection.executemany(
        "DELETE FROM historical_db.settings WHERE name = ?", [(name,) for name, _ in kept]
    )


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    _create,
    _keep_revision_history,
    _keep_catch_up_progress,
)
"""Step n leads from version n to n + 1."""

SCHEMA_VERSION = len(MIGRATIONS)
_LOCK_SECONDS = 30.0


def use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Let readers and a writer work side by side; waits for others that do the same just now."""
    deadline = time.monotonic() + _LOCK_SECONDS
    for name in ("historical_db", "live_db"):
        while not _in_write_ahead_log(connection, name):
            if time.monotonic() > deadline:
                raise sqlite3.OperationalError(f"{name} stays locked by another process")
            time.sleep(0.01)


def _in_write_ahead_log(connection: sqlite3.Connection, name: str) -> bool:
    if connection.execute(f"PRAGMA {name}.journal_mode").fetchone() == ("wal",):
        return True
    try:
        return bool(connection.execute(f"PRAGMA {name}.journal_mode = WAL").fetchone() == ("wal",))
    except sqlite3.OperationalError as error:
        # The change of mode needs the file alone and does not wait by itself.
        if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return False
        raise


def prepare_schema(connection: sqlite3.Connection) -> None:
    """Bring both files to this program's version; others that start meanwhile wait for the lock.

    Raises:
        Refused: the files were made by a newer Relevo.
    """
    if _version(connection) == SCHEMA_VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        present = _version(connection)
        if present > SCHEMA_VERSION:
            raise Refused(
                f"this workspace was made by a newer Relevo (schema {present}; this one knows "
                f"{SCHEMA_VERSION})",
                remedy="Update Relevo on this computer.",
            )
        for step in MIGRATIONS[present:]:
            step(connection)
        for name in ("live_db", "historical_db"):
            connection.execute(f"PRAGMA {name}.user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA historical_db.user_version").fetchone()[0]
    return version
