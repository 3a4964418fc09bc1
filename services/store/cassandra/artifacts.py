"""`historical_db.artifacts` and `artifact_chunks`."""

import hashlib

from services.errors import NotFound
from services.store.cassandra.session import SessionHolder
from services.store.chunking import split_parts, verified

_ADD_CHUNK = "INSERT INTO historical_db.artifact_chunks (sha256, part, data) VALUES (?, ?, ?)"
_READ_CHUNK = "SELECT data FROM historical_db.artifact_chunks WHERE sha256 = ? AND part = ?"


class CassandraArtifacts(SessionHolder):
    """Trained models as bytes, named by their sha256; each chunk is a partition of its own."""

    def put_artifact(self, content: bytes) -> str:
        """See `ArtifactStore`."""
        sha256 = hashlib.sha256(content).hexdigest()
        parts = split_parts(content)
        self._session.write_large_each(
            _ADD_CHUNK, ((sha256, part, data) for part, data in enumerate(parts))
        )
        # Last, so that whoever finds the row finds all chunks.
        self._session.write(
            "INSERT INTO historical_db.artifacts (sha256, size, chunks) VALUES (?, ?, ?)",
            (sha256, len(content), len(parts)),
        )
        return sha256

    def artifact(self, sha256: str) -> bytes:
        """See `ArtifactStore`."""
        rows = self._session.read("SELECT chunks FROM historical_db.artifacts WHERE sha256 = ?", (sha256,))
        if not rows:
            raise NotFound(f"there is no artifact {sha256[:12]!r}")
        chunks = self._session.read_each(_READ_CHUNK, ((sha256, part) for part in range(rows[0][0])))
        return verified(sha256, b"".join(data for found in chunks for (data,) in found))
