"""`live_db.rollups` and `manifests`: a generation is written in one transaction."""

from collections.abc import Mapping

from services.errors import Conflict
from services.store.chunking import concat_parts, split_parts
from services.store.names import validate_project
from services.store.sqlite.connection import DatabaseHolder


class SqliteRollups(DatabaseHolder):
    """Mergeable summaries, a generation at a time."""

    def write_rollups(
        self, project: str, generation: int, summaries: Mapping[str, bytes], manifest: bytes
    ) -> None:
        """See `RollupStore`."""
        validate_project(project)
        rows = [
            (project, generation, name, part, data)
            for name, content in summaries.items()
            for part, data in enumerate(split_parts(content))
        ]
        with self._database.writing() as connection:
            (newest,) = connection.execute(
                "SELECT max(generation) FROM live_db.manifests WHERE project = ?", (project,)
            ).fetchone()
            if newest is not None and newest >= generation:
                raise Conflict(f"generation {newest} of the rollups of {project!r} is there already")
            connection.executemany("INSERT INTO live_db.rollups VALUES (?, ?, ?, ?, ?)", rows)
            connection.execute(
                "INSERT INTO live_db.manifests VALUES (?, ?, ?)", (project, generation, manifest)
            )
            if newest is not None:
                for table in ("rollups", "manifests"):
                    connection.execute(
                        f"DELETE FROM live_db.{table} WHERE project = ? AND generation < ?",  # noqa: S608 - names of our own or validated
                        (project, newest),
                    )

    def newest_rollups(self, project: str) -> int:
        """See `RollupStore`."""
        with self._database.snapshot() as connection:
            (newest,) = connection.execute(
                "SELECT coalesce(max(generation), 0) FROM live_db.manifests WHERE project = ?", (project,)
            ).fetchone()
            return int(newest)

    def rollups(self, project: str) -> tuple[int, dict[str, bytes], bytes] | None:
        """See `RollupStore`."""
        with self._database.snapshot() as connection:
            newest = connection.execute(
                "SELECT generation, data FROM live_db.manifests WHERE project = ? "
                "ORDER BY generation DESC LIMIT 1",
                (project,),
            ).fetchone()
            if newest is None:
                return None
            rows = connection.execute(
                "SELECT summary, data FROM live_db.rollups WHERE project = ? AND generation = ? "
                "ORDER BY summary, part",
                (project, newest[0]),
            )
            return newest[0], concat_parts(rows), newest[1]
