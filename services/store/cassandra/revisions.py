"""`historical_db.revisions`, which of them a version desires, and `revision_history`."""

import contextlib
import uuid

import msgspec
from msgspec.structs import replace

from services.errors import Refused
from services.registry.model import Project, Revision, RevisionChange
from services.store import registry_rules as rules
from services.store.cassandra import registry_statements as cql
from services.store.cassandra.conditional_writes import ConditionalWrites
from services.store.cassandra.registry_statements import LastRevisionChange, ProjectState
from services.store.registry_codec import json_text

_NO_CHANGE = LastRevisionChange(None, None)


class CassandraRevisions(ConditionalWrites):
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

        def last(state: ProjectState) -> LastRevisionChange:
            return state.revision_changes.get(change.version, _NO_CHANGE)

        def done(state: ProjectState) -> bool:
            return last(state).change_id == change_id or self._is_in_revision_history(change, change_id)

        def write(state: ProjectState) -> bool:
            rules.check_revision_change(state.project, change)
            before = last(state)
            self._write_last_revision_change(before)
            numbered = replace(change, number=1 if before.change is None else before.change.number + 1)
            facts = (change.revision, json_text(numbered), change_id)
            guard = (change.previous, before.change_id)
            return self._session.write_if(
                cql.SET_REVISION, (*facts, change.project, change.version, *guard)
            )

        state = self._write_until_decided(change.project, write, done)
        if last(state).change_id == change_id:
            self._write_last_revision_change(last(state))
        return state.project

    def _is_in_revision_history(self, change: RevisionChange, change_id: uuid.UUID) -> bool:
        """Whether someone has changed the revision again since, and kept this change's facts first."""
        key = (change.project, change.version, change.at)
        return (change_id,) in self._session.read(cql.FIND_REVISION_CHANGE, key)

    def _write_last_revision_change(self, last: LastRevisionChange) -> None:
        """Write the last change's history row; its writer may have crashed before it did."""
        if last.change is not None and last.change_id is not None:
            self._session.write(
                cql.ADD_REVISION_HISTORY, cql.revision_history_values(last.change, last.change_id)
            )

    def revision_history(self, project: str, version: str) -> list[RevisionChange]:
        """See `RegistryStore`; a missing last row is written on the way."""
        state = self._read_state(project)
        if state is None or version not in state.revision_changes:
            return []
        rows = self._session.read(cql.READ_REVISION_HISTORY, (project, version))
        changes, last = [cql.revision_change_of(row) for row in rows], state.revision_changes[version]
        if last.change is not None and last.change not in changes:
            # Who may only read sees it all the same.
            with contextlib.suppress(Refused):
                self._write_last_revision_change(last)
        return rules.with_last_change(changes, last.change, lambda change: change.number)
