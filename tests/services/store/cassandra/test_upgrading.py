"""A platform whose tables an earlier Relevo made."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from services.registry.model import Policy, RevisionChange, Version
from services.store import registry_rules as rules
from services.store.addresses import CassandraAddress
from services.store.cassandra import CassandraStore, schema
from services.store.cassandra.session import Session
from services.store.registry_rows import VERSION, json_text, version_values

pytestmark = pytest.mark.cassandra


def make_first_schema(address: CassandraAddress, version: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables of schema 1, which kept no history of revisions, with one version."""
    session = Session(address, "")
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", schema.MIGRATIONS[:1])
        patch.setattr(schema, "SCHEMA_VERSION", 1)
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
        (json_text(Policy()), change, version.project),
    )
    session.close()


def test_a_version_from_before_revisions_had_a_history_keeps_all_and_begins_one(
    cassandra_address: CassandraAddress, monkeypatch: pytest.MonkeyPatch,
    new_version: Callable[..., Version], new_revision_change: Callable[..., RevisionChange],
) -> None:  # fmt: skip
    version = new_version("wine", "A")
    make_first_schema(cassandra_address, version, monkeypatch)
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
