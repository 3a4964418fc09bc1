"""A platform whose tables an earlier Relevo made."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import msgspec
import pytest

from services.registry.model import ChampionChange, Evidence, PolicyChoice, RevisionChange, Version
from services.store import registry_rules as rules
from services.store.addresses import CassandraAddress
from services.store.cassandra import CassandraStore, schema
from services.store.cassandra.session import CassandraSession
from services.store.interface import CatchUpProgress
from services.store.registry_codec import VERSION, json_text, version_values

pytestmark = pytest.mark.cassandra


SETTINGS = {
    "catch_up/wine/B": '{"cursors":{"g1":[3,14]},"since":5,"skipped":2,"retired":false}',
    "catch_up/wine/C": '{"cursors":{},"since":0,"skipped":1,"retired":true}',
    "training:wine": '"4711"',
}
"""Settings as schema 2 kept them."""


def make_schema(
    address: CassandraAddress, number: int, version: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables of an earlier schema, with one version; the first kept no history of revisions."""
    session = CassandraSession(address, "")
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:number])
        patch.setattr(schema, "SCHEMA_VERSION", number)
        schema.prepare_schema(session, 1)
    marks = ", ".join("?" * 11)
    session.write(
        f"INSERT INTO historical_db.model_registry ({VERSION}, type) VALUES ({marks})",
        version_values(version, lambda at: at),
    )
    change = json_text(rules.first_change(version, "ann"))
    session.write(
        "UPDATE historical_db.model_registry SET champion = 'A', generation = 1, registered = 1, "
        "policy = ?, last_change = ?, change_id = uuid() WHERE name = ?",
        (json_text(PolicyChoice()), change, version.project),
    )
    session.close()


def test_a_version_from_before_revisions_had_a_history_keeps_all_and_begins_one(
    cassandra_address: CassandraAddress, monkeypatch: pytest.MonkeyPatch,
    new_version: Callable[..., Version], new_revision_change: Callable[..., RevisionChange],
) -> None:  # fmt: skip
    version = new_version("wine", "A")
    make_schema(cassandra_address, 1, version, monkeypatch)
    store = CassandraStore(cassandra_address)
    try:
        project = store.project("wine")
        assert project is not None
        assert project.versions[0].revision == version.revision
        assert store.revision_history("wine", "A") == []
        store.set_revision(new_revision_change(project, version.revision, "b" * 64))
        (change,) = store.revision_history("wine", "A")
        assert (change.number, change.previous, change.revision) == (1, version.revision, "b" * 64)
        assert change.at <= datetime.now(UTC)
        rows = store._session.read("SELECT version FROM historical_db.schema_version")
        assert rows == [(schema.SCHEMA_VERSION,)]
    finally:
        store.close()


def test_how_far_challengers_have_caught_up_moves_from_the_settings_to_a_table_of_its_own(
    fresh_keyspaces: Callable[[], AbstractContextManager[CassandraAddress]],
    monkeypatch: pytest.MonkeyPatch, new_version: Callable[..., Version],
) -> None:  # fmt: skip
    with fresh_keyspaces() as address:
        make_schema(address, 2, new_version("wine", "A"), monkeypatch)
        session = CassandraSession(address, "")
        for name, value in SETTINGS.items():
            session.write("INSERT INTO historical_db.settings (name, value) VALUES (?, ?)", (name, value))
        session.close()
        store = CassandraStore(address)
        try:
            assert store.catch_up_progress("wine", "B") == CatchUpProgress({"g1": (3, 14)}, 5, 2)
            assert store.catch_up_progress("wine", "C") == CatchUpProgress(skipped=1, retired=True)
            kept = {name: store.setting(name) for name in SETTINGS}
            assert kept == {name: None if "catch_up/" in name else SETTINGS[name] for name in SETTINGS}
        finally:
            store.close()


def test_evidence_that_was_kept_as_text_is_still_told(
    cassandra_address: CassandraAddress, new_version: Callable[..., Version],
    new_change: Callable[..., ChampionChange],
) -> None:  # fmt: skip
    store = CassandraStore(cassandra_address)
    try:
        for name in "AB":
            project = store.register(new_version("beer", name), who="ann")
        last_change = store.change_champion(new_change(project, "B"), seen_generation=1).last_change
        assert last_change is not None
        cells = '[["RMSE, live", "0.62", "0.58"], ["R², live", "0.30", "0.34"]]'
        stored = {**msgspec.to_builtins(last_change), "evidence": cells}
        store._session.write(
            "UPDATE historical_db.model_registry SET last_change = ? WHERE name = ?",
            (json.dumps(stored), "beer"),
        )
        store._session.write(
            "UPDATE historical_db.champion_history SET evidence = ? WHERE name = ? AND at = ? "
            "AND generation = 2",
            (cells, "beer", last_change.at),
        )
        changed = store.history("beer")[-1]
        assert changed.evidence == Evidence(note="RMSE, live: 0.62 → 0.58; R², live: 0.30 → 0.34")
        found = store.project("beer")
        assert found is not None
        assert found.last_change == changed
    finally:
        store.close()
