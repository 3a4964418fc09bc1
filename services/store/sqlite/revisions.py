"""`historical_db.revisions`, which of them a version desires, and `revision_history`."""

import msgspec
from msgspec.structs import replace

from services.registry.model import Project, Revision, RevisionChange
from services.store import registry_rules as rules
from services.store.registry_codec import json_text
from services.store.sqlite.connection import DatabaseHolder
from services.store.sqlite.registry_statements import (
    add_revision_history,
    move_revision,
    read_project,
    read_revision_history,
)


class SqliteRevisions(DatabaseHolder):
    """The trained artifacts of versions."""

    def add_revision(self, revision: Revision) -> None:
        """See `RegistryStore`."""
        with self._database.writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO historical_db.revisions VALUES (?, ?, ?, ?)",
                (revision.project, revision.version, revision.sha256, json_text(revision)),
            )

    def revisions(self, project: str, version: str) -> list[Revision]:
        """See `RegistryStore`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT data FROM historical_db.revisions WHERE project = ? AND version = ?",
                (project, version),
            )
            found = [msgspec.json.decode(data, type=Revision) for (data,) in rows]
        return sorted(found, key=lambda revision: revision.trained_at)

    def set_revision(self, change: RevisionChange) -> Project:
        """See `RegistryStore`; the history row is part of the same transaction."""
        change = rules.checked_revision_change(change)
        with self._database.writing() as connection:
            project = rules.known(read_project(connection, change.project), change.project)
            rules.check_revision_change(project, change)
            past = read_revision_history(connection, change.project, change.version)
            move_revision(connection, change)
            number = past[-1].number + 1 if past else 1
            add_revision_history(connection, replace(change, number=number))
            return rules.known(read_project(connection, change.project), change.project)

    def revision_history(self, project: str, version: str) -> list[RevisionChange]:
        """See `RegistryStore`."""
        with self._database.reading() as connection:
            return read_revision_history(connection, project, version)
