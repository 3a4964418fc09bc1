"""A workspace that an earlier Relevo made."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from services.registry.model import Policy, RevisionChange, Version
from services.store import registry_rules as rules
from services.store.sqlite import SqliteStore, schema
from services.store.sqlite.connection import Database
from services.store.sqlite.registry_statements import put_version


def make_first_schema(folder: Path, version: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workspace of schema 1, which kept no history of revisions, with one version."""
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:1])
        patch.setattr(schema, "SCHEMA_VERSION", 1)
        database = Database(folder)
    change = rules.first_change(version, "ann")
    with database.writing() as connection:
        put_version(connection, version, champion="A", generation=1, policy=Policy(), last_change=change)
    database.close()


def test_a_version_from_before_revisions_had_a_history_keeps_all_and_begins_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_version: Callable[..., Version],
    new_revision_change: Callable[..., RevisionChange],
) -> None:  # fmt: skip
    version = new_version("wine", "A")
    make_first_schema(tmp_path, version, monkeypatch)
    store = SqliteStore(tmp_path)
    project = store.project("wine")
    assert project is not None
    assert project.versions[0].revision == version.revision
    assert store.revision_history("wine", "A") == []
    store.set_revision(new_revision_change(project, version.revision, "b" * 64))
    (change,) = store.revision_history("wine", "A")
    assert (change.number, change.previous, change.revision) == (1, version.revision, "b" * 64)
    store.close()
    with sqlite3.connect(tmp_path / "historical_db.sqlite3") as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (schema.SCHEMA_VERSION,)
    connection.close()
