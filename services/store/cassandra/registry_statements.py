"""The statements that read and change the registry's partition, and what one SERIAL read of it shows."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from services.registry.model import ChampionChange, Project, RevisionChange, Version
from services.store import registry_codec as rows
from services.store.registry_codec import CHAMPION_HISTORY, REVISION_HISTORY, VERSION

READ_PROJECT = (
    "SELECT champion, generation, policy, last_change, change_id, registered, "  # noqa: S608 - columns of our own
    f"revision_change, revision_change_id, {VERSION} FROM historical_db.model_registry WHERE name = ?"
)
_INSERT_VERSION = (
    f"INSERT INTO historical_db.model_registry ({VERSION}, type, revision_change, revision_change_id) "  # noqa: S608 - columns of our own
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
REGISTER_FIRST = (
    "BEGIN BATCH UPDATE historical_db.model_registry SET champion = ?, generation = 1, policy = ?, "  # noqa: S608 - columns of our own
    "last_change = ?, change_id = ?, registered = 1 WHERE name = ? IF champion = null; "
    f"{_INSERT_VERSION}; APPLY BATCH"
)
REGISTER_NEXT = (
    "BEGIN BATCH UPDATE historical_db.model_registry SET registered = ? WHERE name = ? IF registered = ?; "  # noqa: S608 - columns of our own
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
# The id keeps apart what came back to the same revision: nobody's facts are overwritten unread.
SET_REVISION = (
    "UPDATE historical_db.model_registry SET revision = ?, revision_change = ?, revision_change_id = ? "
    "WHERE name = ? AND version = ? IF revision = ? AND revision_change_id = ?"
)
SET_POLICY = "UPDATE historical_db.model_registry SET policy = ? WHERE name = ? IF policy = ?"
ADD_HISTORY = (
    f"INSERT INTO historical_db.champion_history ({CHAMPION_HISTORY}, change_id) "  # noqa: S608 - columns of our own
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
READ_HISTORY = f"SELECT {CHAMPION_HISTORY} FROM historical_db.champion_history WHERE name = ?"  # noqa: S608 - columns of our own
FIND_CHANGE = (
    "SELECT change_id FROM historical_db.champion_history WHERE name = ? AND at = ? AND generation = ?"
)
ADD_REVISION_HISTORY = (
    f"INSERT INTO historical_db.revision_history ({REVISION_HISTORY}, change_id) "  # noqa: S608 - columns of our own
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
READ_REVISION_HISTORY = (
    f"SELECT {REVISION_HISTORY} FROM historical_db.revision_history WHERE name = ? AND version = ?"  # noqa: S608 - columns of our own
)
FIND_REVISION_CHANGE = (
    "SELECT change_id FROM historical_db.revision_history WHERE name = ? AND version = ? AND at = ?"
)


@dataclass(frozen=True, slots=True)
class LastRevisionChange:
    """What stands beside a version's desired revision; nothing where it is older than its history."""

    change: RevisionChange | None
    change_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class ProjectState:
    """A project as one SERIAL read shows it, with what conditions need beside it."""

    project: Project
    change_id: uuid.UUID
    registered: int
    policy_text: str
    revision_changes: dict[str, LastRevisionChange]


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC)


def _as_it_is(at: datetime) -> datetime:
    return at


def _last_revision_change(row: tuple[Any, ...]) -> LastRevisionChange:
    text, change_id = row
    return LastRevisionChange(msgspec.json.decode(text, type=RevisionChange) if text else None, change_id)


def project_state(found: list[tuple[Any, ...]]) -> ProjectState | None:
    """The rows of `READ_PROJECT`; None if the project is unknown."""
    if not found or found[0][0] is None:
        return None
    champion, generation, policy, last_change, change_id, registered = found[0][:6]
    versions = [rows.version_of(row[8:], _utc) for row in found]
    project = rows.project_of(champion, generation, policy, last_change, versions)
    changes = {
        version.name: _last_revision_change(row[6:8]) for version, row in zip(versions, found, strict=True)
    }
    return ProjectState(project, change_id, registered, policy, changes)


def version_values(version: Version, change: RevisionChange, change_id: uuid.UUID) -> tuple[object, ...]:
    """What `INSERT` of a version binds."""
    return (*rows.version_values(version, _as_it_is), rows.json_text(change), change_id)


def history_values(change: ChampionChange, change_id: uuid.UUID) -> tuple[object, ...]:
    """What `ADD_HISTORY` binds."""
    return (*rows.champion_change_values(change, _as_it_is), change_id)


def change_of(row: tuple[Any, ...]) -> ChampionChange:
    """A row of `READ_HISTORY`."""
    return rows.champion_change_of(row, _utc)


def revision_history_values(change: RevisionChange, change_id: uuid.UUID) -> tuple[object, ...]:
    """What `ADD_REVISION_HISTORY` binds."""
    return (*rows.revision_change_values(change, _as_it_is), change_id)


def revision_change_of(row: tuple[Any, ...]) -> RevisionChange:
    """A row of `READ_REVISION_HISTORY`."""
    return rows.revision_change_of(row, _utc)
