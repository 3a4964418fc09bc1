"""`historical_db.model_registry` and `champion_history`."""

import sqlite3

from msgspec.structs import replace

from services.registry.model import ChampionChange, Mode, PolicyChoice, Project, Version
from services.store import registry_rules as rules
from services.store.registry_codec import json_text
from services.store.sqlite.connection import DatabaseHolder
from services.store.sqlite.registry_statements import (
    add_history,
    add_revision_history,
    move_champion,
    put_version,
    read_history,
    read_project,
    set_mode,
)


def _add_or_update(connection: sqlite3.Connection, project: Project, version: Version, who: str) -> None:
    joined, known = rules.registered(project, version), project.version(version.name)
    if known == joined:
        return
    put_version(
        connection,
        joined,
        champion=project.champion,
        generation=project.generation,
        policy=project.policy,
        last_change=project.last_change or rules.first_change(joined, ""),
    )
    if known is None:
        add_revision_history(connection, rules.first_revision_change(joined, who))


def _add_first(connection: sqlite3.Connection, version: Version, who: str) -> None:
    first = replace(version, mode=Mode.CHAMPION, order=0)
    change = rules.first_change(first, who)
    put_version(
        connection, first, champion=first.name, generation=1, policy=PolicyChoice(), last_change=change
    )
    add_history(connection, change)
    add_revision_history(connection, rules.first_revision_change(first, who))


class SqliteRegistry(DatabaseHolder):
    """The registry; each conditional write holds the write lock while it looks and acts."""

    def projects(self) -> list[str]:
        """See `RegistryStore`."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT DISTINCT name FROM historical_db.model_registry ORDER BY name"
            )
            return [name for (name,) in rows]

    def project(self, name: str) -> Project | None:
        """See `RegistryStore`."""
        with self._database.reading() as connection:
            return read_project(connection, name)

    def register(self, version: Version, *, who: str) -> Project:
        """See `RegistryStore`."""
        version = rules.checked_version(version)
        with self._database.writing() as connection:
            project = read_project(connection, version.project)
            if project is None:
                _add_first(connection, version, who)
            else:
                _add_or_update(connection, project, version, who)
            return rules.known(read_project(connection, version.project), version.project)

    def change_champion(self, change: ChampionChange, *, seen_generation: int) -> Project:
        """See `RegistryStore`; the history row is part of the same transaction."""
        change = rules.checked_flip(change, seen_generation)
        with self._database.writing() as connection:
            project = rules.known(read_project(connection, change.project), change.project)
            rules.check_flip(project, change, seen_generation)
            if project.last_change is not None:
                add_history(connection, project.last_change)
            move_champion(connection, change)
            add_history(connection, change)
            return rules.known(read_project(connection, change.project), change.project)

    def retire(self, project: str, version: str, *, retired: bool) -> Project:
        """See `RegistryStore`."""
        with self._database.writing() as connection:
            rules.check_retire(rules.known(read_project(connection, project), project), version)
            set_mode(connection, project, version, Mode.RETIRED if retired else Mode.CHALLENGER)
            return rules.known(read_project(connection, project), project)

    def set_policy(self, project: str, policy: PolicyChoice, *, expected: PolicyChoice) -> Project:
        """See `RegistryStore`."""
        with self._database.writing() as connection:
            rules.check_policy(rules.known(read_project(connection, project), project), expected)
            connection.execute(
                "UPDATE historical_db.model_registry SET policy = ? WHERE name = ?",
                (json_text(policy), project),
            )
            return rules.known(read_project(connection, project), project)

    def history(self, project: str) -> list[ChampionChange]:
        """See `RegistryStore`."""
        with self._database.snapshot() as connection:
            known = read_project(connection, project)
            last_change = None if known is None else known.last_change
            changes = read_history(connection, project)
            return rules.with_last_change(changes, last_change, lambda change: change.generation)
