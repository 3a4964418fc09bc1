"""Leases, tokens, jobs, listeners, settings and the progress of catching up."""

import time
from datetime import datetime

import msgspec
from msgspec.structs import replace

from services.errors import NotFound
from services.registry.model import Job, Listener, Token
from services.store.interface import CatchUpProgress
from services.store.registry_codec import instant_text, json_text, whole_milliseconds
from services.store.sqlite.connection import DatabaseHolder

JOBS_SHOWN = 100


class SqliteCoordination(DatabaseHolder):
    """Small rows that processes agree on."""

    def acquire_lease(self, name: str, holder: str, seconds: float) -> bool:
        """See `CoordinationStore`."""
        with self._database.writing() as connection:
            now = time.time()
            row = connection.execute(
                "SELECT holder, expires_at FROM historical_db.leases WHERE name = ?", (name,)
            ).fetchone()
            if row is not None and row[0] != holder and row[1] > now:
                return False
            connection.execute(
                "INSERT OR REPLACE INTO historical_db.leases VALUES (?, ?, ?)",
                (name, holder, now + seconds),
            )
            return True

    def release_lease(self, name: str, holder: str) -> None:
        """See `CoordinationStore`."""
        with self._database.writing() as connection:
            connection.execute(
                "DELETE FROM historical_db.leases WHERE name = ? AND holder = ?", (name, holder)
            )

    def lease_holder(self, name: str) -> str | None:
        """See `CoordinationStore`."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT holder FROM historical_db.leases WHERE name = ? AND expires_at > ?",
                (name, time.time()),
            ).fetchone()
        return None if row is None else str(row[0])

    def add_token(self, token: Token) -> None:
        """See `CoordinationStore`."""
        with self._database.writing() as connection:
            revoked = None if token.revoked_at is None else instant_text(token.revoked_at)
            connection.execute(
                "INSERT OR REPLACE INTO historical_db.tokens VALUES (?, ?, ?)",
                (token.digest, json_text(token), revoked),
            )

    def tokens(self) -> list[Token]:
        """See `CoordinationStore`."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT data, revoked_at FROM historical_db.tokens").fetchall()
        found = [
            replace(
                msgspec.json.decode(data, type=Token),
                revoked_at=None if revoked is None else datetime.fromisoformat(revoked),
            )
            for data, revoked in rows
        ]
        return sorted(found, key=lambda token: (token.created_at, token.digest))

    def revoke_token(self, digest: str, at: datetime) -> None:
        """See `CoordinationStore`."""
        with self._database.writing() as connection:
            cursor = connection.execute(
                "UPDATE historical_db.tokens SET revoked_at = coalesce(revoked_at, ?) WHERE digest = ?",
                (instant_text(whole_milliseconds(at)), digest),
            )
            if not cursor.rowcount:
                raise NotFound("there is no token with that digest")

    def put_job(self, job: Job) -> None:
        """See `CoordinationStore`."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO historical_db.jobs VALUES (?, ?, ?, ?, ?)",
                (job.project, job.version, job.id, instant_text(job.created_at), json_text(job)),
            )

    def job(self, project: str, version: str, job: str) -> Job | None:
        """See `CoordinationStore`."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT data FROM historical_db.jobs WHERE project = ? AND version = ? AND id = ?",
                (project, version, job),
            ).fetchone()
        return None if row is None else msgspec.json.decode(row[0], type=Job)

    def jobs(self, project: str, version: str) -> list[Job]:
        """See `CoordinationStore`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT data FROM historical_db.jobs WHERE project = ? AND version = ? "
                "ORDER BY created_at DESC, id DESC LIMIT ?",
                (project, version, JOBS_SHOWN),
            ).fetchall()
        return [msgspec.json.decode(data, type=Job) for (data,) in rows]

    def listeners(self) -> list[Listener]:
        """See `CoordinationStore`."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT data FROM historical_db.listeners ORDER BY port").fetchall()
        return [msgspec.json.decode(data, type=Listener) for (data,) in rows]

    def put_listener(self, listener: Listener) -> None:
        """See `CoordinationStore`."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO historical_db.listeners VALUES (?, ?)",
                (listener.port, json_text(listener)),
            )

    def remove_listener(self, port: int) -> None:
        """See `CoordinationStore`."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM historical_db.listeners WHERE port = ?", (port,))

    def setting(self, key: str) -> str | None:
        """See `CoordinationStore`."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT value FROM historical_db.settings WHERE name = ?", (key,)
            ).fetchone()
        return None if row is None else str(row[0])

    def put_setting(self, key: str, value: str) -> None:
        """See `CoordinationStore`."""
        with self._database.writing() as connection:
            connection.execute("INSERT OR REPLACE INTO historical_db.settings VALUES (?, ?)", (key, value))

    def catch_up_progress(self, project: str, version: str) -> CatchUpProgress | None:
        """See `CoordinationStore`."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT data FROM historical_db.catch_up_progress WHERE project = ? AND version = ?",
                (project, version),
            ).fetchone()
        return None if row is None else msgspec.json.decode(row[0], type=CatchUpProgress)

    def put_catch_up_progress(self, project: str, version: str, progress: CatchUpProgress) -> None:
        """See `CoordinationStore`."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO historical_db.catch_up_progress VALUES (?, ?, ?)",
                (project, version, json_text(progress)),
            )
