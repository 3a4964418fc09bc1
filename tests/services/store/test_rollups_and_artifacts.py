"""Rollups and artifacts, on both stores."""

import hashlib
import os
from collections.abc import Callable

import pytest

from services.errors import Conflict, Corrupt, NotFound
from services.store.cassandra import CassandraStore
from services.store.interface import Store
from services.store.sqlite import SqliteStore


def test_without_rollups_there_is_none(store: Store, project: str) -> None:
    assert store.rollups(project) is None
    assert store.newest_rollups(project) == 0


def test_the_newest_generation_is_read_whole(store: Store, project: str) -> None:
    long = os.urandom(2_500_000)
    for generation in (1, 2, 5):
        summaries = {"A/2026": long, "empty": b"", f"only {generation}": b"x"}
        store.write_rollups(project, generation, summaries, f"cursors {generation}".encode())
    assert store.rollups(project) == (
        5,
        {"A/2026": long, "empty": b"", "only 5": b"x"},
        b"cursors 5",
    )
    assert store.newest_rollups(project) == 5


def test_a_generation_is_never_written_over(store: Store, project: str) -> None:
    store.write_rollups(project, 2, {"a": b"1"}, b"")
    for generation in (1, 2):
        with pytest.raises(Conflict, match="generation 2"):
            store.write_rollups(project, generation, {"a": b"2"}, b"")
    assert store.rollups(project) == (2, {"a": b"1"}, b"")


def test_a_crash_before_the_manifest_leaves_the_generation_before(
    store: Store, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write_rollups(project, 1, {"a": b"1"}, b"one")

    def crash(*_: object) -> None:
        raise InterruptedError

    if isinstance(store, CassandraStore):
        with monkeypatch.context() as patch:
            patch.setattr(type(store), "_publish", crash)
            with pytest.raises(InterruptedError):
                store.write_rollups(project, 2, {"a": b"2", "b": b"2"}, b"two")
        assert store.rollups(project) == (1, {"a": b"1"}, b"one")
    store.write_rollups(project, 2, {"a": b"3"}, b"two")
    assert store.rollups(project) == (2, {"a": b"3"}, b"two")


def test_an_artifact_is_found_by_its_sha256(store: Store) -> None:
    for content in (b"", os.urandom(10), os.urandom(2_000_001)):
        sha256 = store.put_artifact(content)
        assert sha256 == hashlib.sha256(content).hexdigest() == store.put_artifact(content)
        assert store.artifact(sha256) == content


def test_an_unknown_artifact_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        store.artifact("0" * 64)


def _damage_sqlite(store: Store, sha256: str) -> None:
    assert isinstance(store, SqliteStore)
    with store._database.writing() as connection:
        connection.execute(
            "UPDATE historical_db.artifact_chunks SET data = ? WHERE sha256 = ? AND part = 1",
            (b"x", sha256),
        )


def _damage_cassandra(store: Store, sha256: str) -> None:
    assert isinstance(store, CassandraStore)
    store._session.write(
        "UPDATE historical_db.artifact_chunks SET data = ? WHERE sha256 = ? AND part = 1", (b"x", sha256)
    )


def test_a_damaged_artifact_is_never_given_out(store: Store) -> None:
    damage: Callable[[Store, str], None] = (
        _damage_cassandra if isinstance(store, CassandraStore) else _damage_sqlite
    )
    content = os.urandom(1_500_000)
    sha256 = store.put_artifact(content)
    damage(store, sha256)
    with pytest.raises(Corrupt, match="sha256"):
        store.artifact(sha256)
    store.put_artifact(content)
    assert store.artifact(sha256) == content
