"""`historical_db.revisions`, which of them a version desires, and `revision_history`."""

import contextlib
import uuid

import msgspec
from msgspec.structs import replace

from services.errors import Refused
from services.registry.model import Project, Revision, RevisionChange
from services.store import registry_rules as rules
from services.store.cassandra import registry_statements as cql
from services.store.cassandra.conditional_writes import Settling
from services.store.cassandra.registry_statements import LastRevisionChange, Seen
from services.store.registry_rows import json_text

_NOTHING_KEPT = LastRevisionChange(None, None)


class Revisions(Settling):
    """The trained artifacts of versions."""

    def add_revision(self, revision: Revision) -> None:
        """See `RegistryStore`."""
        self._session.write(
            "INSERT INTO historical_db.revisions (project, version, sha256, data) VALUES (?, ?, ?, ?)",
            (revision.project, revision.version, revision.sha256, json_text(revision)),
        )

    def revisions(self, project: str, version: str) -> list[Revision]:
        """See `RegistryStore`."""
        rows = self._session.read(
            "SELECT data FROM historical_db.revisions WHERE project = ? AND version = ?", (project, version)
        )
        found = [msgspec.json.decode(data, type=Revision) for (data,) in rows]
        return sorted(found, key=lambda revision: revision.trained_at)

    def set_revision(self, change: RevisionChange) -> Project:
        """See `RegistryStore`."""
        change, change_id = rules.checked_revision_change(change), uuid.uuid4()

        def last(seen: Seen) -> LastRevisionChange:
            return seen.revision_changes.get(change.version, _NOTHING_KEPT)

        def done(seen: Seen) -> bool:
            return last(seen).change_id == change_id or self._revision_change_kept(change, change_id)

        def write(seen: Seen) -> bool:
            rules.check_revision_change(seen.project, change)
            before = last(seen)
            self._keep_revision_change(before)
            numbered = replace(change, number=1 if before.change is None else before.change.number + 1)
            facts = (change.revision, json_text(numbered), change_id)
            guard = (change.previous, before.change_id)
            return self._session.write_if(
                cql.SET_REVISION, (*facts, change.project, change.version, *guard)
            )

        seen = self._settle(change.project, write, done)
        if last(seen).change_id == change_id:
            self._keep_revision_change(last(seen))
        return seen.project

    def _revision_change_kept(self, change: RevisionChange, change_id: uuid.UUID) -> bool:
        """Whether someone has changed the revision again since, and kept this change's facts first."""
        key = (change.project, change.version, change.at)
        return (change_id,) in self._session.read(cql.FIND_REVISION_CHANGE, key)

    def _keep_revision_change(self, last: LastRevisionChange) -> None:
        """Write the last change's history row; its writer may have crashed before it did."""
        if last.change is not None and last.change_id is not None:
            self._session.write(
                cql.ADD_REVISION_HISTORY, cql.revision_history_values(last.change, last.change_id)
            )

    def revision_history(self, project: str, version: str) -> list[RevisionChange]:
        """See `RegistryStore`; a missing last row is written on the way."""
        seen = self._seen(project)
        if seen is None or version not in seen.revision_changes:
            return []
        rows = self._session.read(cql.READ_REVISION_HISTORY, (project, version))
        changes, last = [cql.revision_change_of(row) for row in rows], seen.revision_changes[version]
        if last.change is not None and last.change not in changes:
            # Who may only read sees it all the same.
            with contextlib.suppress(Refused):
                self._keep_revision_change(last)
        return rules.with_last_change(changes, last.change, lambda change: change.number)
