"""`historical_db.model_registry` and `champion_history`: every write is conditional."""

import contextlib
import uuid

from msgspec.structs import replace

from services.errors import Refused, Uncertain
from services.registry.model import ChampionChange, Mode, PolicyChoice, Project, Version
from services.store import registry_rules as rules
from services.store.cassandra import registry_statements as cql
from services.store.cassandra.conditional_writes import ATTEMPTS, ConditionalWrites
from services.store.cassandra.registry_statements import ProjectState
from services.store.registry_codec import json_text


class CassandraRegistry(ConditionalWrites):
    """Projects, their versions and who is champion."""

    def projects(self) -> list[str]:
        """See `RegistryStore`."""
        rows = self._session.read("SELECT DISTINCT name FROM historical_db.model_registry")
        return sorted(name for (name,) in rows)

    def project(self, name: str) -> Project | None:
        """See `RegistryStore`."""
        state = self._read_state(name)
        return None if state is None else state.project

    def register(self, version: Version, *, who: str) -> Project:
        """See `RegistryStore`."""
        version = rules.checked_version(version)
        for _ in range(ATTEMPTS * 4):
            state = self._read_state(version.project)
            try:
                if state is None:
                    self._add_first(replace(version, mode=Mode.CHAMPION, order=0), who)
                elif self._add_or_update(state, version, who):
                    return self._existing(version.project).project
            except Uncertain:
                continue  # the next look tells
        raise self._undecided(version.project)

    def _add_first(self, version: Version, who: str) -> None:
        change, change_id = rules.first_change(version, who), uuid.uuid4()
        static = (version.name, json_text(PolicyChoice()), json_text(change), change_id, version.project)
        if self._insert(cql.REGISTER_FIRST, static, version, who):
            self._session.write(cql.ADD_HISTORY, cql.history_values(change, change_id))

    def _add_or_update(self, state: ProjectState, version: Version, who: str) -> bool:
        joined, known = rules.registered(state.project, version), state.project.version(version.name)
        if joined == known:
            return True
        if known is not None:
            addresses = (joined.url, joined.endpoint, joined.image)
            return self._session.write_if(cql.SET_ADDRESSES, (*addresses, joined.project, joined.name))
        place = (state.registered + 1, joined.project, state.registered)
        return self._insert(cql.REGISTER_NEXT, place, joined, who)

    def _insert(self, batch: str, condition: tuple[object, ...], version: Version, who: str) -> bool:
        """Add a version by a conditional batch, and then the first row of its revisions' history."""
        change, change_id = rules.first_revision_change(version, who), uuid.uuid4()
        applied = self._session.write_if(
            batch, (*condition, *cql.version_values(version, change, change_id))
        )
        if applied:
            self._session.write(cql.ADD_REVISION_HISTORY, cql.revision_history_values(change, change_id))
        return applied

    def change_champion(self, change: ChampionChange, *, seen_generation: int) -> Project:
        """See `RegistryStore`."""
        change, change_id = rules.checked_flip(change, seen_generation), uuid.uuid4()

        def done(state: ProjectState) -> bool:
            return state.change_id == change_id or self._in_history(change, change_id)

        def write(state: ProjectState) -> bool:
            rules.check_flip(state.project, change, seen_generation)
            self._write_last_change(state)
            name = change.project
            pointer = (change.champion, change.generation, json_text(change), change_id, name)
            guard = (change.previous, seen_generation)
            modes = (name, change.previous, name, change.champion)
            return self._session.write_if(cql.FLIP, (*pointer, *guard, *modes))

        state = self._write_until_decided(change.project, write, done)
        if state.change_id == change_id:
            self._write_last_change(state)
        return state.project

    def _in_history(self, change: ChampionChange, change_id: uuid.UUID) -> bool:
        """Whether someone has changed the champion again since, and kept this change's facts first."""
        key = (change.project, change.at, change.generation)
        return self._session.read(cql.FIND_CHANGE, key) == [(change_id,)]

    def _write_last_change(self, state: ProjectState) -> None:
        """Write the last change's history row; its writer may have crashed before it did."""
        if state.project.last_change is not None:
            self._session.write(
                cql.ADD_HISTORY, cql.history_values(state.project.last_change, state.change_id)
            )

    def retire(self, project: str, version: str, *, retired: bool) -> Project:
        """See `RegistryStore`."""
        wanted = Mode.RETIRED if retired else Mode.CHALLENGER

        def write(state: ProjectState) -> bool:
            mode = rules.check_retire(state.project, version)
            return self._session.write_if(cql.SET_MODE, (str(wanted), project, version, str(mode)))

        def done(state: ProjectState) -> bool:
            return rules.known_version(state.project, version).mode is wanted

        return self._write_until_decided(project, write, done).project

    def set_policy(self, project: str, policy: PolicyChoice, *, expected: PolicyChoice) -> Project:
        """See `RegistryStore`."""

        def write(state: ProjectState) -> bool:
            rules.check_policy(state.project, expected)
            return self._session.write_if(cql.SET_POLICY, (json_text(policy), project, state.policy_text))

        def done(state: ProjectState) -> bool:
            return state.project.policy == policy

        return self._write_until_decided(project, write, done).project

    def history(self, project: str) -> list[ChampionChange]:
        """See `RegistryStore`; a missing last row is written on the way."""
        state = self._read_state(project)
        if state is None:
            return []
        rows = self._session.read(cql.READ_HISTORY, (project,))
        changes = [cql.change_of(row) for row in rows]
        if state.project.last_change not in changes:
            # Who may only read sees it all the same.
            with contextlib.suppress(Refused):
                self._write_last_change(state)
        return rules.with_last_change(changes, state.project.last_change, lambda change: change.generation)
