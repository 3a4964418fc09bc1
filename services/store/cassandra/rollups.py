"""`live_db.rollups` and `manifests`: a generation stands once its manifest does."""

import uuid
from collections.abc import Mapping

from services.errors import Conflict, Corrupt, Uncertain
from services.store.cassandra.session import SessionHolder
from services.store.chunking import concat_parts, split_parts
from services.store.names import validate_project

_ADD_PART = (
    "INSERT INTO live_db.rollups (project, generation, run, summary, part, data) VALUES (?, ?, ?, ?, ?, ?)"
)
_READ_PARTS = "SELECT summary, data FROM live_db.rollups WHERE project = ? AND generation = ? AND run = ?"
_ADD_MANIFEST = (
    "INSERT INTO live_db.manifests (project, generation, run, parts) VALUES (?, ?, ?, ?) IF NOT EXISTS"
)
_MANIFESTS = "SELECT generation, run, parts FROM live_db.manifests WHERE project = ?"
_MANIFEST, _SUMMARY = "manifest", "summary:"
_LOOKS = 3


class CassandraRollups(SessionHolder):
    """Mergeable summaries. Two writers of one generation keep apart by their run; one manifest wins."""

    def write_rollups(
        self, project: str, generation: int, summaries: Mapping[str, bytes], manifest: bytes
    ) -> None:
        """See `RollupStore`."""
        validate_project(project)
        present = self._manifests(project)
        if present and present[0][0] >= generation:
            raise Conflict(f"generation {present[0][0]} of the rollups of {project!r} is there already")
        run = uuid.uuid4()
        contents = {
            _MANIFEST: manifest,
            **{_SUMMARY + name: content for name, content in summaries.items()},
        }
        rows = [
            (project, generation, run, name, part, data)
            for name, content in contents.items()
            for part, data in enumerate(split_parts(content))
        ]
        self._session.write_large_each(_ADD_PART, rows)
        self._publish(project, generation, run, len(rows))
        for older, _, _ in present[1:]:
            self._session.write(
                "DELETE FROM live_db.rollups WHERE project = ? AND generation = ?", (project, older)
            )
            self._session.write_if(
                "DELETE FROM live_db.manifests WHERE project = ? AND generation = ? IF EXISTS",
                (project, older),
            )

    def _manifests(self, project: str) -> list[tuple[int, uuid.UUID, int]]:
        """Whole generations, newest first."""
        return [
            (number, run, parts) for number, run, parts in self._session.read_serial(_MANIFESTS, (project,))
        ]

    def _publish(self, project: str, generation: int, run: uuid.UUID, parts: int) -> None:
        try:
            applied = self._session.write_if(_ADD_MANIFEST, (project, generation, run, parts))
        except Uncertain:
            applied = any(known == run for _, known, _ in self._manifests(project))
            if not applied:
                raise
        if not applied:
            raise Conflict(f"another process wrote generation {generation} of the rollups of {project!r}")

    def newest_rollups(self, project: str) -> int:
        """See `RollupStore`."""
        present = self._manifests(project)
        return present[0][0] if present else 0

    def rollups(self, project: str) -> tuple[int, dict[str, bytes], bytes] | None:
        """See `RollupStore`."""
        for _ in range(_LOOKS):
            present = self._manifests(project)
            if not present:
                return None
            generation, run, parts = present[0]
            rows = self._session.read(_READ_PARTS, (project, generation, run))
            if len(rows) == parts:
                contents = concat_parts(rows)
                manifest = contents.pop(_MANIFEST)
                return (
                    generation,
                    {name.removeprefix(_SUMMARY): data for name, data in contents.items()},
                    manifest,
                )
            # Dropped while it was read: two newer generations have come.
        raise Corrupt(f"the rollups of {project!r} lack parts", remedy="The supervisor makes them anew.")
