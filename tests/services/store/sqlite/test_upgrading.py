"""A workspace that an earlier Relevo made."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from services.registry.model import ChampionChange, Evidence, PolicyChoice, RevisionChange, Version
from services.store import registry_rules as rules
from services.store.interface import CatchUpProgress
from services.store.sqlite import SqliteStore, schema
from services.store.sqlite.connection import Database
from services.store.sqlite.registry_statements import put_version

SETTINGS = {
    "catch_up/wine/B": '{"cursors":{"g1":[3,14]},"since":5,"skipped":2,"retired":false}',
    "catch_up/wine/C": '{"cursors":{},"since":0,"skipped":1,"retired":true}',
    "training:wine": '"4711"',
}
"""Settings as schema 2 kept them."""


def make_schema(folder: Path, number: int, version: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    """A workspace of an earlier schema, with one version; the first kept no history of revisions."""
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:number])
        patch.setattr(schema, "SCHEMA_VERSION", number)
        database = Database(folder)
    change = rules.first_change(version, "ann")
    with database.writing() as connection:
        put_version(
            connection, version, champion="A", generation=1, policy=PolicyChoice(), last_change=change
        )
    database.close()


def test_evidence_that_was_kept_as_text_is_still_told(
    tmp_path: Path, new_version: Callable[..., Version], new_change: Callable[..., ChampionChange]
) -> None:
    store = SqliteStore(tmp_path)
    for name in "AB":
        project = store.register(new_version("wine", name), who="ann")
    last_change = store.change_champion(new_change(project, "B"), seen_generation=1).last_change
    store.close()
    cells = '[["RMSE, live", "0.62", "0.58"], ["R², live", "0.30", "0.34"]]'
    with sqlite3.connect(tmp_path / "historical_db.sqlite3") as connection:
        stored = {**msgspec.to_builtins(last_change), "evidence": cells}
        connection.execute("UPDATE model_registry SET last_change = ?", (json.dumps(stored),))
        connection.execute("UPDATE champion_history SET evidence = ? WHERE generation = 2", (cells,))
        connection.execute("UPDATE champion_history SET evidence = '' WHERE generation = 1")
    connection.close()
    store = SqliteStore(tmp_path)
    first, second = store.history("wine")
    assert first.evidence == Evidence()
    assert second.evidence == Evidence(note="RMSE, live: 0.62 → 0.58; R², live: 0.30 → 0.34")
    project = store.project("wine")
    assert project.last_change == second
    store.close()


def test_a_version_from_before_revisions_had_a_history_keeps_all_and_begins_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_version: Callable[..., Version],
    new_revision_change: Callable[..., RevisionChange],
) -> None:  # fmt: skip
    version = new_version("wine", "A")
    make_schema(tmp_path, 1, version, monkeypatch)
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


def test_how_far_challengers_have_caught_up_moves_from_the_settings_to_a_table_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_version: Callable[..., Version]
) -> None:
    make_schema(tmp_path, 2, new_version("wine", "A"), monkeypatch)
    with sqlite3.connect(tmp_path / "historical_db.sqlite3") as connection:
        connection.executemany("INSERT INTO settings VALUES (?, ?)", SETTINGS.items())
    connection.close()
    store = SqliteStore(tmp_path)
    assert store.catch_up_progress("wine", "B") == CatchUpProgress({"g1": (3, 14)}, 5, 2)
    assert store.catch_up_progress("wine", "C") == CatchUpProgress(skipped=1, retired=True)
    kept = {name: store.setting(name) for name in SETTINGS}
    assert kept == {name: None if "catch_up/" in name else SETTINGS[name] for name in SETTINGS}
    store.close()


def test_a_look_for_changes_takes_no_more_steps_with_a_thousand_versions_than_with_ten(
    tmp_path: Path, new_version: Callable[..., Version]
) -> None:
    store = SqliteStore(tmp_path)
    steps = []
    for first, last in ((0, 10), (10, 1_000)):
        for number in range(first, last):
            store.register(new_version(f"p{number // 10}", f"V{number % 10}"), who="ann")
        counted: list[None] = []
        store._database.connection().set_progress_handler(lambda counted=counted: counted.append(None), 1)
        store.changes()
        store._database.connection().set_progress_handler(None, 0)
        steps.append(len(counted))
    assert steps[0] == steps[1] > 0
    store.close()
