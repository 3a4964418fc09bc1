"""Rows of the registry's tables as types, inside a transaction of the caller's."""

import sqlite3
from datetime import datetime
from typing import Any

import msgspec

from services.registry.model import ChampionChange, Mode, Policy, Project, Signature, Version
from services.store.times import instant_text

_VERSION = "name, version, mode, url, endpoint, image, revision, signature, created_at, ordinal"
_STATIC = "champion, generation, policy, last_change"
_HISTORY = "name, generation, at, previous, champion, who, reason, evidence"


def json_text(value: object) -> str:
    """A type of the registry as JSON."""
    return msgspec.json.encode(value).decode()


def _version(row: tuple[Any, ...]) -> Version:
    project, name, mode, url, endpoint, image, revision, signature, created_at, order = row
    return Version(
        project=project,
        name=name,
        mode=Mode(mode),
        signature=msgspec.json.decode(signature, type=Signature),
        revision=revision,
        created_at=datetime.fromisoformat(created_at),
        url=url,
        endpoint=endpoint,
        image=image,
        order=order,
    )


def read_project(connection: sqlite3.Connection, name: str) -> Project | None:
    """The project with its versions in order of registration; None if unknown."""
    rows = connection.execute(
        f"SELECT {_STATIC}, {_VERSION} FROM historical_db.model_registry WHERE name = ? ORDER BY ordinal",  # noqa: S608 - names of our own or validated
        (name,),
    ).fetchall()
    if not rows:
        return None
    champion, generation, policy, last_change = rows[0][:4]
    return Project(
        name=name,
        champion=champion,
        generation=generation,
        policy=msgspec.json.decode(policy, type=Policy),
        versions=tuple(_version(row[4:]) for row in rows),
        last_change=msgspec.json.decode(last_change, type=ChampionChange),
    )


def put_version(
    connection: sqlite3.Connection, version: Version, *, champion: str, generation: int, policy: Policy,
    last_change: ChampionChange,
) -> None:  # fmt: skip
    """Add a version with its project's columns, or update the addresses of one already there."""
    connection.execute(
        f"INSERT INTO historical_db.model_registry ({_VERSION}, type, {_STATIC}) "  # noqa: S608 - names of our own or validated
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name, version) "
        "DO UPDATE SET url = excluded.url, endpoint = excluded.endpoint, image = excluded.image",
        (
            version.project, version.name, version.mode, version.url, version.endpoint, version.image,
            version.revision, json_text(version.signature), instant_text(version.created_at), version.order,
            version.signature.task, champion, generation, json_text(policy), json_text(last_change),
        ),
    )  # fmt: skip


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
        f"INSERT OR IGNORE INTO historical_db.champion_history ({_HISTORY}) "  # noqa: S608 - names of our own or validated
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            change.project, change.generation, instant_text(change.at), change.previous, change.champion,
            change.who, change.reason, change.evidence,
        ),
    )  # fmt: skip


def read_history(connection: sqlite3.Connection, project: str) -> list[ChampionChange]:
    """The history rows that are there."""
    statement = f"SELECT {_HISTORY} FROM historical_db.champion_history WHERE name = ?"  # noqa: S608 - our own
    rows = connection.execute(statement, (project,))
    return [
        ChampionChange(name, generation, datetime.fromisoformat(at), *rest)
        for name, generation, at, *rest in rows
    ]
