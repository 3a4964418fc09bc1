"""How a gateway follows the registry, and what it keeps in a file for when its store is down."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from services.gateway import registry_watcher
from services.gateway.registry_watcher import RegistryWatcher, Snapshot, SnapshotFile
from services.gateway.store_access import StoreAccess
from services.registry.model import (
    ChampionChange,
    Field,
    Mode,
    PolicyChoice,
    Project,
    Signature,
    Task,
    Version,
)
from services.store.addresses import CassandraAddress
from services.store.cassandra import CassandraStore
from services.store.cassandra.session import CassandraSession
from services.store.interface import CatchUpProgress
from services.store.sqlite import SqliteStore

SIGNATURE = Signature((Field("ph", "ph"),), Field("quality", "quality"), Task.REGRESSION)
AT = datetime(2026, 11, 12, tzinfo=UTC)
VERSION = Version("wine", "A", Mode.CHAMPION, SIGNATURE, "a" * 64, AT)
CHANGE = ChampionChange("wine", 1, AT, "", "A", "ann", "first")
SNAPSHOT = Snapshot((Project("wine", "A", 1, PolicyChoice(), (VERSION,), CHANGE),))


def test_it_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    SnapshotFile(tmp_path).save(SNAPSHOT)
    assert SnapshotFile(tmp_path).load() == SNAPSHOT


def test_one_kept_when_evidence_was_a_text_is_still_read(tmp_path: Path) -> None:
    stored = msgspec.to_builtins(SNAPSHOT)
    stored["projects"][0]["last_change"]["evidence"] = "lower error all week"
    (tmp_path / "snapshot.json").write_text(json.dumps(stored))
    found = SnapshotFile(tmp_path).load()
    assert found is not None
    change = found.projects[0].last_change
    assert change is not None
    assert change.evidence.note == "lower error all week"
    assert found.projects[0].versions == (VERSION,)


@pytest.mark.parametrize("content", ["", "[]", '{"projects": [1]}', '{"projects": [{"name": "wine"}]}'])
def test_one_that_cannot_be_read_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "snapshot.json").write_text(content)
    assert SnapshotFile(tmp_path).load() is None


@pytest.mark.cassandra
def test_a_change_of_which_nobody_told_is_followed_at_the_next_thorough_reading(
    tmp_path: Path, fresh_keyspaces: Callable[[], AbstractContextManager[CassandraAddress]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """As by a window of an earlier Relevo, or by an administrator with a statement of their own."""
    seen: list[Snapshot] = []

    async def follow(store: CassandraStore, address: CassandraAddress) -> None:
        watcher = RegistryWatcher(StoreAccess(lambda: store), SnapshotFile(tmp_path), seen.append)
        watcher.start()
        await watcher.wait_for_first_look(30)
        await watcher.stop()
        untold = CassandraSession(address, "")
        untold.write(
            "UPDATE historical_db.model_registry SET url = 'http://new' "
            "WHERE name = 'wine' AND version = 'A'"
        )
        untold.close()
        await asyncio.to_thread(watcher.refresh)
        assert [snapshot.projects[0].versions[0].url for snapshot in seen] == [""]
        monkeypatch.setattr(registry_watcher, "REREAD_SECONDS", 0.0)
        await asyncio.to_thread(watcher.refresh)
        assert [snapshot.projects[0].versions[0].url for snapshot in seen] == ["", "http://new"]

    with fresh_keyspaces() as address:
        store = CassandraStore(address)
        try:
            store.register(VERSION, who="ann")
            asyncio.run(follow(store, address))
        finally:
            store.close()


class CountingStore(SqliteStore):
    """A store that says how many projects were read from it."""

    reads = 0

    def project(self, name: str) -> Project | None:
        """As any store does."""
        self.reads += 1
        return super().project(name)


def test_the_registry_is_read_again_after_a_change_and_not_for_what_nobody_follows(tmp_path: Path) -> None:
    store = CountingStore(tmp_path / "store")
    names = [f"wine{number}" for number in range(10)]
    for name in names:
        store.register(replace(VERSION, project=name), who="test")
    snapshots: list[Snapshot] = []
    watcher = RegistryWatcher(
        StoreAccess(lambda: store), SnapshotFile(tmp_path / "spool"), snapshots.append
    )

    async def main() -> None:
        watcher.start()
        await watcher.wait_for_first_look(20)
        await asyncio.to_thread(watcher.refresh)
        read = store.reads
        for turn in range(20):
            store.put_catch_up_progress("wine0", "A", CatchUpProgress({"writer": (turn, turn)}))
            await asyncio.to_thread(watcher.refresh)
        assert store.reads == read
        store.register(replace(VERSION, project="wine0", name="B"), who="test")
        await asyncio.to_thread(watcher.refresh)
        assert store.reads > read
        assert snapshots[-1].projects[0].version("B") is not None
        await watcher.stop()

    asyncio.run(main())
    store.close()
