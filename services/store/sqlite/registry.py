"""`historical_db.model_registry`, `champion_history` and `revisions`."""

import sqlite3

import msgspec
from msgspec.structs import replace

from services.registry.model import ChampionChange, Mode, Policy, Project, Revision, Version
from services.store import registry_rules as rules
from services.store.sqlite.part import Part
from services.store.sqlite.registry_rows import (
    add_history,
    json_text,
    move_champion,
    put_version,
    read_history,
    read_project,
    set_mode,
)


def _join(connection: sqlite3.Connection, project: Project, version: Version) -> None:
    joined = rules.joined(project, version)
    last_change = project.last_change or rules.first_change(joined, "")
    if project.version(joined.name) != joined:
        put_version(
            connection, joined, champion=project.champion, generation=project.generation,
            policy=project.policy, last_change=last_change,
        )  # fmt: skip


class Registry(Part):
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
                first = replace(version, mode=Mode.CHAMPION, order=0)
                change = rules.first_change(first, who)
                put_version(
                    connection,
                    first,
                    champion=first.name,
                    generation=1,
                    policy=Policy(),
                    last_change=change,
                )
                add_history(connection, change)
            else:
                _join(connection, project, version)
            return rules.known(read_project(connection, version.project), version.project)

    def flip(self, change: ChampionChange, *, seen_generation: int) -> Project:
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

    def set_revision(self, project: str, version: str, revision: str, *, expected: str) -> Project:
        """See `RegistryStore`."""
        with self._database.writing() as connection:
            rules.check_revision(rules.known(read_project(connection, project), project), version, expected)
            connection.execute(
                "UPDATE historical_db.model_registry SET revision = ? WHERE name = ? AND version = ?",
                (revision, project, version),
            )
            return rules.known(read_project(connection, project), project)

    def set_policy(self, project: str, policy: Policy, *, expected: Policy) -> Project:
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
            return rules.with_last_change(read_history(connection, project), last_change)

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
