"""Keyspaces and tables, made and migrated by one process at a time."""

import contextlib
import time
import uuid
from collections.abc import Callable

from services.errors import NotPrepared, Refused, Unavailable
from services.store.cassandra.leases import Leases
from services.store.cassandra.session import CassandraSession

_LEASE = "schema"
_LEASE_SECONDS = 60
_WAIT_SECONDS = 120.0
# The log's blobs are read whole and are packed or not worth packing; compressing them costs reads.
_PLAIN = "WITH compression = {'enabled': false}"

_FIRST = (
    """CREATE TABLE IF NOT EXISTS historical_db.model_registry (
        name text, version text, mode text, type text, url text, endpoint text, image text,
        revision text, signature text, created_at timestamp, ordinal int,
        champion text static, generation int static, policy text static, last_change text static,
        change_id uuid static, registered int static,
        PRIMARY KEY (name, version))""",
    """CREATE TABLE IF NOT EXISTS historical_db.champion_history (
        name text, at timestamp, generation int, previous text, champion text, who text, reason text,
        evidence text, change_id uuid, PRIMARY KEY ((name), at, generation))""",
    """CREATE TABLE IF NOT EXISTS historical_db.revisions (
        project text, version text, sha256 text, data text, PRIMARY KEY ((project, version), sha256))""",
    """CREATE TABLE IF NOT EXISTS historical_db.artifacts (
        sha256 text PRIMARY KEY, size bigint, chunks int)""",
    f"""CREATE TABLE IF NOT EXISTS historical_db.artifact_chunks (
        sha256 text, part int, data blob, PRIMARY KEY ((sha256, part))) {_PLAIN}""",
    """CREATE TABLE IF NOT EXISTS historical_db.tokens (
        digest text PRIMARY KEY, data text, revoked_at timestamp)""",
    """CREATE TABLE IF NOT EXISTS historical_db.jobs (
        project text, version text, id text, data text, PRIMARY KEY ((project, version), id))""",
    "CREATE TABLE IF NOT EXISTS historical_db.listeners (port int PRIMARY KEY, data text)",
    "CREATE TABLE IF NOT EXISTS historical_db.settings (name text PRIMARY KEY, value text)",
    """CREATE TABLE IF NOT EXISTS live_db.labels (
        project text, bucket bigint, id uuid, labelled_at bigint, writer text, segment int, sequence int,
        number double, text text,
        PRIMARY KEY ((project, bucket), id, labelled_at, writer, segment, sequence))""",
    """CREATE TABLE IF NOT EXISTS live_db.buckets (
        project text, version text, bucket bigint, PRIMARY KEY ((project, version), bucket))
        WITH CLUSTERING ORDER BY (bucket DESC)""",
    f"""CREATE TABLE IF NOT EXISTS live_db.log (
        project text, writer text, segment int, sequence int, data blob,
        PRIMARY KEY ((project, writer, segment), sequence)) {_PLAIN}""",
    "CREATE TABLE IF NOT EXISTS live_db.writers (project text, writer text, PRIMARY KEY (project, writer))",
    """CREATE TABLE IF NOT EXISTS live_db.segments (
        project text, writer text, segment int, rows int, last_sequence int, chunks int, closed boolean,
        PRIMARY KEY ((project, writer), segment))""",
    f"""CREATE TABLE IF NOT EXISTS live_db.packed (
        project text, writer text, segment int, chunk int, data blob,
        PRIMARY KEY ((project, writer, segment), chunk)) {_PLAIN}""",
    f"""CREATE TABLE IF NOT EXISTS live_db.rollups (
        project text, generation int, run uuid, summary text, part int, data blob,
        PRIMARY KEY ((project, generation), run, summary, part)) {_PLAIN}""",
    """CREATE TABLE IF NOT EXISTS live_db.manifests (
        project text, generation int, run uuid, parts int, PRIMARY KEY (project, generation))
        WITH CLUSTERING ORDER BY (generation DESC)""",
)
_REVISION_HISTORY = (
    """CREATE TABLE IF NOT EXISTS historical_db.revision_history (
        name text, version text, at timestamp, number int, previous text, revision text, who text,
        reason text, change_id uuid, PRIMARY KEY ((name, version), at, number))""",
    """ALTER TABLE historical_db.model_registry
        ADD IF NOT EXISTS (revision_change text, revision_change_id uuid)""",
)


def _move_catch_up_progress(session: CassandraSession) -> None:
    """Out of the settings, among which each note of it was a change that all followed."""
    for name, value in session.read("SELECT name, value FROM historical_db.settings"):
        kind, *owner = name.split("/")
        if kind == "catch_up" and len(owner) == 2:
            session.write(
                "INSERT INTO historical_db.catch_up_progress (project, version, data) VALUES (?, ?, ?)",
                (*owner, value),
            )
            session.write("DELETE FROM historical_db.settings WHERE name = ?", (name,))


_CHANGES_AND_CATCH_UP_PROGRESS = (
    "CREATE TABLE IF NOT EXISTS historical_db.change_counter (name text PRIMARY KEY, value counter)",
    """CREATE TABLE IF NOT EXISTS historical_db.pending_changes (
        name text, writer uuid, pending boolean, PRIMARY KEY (name, writer))""",
    """CREATE TABLE IF NOT EXISTS historical_db.catch_up_progress (
        project text, version text, data text, PRIMARY KEY ((project, version)))""",
    _move_catch_up_progress,
)
Step = tuple[str | Callable[[CassandraSession], None], ...]
MIGRATIONS: tuple[Step, ...] = (_FIRST, _REVISION_HISTORY, _CHANGES_AND_CATCH_UP_PROGRESS)
"""Step n leads from version n to n + 1; each statement may be run again after a crash."""

SCHEMA_VERSION = len(MIGRATIONS)

_LEASES = "name text PRIMARY KEY, holder text"
_VERSIONS = "name text PRIMARY KEY, version int"


def _first_tables(session: CassandraSession) -> tuple[str, ...]:
    """What migrations themselves need; a fixed id lets two nodes make the same table at once."""
    leases = uuid.uuid5(uuid.NAMESPACE_OID, f"{session.historical}.leases")
    version = uuid.uuid5(uuid.NAMESPACE_OID, f"{session.historical}.schema_version")
    return (
        f"CREATE TABLE IF NOT EXISTS historical_db.leases ({_LEASES}) WITH id = {leases}",
        f"CREATE TABLE IF NOT EXISTS historical_db.schema_version ({_VERSIONS}) WITH id = {version}",
    )


class MadeByNewer(Refused):
    """The tables are of a version that this program does not know."""


def prepare_schema(session: CassandraSession, replication: int) -> None:
    """Bring the keyspaces to this program's version; others that start meanwhile wait for it.

    Raises:
        Refused: a newer Relevo made them, or this user may not.
        Unavailable: another process holds the lease and does not finish.
    """
    if _keyspaces_ready(session):
        # While another process makes it, a table is listed a moment before it can be asked.
        with contextlib.suppress(NotPrepared):
            if _version(session) == SCHEMA_VERSION:
                return
    try:
        _make_keyspaces(session, replication)
        for statement in _first_tables(session):
            session.define(statement)
        _migrate(session, Leases(session))
    except MadeByNewer:
        raise
    except Refused as error:
        raise Refused(
            "this platform's tables are older than this Relevo, and this user may not change them",
            remedy="Upgrade the platform first.",
            details=error.details,
        ) from error


def _make_keyspaces(session: CassandraSession, replication: int) -> None:
    """Make those that are missing: on a platform only its owner may, who has made them."""
    present = {name for (name,) in session.read("SELECT keyspace_name FROM system_schema.keyspaces")}
    for keyspace in {session.historical, session.live} - present:
        session.define(
            f"CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = "
            f"{{'class': 'NetworkTopologyStrategy', 'replication_factor': {int(replication)}}}"
        )


def _keyspaces_ready(session: CassandraSession) -> bool:
    rows = session.read(
        "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?",
        (session.historical, "schema_version"),
    )
    return bool(rows)


def _version(session: CassandraSession) -> int:
    rows = session.read_serial(
        "SELECT version FROM historical_db.schema_version WHERE name = ?", ("schema",)
    )
    version = int(rows[0][0]) if rows else 0
    if version > SCHEMA_VERSION:
        raise MadeByNewer(
            f"this platform was made by a newer Relevo (schema {version}, this one knows {SCHEMA_VERSION})",
            remedy="Update Relevo on this computer.",
        )
    return version


def _migrate(session: CassandraSession, leases: Leases) -> None:
    holder, deadline = str(uuid.uuid4()), time.monotonic() + _WAIT_SECONDS
    while _version(session) < SCHEMA_VERSION:
        if leases.acquire(_LEASE, holder, _LEASE_SECONDS):
            try:
                _run_steps(session, leases, holder)
            finally:
                leases.release(_LEASE, holder)
        elif time.monotonic() > deadline:
            raise Unavailable("another process has been making Cassandra's tables for two minutes")
        else:
            time.sleep(0.1)


def _run_steps(session: CassandraSession, leases: Leases, holder: str) -> None:
    present = _version(session)
    for step in MIGRATIONS[present:]:
        for action in step:
            leases.acquire(_LEASE, holder, _LEASE_SECONDS)
            if isinstance(action, str):
                session.define(action)
            else:
                action(session)
        if present == 0:
            session.write_if(
                "INSERT INTO historical_db.schema_version (name, version) VALUES (?, ?) IF NOT EXISTS",
                ("schema", 1),
            )
        else:
            session.write_if(
                "UPDATE historical_db.schema_version SET version = ? WHERE name = ? IF version = ?",
                (present + 1, "schema", present),
            )
        present += 1
