"""Leases, tokens, jobs, listeners, settings and the progress of catching up."""

from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from services.errors import NotFound
from services.registry.model import Job, Listener, Token
from services.store.cassandra.leases import Leases
from services.store.cassandra.session import CassandraSession, SessionHolder
from services.store.interface import CatchUpProgress
from services.store.registry_codec import json_text

JOBS_SHOWN = 100


class CassandraCoordination(SessionHolder):
    """Small rows that processes agree on."""

    def __init__(self, session: CassandraSession) -> None:
        super().__init__(session)
        self._leases = Leases(session)

    def acquire_lease(self, name: str, holder: str, seconds: float) -> bool:
        """See `CoordinationStore`; whole seconds, rounded up."""
        return self._leases.acquire(name, holder, seconds)

    def release_lease(self, name: str, holder: str) -> None:
        """See `CoordinationStore`."""
        self._leases.release(name, holder)

    def lease_holder(self, name: str) -> str | None:
        """See `CoordinationStore`."""
        return self._leases.holder(name)

    def add_token(self, token: Token) -> None:
        """See `CoordinationStore`."""
        self._session.write(
            "INSERT INTO historical_db.tokens (digest, data, revoked_at) VALUES (?, ?, ?)",
            (token.digest, json_text(token), token.revoked_at),
        )

    def tokens(self) -> list[Token]:
        """See `CoordinationStore`."""
        rows = self._session.read("SELECT data, revoked_at FROM historical_db.tokens")
        found = [
            replace(
                msgspec.json.decode(data, type=Token),
                revoked_at=None if revoked is None else revoked.replace(tzinfo=UTC),
            )
            for data, revoked in rows
        ]
        return sorted(found, key=lambda token: (token.created_at, token.digest))

    def revoke_token(self, digest: str, at: datetime) -> None:
        """See `CoordinationStore`."""
        statement = "UPDATE historical_db.tokens SET revoked_at = ? WHERE digest = ? IF revoked_at = null"
        rows = self._session.read("SELECT digest FROM historical_db.tokens WHERE digest = ?", (digest,))
        if not rows:
            raise NotFound("there is no token with that digest")
        self._session.write_if(statement, (at, digest))

    def put_job(self, job: Job) -> None:
        """See `CoordinationStore`."""
        self._session.write(
            "INSERT INTO historical_db.jobs (project, version, id, data) VALUES (?, ?, ?, ?)",
            (job.project, job.version, job.id, json_text(job)),
        )

    def job(self, project: str, version: str, job: str) -> Job | None:
        """See `CoordinationStore`."""
        rows = self._session.read(
            "SELECT data FROM historical_db.jobs WHERE project = ? AND version = ? AND id = ?",
            (project, version, job),
        )
        return msgspec.json.decode(rows[0][0], type=Job) if rows else None

    def jobs(self, project: str, version: str) -> list[Job]:
        """See `CoordinationStore`."""
        rows = self._session.read(
            "SELECT data FROM historical_db.jobs WHERE project = ? AND version = ?", (project, version)
        )
        found = [msgspec.json.decode(data, type=Job) for (data,) in rows]
        return sorted(found, key=lambda job: (job.created_at, job.id), reverse=True)[:JOBS_SHOWN]

    def listeners(self) -> list[Listener]:
        """See `CoordinationStore`."""
        rows = self._session.read("SELECT data FROM historical_db.listeners")
        found = [msgspec.json.decode(data, type=Listener) for (data,) in rows]
        return sorted(found, key=lambda listener: listener.port)

    def put_listener(self, listener: Listener) -> None:
        """See `CoordinationStore`."""
        self._session.write(
            "INSERT INTO historical_db.listeners (port, data) VALUES (?, ?)",
            (listener.port, json_text(listener)),
        )

    def remove_listener(self, port: int) -> None:
        """See `CoordinationStore`."""
        self._session.write("DELETE FROM historical_db.listeners WHERE port = ?", (port,))

    def setting(self, key: str) -> str | None:
        """See `CoordinationStore`."""
        rows = self._session.read("SELECT value FROM historical_db.settings WHERE name = ?", (key,))
        return rows[0][0] if rows else None

    def put_setting(self, key: str, value: str) -> None:
        """See `CoordinationStore`."""
        self._session.write("INSERT INTO historical_db.settings (name, value) VALUES (?, ?)", (key, value))

    def catch_up_progress(self, project: str, version: str) -> CatchUpProgress | None:
        """See `CoordinationStore`."""
        rows = self._session.read(
            "SELECT data FROM historical_db.catch_up_progress WHERE project = ? AND version = ?",
            (project, version),
        )
        return msgspec.json.decode(rows[0][0], type=CatchUpProgress) if rows else None

    def put_catch_up_progress(self, project: str, version: str, progress: CatchUpProgress) -> None:
        """See `CoordinationStore`."""
        self._session.write(
            "INSERT INTO historical_db.catch_up_progress (project, version, data) VALUES (?, ?, ?)",
            (project, version, json_text(progress)),
        )
