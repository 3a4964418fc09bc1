"""Statements on the registry's tables, inside a transaction of the caller's."""

import sqlite3
from datetime import datetime

from services.registry.model import ChampionChange, Mode, PolicyChoice, Project, RevisionChange, Version
from services.store import registry_codec as rows
from services.store.registry_codec import instant_text, json_text

_STATIC = "champion, generation, policy, last_change"


def read_project(connection: sqlite3.Connection, name: str) -> Project | None:
    """The project with its versions in order of registration; None if unknown."""
    found = connection.execute(
        f"SELECT {_STATIC}, {rows.VERSION} FROM historical_db.model_registry WHERE name = ?",  # noqa: S608 - columns of our own
        (name,),
    ).fetchall()
    if not found:
        return None
    champion, generation, policy, last_change = found[0][:4]
    versions = [rows.version_of(row[4:], datetime.fromisoformat) for row in found]
    return rows.project_of(champion, generation, policy, last_change, versions)


def put_version(
    connection: sqlite3.Connection, version: Version, *, champion: str, generation: int,
    policy: PolicyChoice, last_change: ChampionChange,
) -> None:  # fmt: skip
    """Add a version with its project's columns, or update the addresses of one already there."""
    own = (champion, generation, json_text(policy), json_text(last_change))
    connection.execute(
        f"INSERT INTO historical_db.model_registry ({rows.VERSION}, type, {_STATIC}) "  # noqa: S608 - columns of our own
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name, version) "
        "DO UPDATE SET url = excluded.url, endpoint = excluded.endpoint, image = excluded.image",
        (*rows.version_values(version, instant_text), *own),
    )


def set_mode(connection: sqlite3.Connection, project: str, version: str, mode: Mode) -> None:
    """Change one version's mode."""
    connection.execute(
        "UPDATE historical_db.model_registry SET mode = ? WHERE name = ? AND version = ?",
        (mode, project, version),
    )


def move_champion(connection: sqlite3.Connection, change: ChampionChange) -> None:
    """Point to the new champion, with both modes and the facts beside it."""
    set_mode(connection, change.project, change.previous, Mode.CHALLENGER)
    set_mode(connection, change.project, change.champion, Mode.CHAMPION)
    connection.execute(
        "UPDATE historical_db.model_registry SET champion = ?, generation = ?, last_change = ? "
        "WHERE name = ?",
        (change.champion, change.generation, json_text(change), change.project),
    )


def add_history(connection: sqlite3.Connection, change: ChampionChange) -> None:
    """Write a change's history row unless it is there."""
    connection.execute(
        f"INSERT OR IGNORE INTO historical_db.champion_history ({rows.CHAMPION_HISTORY}) "  # noqa: S608 - columns of our own
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        rows.champion_change_values(change, instant_text),
    )


def read_history(connection: sqlite3.Connection, project: str) -> list[ChampionChange]:
    """The history rows that are there."""
    statement = f"SELECT {rows.CHAMPION_HISTORY} FROM historical_db.champion_history WHERE name = ?"  # noqa: S608 - columns of our own
    found = connection.execute(statement, (project,))
    return [rows.champion_change_of(row, datetime.fromisoformat) for row in found]


def move_revision(connection: sqlite3.Connection, change: RevisionChange) -> None:
    """Desire another revision of a version."""
    connection.execute(
        "UPDATE historical_db.model_registry SET revision = ? WHERE name = ? AND version = ?",
        (change.revision, change.project, change.version),
    )


def add_revision_history(connection: sqlite3.Connection, change: RevisionChange) -> None:
    """Write a change's history row."""
    connection.execute(
        f"INSERT INTO historical_db.revision_history ({rows.REVISION_HISTORY}) "  # noqa: S608 - columns of our own
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        rows.revision_change_values(change, instant_text),
    )


def read_revision_history(
    connection: sqlite3.Connection, project: str, version: str
) -> list[RevisionChange]:
    """All of a version's history rows, oldest first."""
    found = connection.execute(
        f"SELECT {rows.REVISION_HISTORY} FROM historical_db.revision_history "  # noqa: S608 - columns of our own
        "WHERE name = ? AND version = ? ORDER BY number",
        (project, version),
    )
    return [rows.revision_change_of(row, datetime.fromisoformat) for row in found]
