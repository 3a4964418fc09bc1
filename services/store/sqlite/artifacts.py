"""`historical_db.artifacts` and `artifact_chunks`."""

import hashlib

from services.errors import NotFound
from services.store.chunking import split_parts, verified
from services.store.sqlite.connection import DatabaseHolder


class SqliteArtifacts(DatabaseHolder):
    """Trained models as bytes, named by their sha256."""

    def put_artifact(self, content: bytes) -> str:
        """See `ArtifactStore`."""
        sha256 = hashlib.sha256(content).hexdigest()
        parts = split_parts(content)
        with self._database.writing() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO historical_db.artifact_chunks VALUES (?, ?, ?)",
                [(sha256, part, data) for part, data in enumerate(parts)],
            )
            connection.execute(
                "INSERT OR REPLACE INTO historical_db.artifacts VALUES (?, ?, ?)",
                (sha256, len(content), len(parts)),
            )
        return sha256

    def artifact(self, sha256: str) -> bytes:
        """See `ArtifactStore`."""
        with self._database.snapshot() as connection:
            row = connection.execute(
                "SELECT size FROM historical_db.artifacts WHERE sha256 = ?", (sha256,)
            ).fetchone()
            if row is None:
                raise NotFound(f"there is no artifact {sha256[:12]!r}")
            parts = connection.execute(
                "SELECT data FROM historical_db.artifact_chunks WHERE sha256 = ? ORDER BY part", (sha256,)
            )
            content = b"".join(data for (data,) in parts)
        return verified(sha256, content)
