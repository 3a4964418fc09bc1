"""Rows of the registry's tables as types and back; drivers differ only in how they keep an instant.

Instants are UTC in whole milliseconds, as Cassandra's timestamp has them.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from services.registry.model import (
    ChampionChange,
    Evidence,
    Mode,
    PolicyChoice,
    Project,
    RevisionChange,
    Signature,
    Version,
)

VERSION = "name, version, mode, url, endpoint, image, revision, signature, created_at, ordinal"
CHAMPION_HISTORY = "name, generation, at, previous, champion, who, reason, evidence"
REVISION_HISTORY = "name, version, at, previous, revision, who, reason, number"

Row = Sequence[Any]
ReadInstant = Callable[[Any], datetime]
WriteInstant = Callable[[datetime], object]


def json_text(value: object) -> str:
    """A type of the registry as JSON."""
    return msgspec.json.encode(value).decode()


def version_of(row: Row, instant: ReadInstant) -> Version:
    """A row of the columns `VERSION`."""
    project, name, mode, url, endpoint, image, revision, signature, created_at, order = row
    return Version(
        project=project,
        name=name,
        mode=Mode(mode),
        signature=msgspec.json.decode(signature, type=Signature),
        revision=revision,
        created_at=instant(created_at),
        url=url,
        endpoint=endpoint,
        image=image,
        order=order,
    )


def version_values(version: Version, instant: WriteInstant) -> tuple[object, ...]:
    """Values of the columns `VERSION`, and of `type` behind them."""
    return (
        version.project, version.name, str(version.mode), version.url, version.endpoint, version.image,
        version.revision, json_text(version.signature), instant(version.created_at), version.order,
        str(version.signature.task),
    )  # fmt: skip


def project_of(
    champion: str, generation: int, policy: str, last_change: str, versions: Iterable[Version]
) -> Project:
    """A project's own columns, and its versions in any order."""
    ordered = tuple(sorted(versions, key=lambda version: version.order))
    return Project(
        name=ordered[0].project,
        champion=champion,
        generation=generation,
        policy=msgspec.json.decode(policy, type=PolicyChoice),
        versions=ordered,
        last_change=msgspec.convert(with_evidence(msgspec.json.decode(last_change)), ChampionChange),
    )


def champion_change_of(row: Row, instant: ReadInstant) -> ChampionChange:
    """A row of the columns `CHAMPION_HISTORY`."""
    name, generation, at, previous, champion, who, reason, evidence = row
    return ChampionChange(
        name, generation, instant(at), previous, champion, who, reason, evidence_of(evidence)
    )


def champion_change_values(change: ChampionChange, instant: WriteInstant) -> tuple[object, ...]:
    """Values of the columns `CHAMPION_HISTORY`."""
    return (
        change.project, change.generation, instant(change.at), change.previous, change.champion,
        change.who, change.reason, json_text(change.evidence),
    )  # fmt: skip


def evidence_of(text: str) -> Evidence:
    """A column `evidence`; its earlier forms, texts for a person to read, become the note."""
    try:
        stored = msgspec.json.decode(text) if text else None
    except msgspec.DecodeError:
        return Evidence(note=text)
    if isinstance(stored, dict) and stored.keys() <= set(Evidence.__struct_fields__):
        return msgspec.convert(stored, Evidence)
    return Evidence(note=_earlier_text(text, stored))


def _earlier_text(text: str, stored: object) -> str:
    """Cells of the metrics table (metric, value before, value after) as a sentence; other text as it is."""
    try:
        lines = msgspec.convert(stored, list[tuple[str, str, str]])
    except msgspec.ValidationError:
        return text
    return "; ".join(f"{metric}: {before} → {after}" for metric, before, after in lines)


def with_evidence(change: dict[str, Any]) -> dict[str, Any]:
    """A change of champion as decoded from JSON, whatever form its evidence has there."""
    evidence = change.get("evidence", "")
    return change if not isinstance(evidence, str) else {**change, "evidence": evidence_of(evidence)}


def revision_change_of(row: Row, instant: ReadInstant) -> RevisionChange:
    """A row of the columns `REVISION_HISTORY`."""
    name, version, at, *rest = row
    return RevisionChange(name, version, instant(at), *rest)


def revision_change_values(change: RevisionChange, instant: WriteInstant) -> tuple[object, ...]:
    """Values of the columns `REVISION_HISTORY`."""
    return (
        change.project, change.version, instant(change.at), change.previous, change.revision,
        change.who, change.reason, change.number,
    )  # fmt: skip


def whole_milliseconds(at: datetime) -> datetime:
    """The same instant in UTC without its microseconds, so that every store gives back what it got."""
    at = at.astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def instant_text(at: datetime) -> str:
    """ISO 8601 text of fixed width, so that it sorts by time."""
    return whole_milliseconds(at).isoformat(timespec="milliseconds")
