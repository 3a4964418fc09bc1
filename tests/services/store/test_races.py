"""Several real processes at one store: who is champion, who was, and who made the tables."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from services.registry.model import Mode, Project
from services.store.addresses import CassandraAddress, SqliteAddress, StoreAddress
from services.store.connect import open_store
from services.store.interface import Store

FOLDER = Path(__file__).parent


@contextmanager
def process(script: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A Python process, ended with the test."""
    with subprocess.Popen(
        [sys.executable, str(FOLDER / script), *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as started:  # fmt: skip
        try:
            yield started
        finally:
            started.kill()


def told(started: "subprocess.Popen[str]") -> dict[str, int]:
    """What a process printed at its end, which must have been a good one."""
    output, _ = started.communicate(timeout=800)
    assert started.returncode == 0, output
    found: dict[str, int] = json.loads(output)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    "attempts", [500, pytest.param(5_000, marks=[pytest.mark.soak, pytest.mark.timeout(900)])]
)
def test_changes_by_two_processes_at_once_never_show_none_or_two_champions(
    store: Store, address: StoreAddress, registered: Project, attempts: int
) -> None:
    """`attempts` of each of the two."""
    common = (msgspec.json.encode(address).decode(), registered.name)
    with (
        process("flipping.py", *common, "watcher", "0") as watcher,
        process("flipping.py", *common, "ann", str(attempts)) as ann,
        process("flipping.py", *common, "bob", str(attempts)) as bob,
    ):
        applied = told(ann)["applied"] + told(bob)["applied"]
        seen = told(watcher)
    history = store.history(registered.name)
    assert [change.generation for change in history] == list(range(1, applied + 2))
    assert [change.previous for change in history[1:]] == [change.champion for change in history[:-1]]
    assert {change.who for change in history} == {"set-up", "ann", "bob"}
    assert seen["looks"] > attempts // 50
    project = store.project(registered.name)
    assert project is not None
    assert (project.champion, project.last_change) == (history[-1].champion, history[-1])


@pytest.fixture(params=["sqlite", pytest.param("cassandra", marks=pytest.mark.cassandra)])
def empty_address(request: pytest.FixtureRequest, tmp_path: Path) -> StoreAddress:
    """Where nothing has been made yet."""
    if request.param == "sqlite":
        return SqliteAddress(str(tmp_path / "new" / "workspace"))
    found: CassandraAddress = request.getfixturevalue("cassandra_address")
    return msgspec.structs.replace(found, keyspace_prefix=f"{found.keyspace_prefix}new_")


@pytest.fixture
def dropped_afterwards(empty_address: StoreAddress) -> Iterator[StoreAddress]:
    """The same, given back empty."""
    yield empty_address
    if isinstance(empty_address, CassandraAddress):
        from services.store.cassandra import CassandraStore

        store = CassandraStore(empty_address)
        for keyspace in (store._session.live, store._session.historical):
            store._session.define(f"DROP KEYSPACE IF EXISTS {keyspace}")
        store.close()


def test_three_processes_make_the_tables_and_register_at_once(dropped_afterwards: StoreAddress) -> None:
    encoded = msgspec.json.encode(dropped_afterwards).decode()
    with (
        process("opening.py", encoded, "wine", "A") as one,
        process("opening.py", encoded, "wine", "B") as two,
        process("opening.py", encoded, "wine", "C") as three,
    ):
        started = (one, two, three)
        for each in started:
            assert each.stdout is not None
            assert each.stdout.readline() == "ready\n"
        for each in started:
            assert each.stdin is not None
            each.stdin.write("go\n")
            each.stdin.flush()
        for each in started:
            assert each.wait(timeout=100) == 0
    store = open_store(dropped_afterwards)
    try:
        project = store.project("wine")
        assert project is not None
        assert sorted(version.name for version in project.versions) == ["A", "B", "C"]
        champions = [version.name for version in project.versions if version.mode is Mode.CHAMPION]
        assert champions == [project.champion]
        assert sorted(version.order for version in project.versions) == [0, 1, 2]
        assert [change.generation for change in store.history("wine")] == [1]
    finally:
        store.close()
