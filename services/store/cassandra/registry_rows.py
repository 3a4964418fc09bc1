"""Rows of the registry's partition as types, and the statements that change it."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from services.registry.model import ChampionChange, Mode, Policy, Project, Signature, Version

_VERSION = "name, version, mode, url, endpoint, image, revision, signature, created_at, ordinal"
_HISTORY = "name, generation, at, previous, champion, who, reason, evidence"
READ_PROJECT = (
    "SELECT champion, generation, policy, last_change, change_id, registered, "  # noqa: S608 - names of our own or validated
    f"{_VERSION} FROM historical_db.model_registry WHERE name = ?"
)
_INSERT_VERSION = (
    f"INSERT INTO historical_db.model_registry ({_VERSION}, type) "  # noqa: S608 - columns of our own
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
REGISTER_FIRST = (
    "BEGIN BATCH UPDATE historical_db.model_registry SET champion = ?, generation = 1, policy = ?, "  # noqa: S608 - names of our own or validated
    "last_change = ?, change_id = ?, registered = 1 WHERE name = ? IF champion = null; "
    f"{_INSERT_VERSION}; APPLY BATCH"
)
REGISTER_NEXT = (
    "BEGIN BATCH UPDATE historical_db.model_registry SET registered = ? WHERE name = ? IF registered = ?; "  # noqa: S608 - names of our own or validated
    f"{_INSERT_VERSION}; APPLY BATCH"
)
SET_ADDRESSES = (
    "UPDATE historical_db.model_registry SET url = ?, endpoint = ?, image = ? "
    "WHERE name = ? AND version = ? IF EXISTS"
)
FLIP = (
    "BEGIN BATCH "
    "UPDATE historical_db.model_registry SET champion = ?, generation = ?, last_change = ?, change_id = ? "
    "WHERE name = ? IF champion = ? AND generation = ?; "
    "UPDATE historical_db.model_registry SET mode = 'challenger' WHERE name = ? AND version = ? "
    "IF mode = 'champion'; "
    "UPDATE historical_db.model_registry SET mode = 'champion' WHERE name = ? AND version = ? "
    "IF mode = 'challenger'; "
    "APPLY BATCH"
)
SET_MODE = "UPDATE historical_db.model_registry SET mode = ? WHERE name = ? AND version = ? IF mode = ?"
SET_REVISION = (
    "UPDATE historical_db.model_registry SET revision = ? WHERE name = ? AND version = ? IF revision = ?"
)
SET_POLICY = "UPDATE historical_db.model_registry SET policy = ? WHERE name = ? IF policy = ?"
ADD_HISTORY = (
    f"INSERT INTO historical_db.champion_history ({_HISTORY}, change_id) "  # noqa: S608 - columns of our own
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
READ_HISTORY = f"SELECT {_HISTORY} FROM historical_db.champion_history WHERE name = ?"  # noqa: S608 - names of our own or validated
FIND_CHANGE = (
    "SELECT change_id FROM historical_db.champion_history WHERE name = ? AND at = ? AND generation = ?"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A project as one SERIAL read shows it, with what conditions need beside it."""

    project: Project
    change_id: uuid.UUID
    registered: int
    policy_text: str


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
        created_at=created_at.replace(tzinfo=UTC),
        url=url,
        endpoint=endpoint,
        image=image,
        order=order,
    )


def seen_project(rows: list[tuple[Any, ...]]) -> Seen | None:
    """The rows of `READ_PROJECT`; None if the project is unknown."""
    if not rows or rows[0][0] is None:
        return None
    champion, generation, policy, last_change, change_id, registered = rows[0][:6]
    versions = sorted((_version(row[6:]) for row in rows), key=lambda version: version.order)
    project = Project(
        name=versions[0].project,
        champion=champion,
        generation=generation,
        policy=msgspec.json.decode(policy, type=Policy),
        versions=tuple(versions),
        last_change=msgspec.json.decode(last_change, type=ChampionChange),
    )
    return Seen(project, change_id, registered, policy)


def version_values(version: Version) -> tuple[object, ...]:
    """What `INSERT` of a version binds."""
    return (
        version.project, version.name, str(version.mode), version.url, version.endpoint, version.image,
        version.revision, json_text(version.signature), version.created_at, version.order,
        str(version.signature.task),
    )  # fmt: skip


def history_values(change: ChampionChange, change_id: uuid.UUID) -> tuple[object, ...]:
    """What `ADD_HISTORY` binds."""
    return (
        change.project, change.generation, change.at, change.previous, change.champion, change.who,
        change.reason, change.evidence, change_id,
    )  # fmt: skip


def change_of(row: tuple[Any, ...]) -> ChampionChange:
    """A row of `READ_HISTORY`."""
    name, generation, at, *rest = row
    instant: datetime = at.replace(tzinfo=UTC)
    return ChampionChange(name, generation, instant, *rest)
