"""Workspaces that cannot be used, and what a person is told about them."""

import sqlite3
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.errors import Corrupt, InvalidInput, Refused, StorageError, Unavailable
from services.store.addresses import SqliteAddress
from services.store.connect import open_store
from services.store.interface import Position
from services.store.names import validate_project
from services.store.sqlite import SqliteStore


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[SqliteStore]:
    """A store in an empty workspace."""
    store = SqliteStore(tmp_path)
    yield store
    store.close()


def test_both_files_and_the_folder_are_made(tmp_path: Path) -> None:
    folder = tmp_path / "with 'quotes'; and spaces" / "new"
    open_store(SqliteAddress(str(folder))).close()
    assert {"historical_db.sqlite3", "live_db.sqlite3"} <= {file.name for file in folder.iterdir()}


def test_a_folder_that_is_made_is_its_owners_alone_and_one_that_exists_stays_as_it_is(
    tmp_path: Path,
) -> None:
    (tmp_path / "shared").mkdir(mode=0o755)
    (tmp_path / "shared").chmod(0o755)
    for name, mode in (("made", 0o700), ("shared", 0o755)):
        SqliteStore(tmp_path / name).close()
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == mode


def test_a_full_disk_is_told_and_nothing_is_half_written(workspace: SqliteStore) -> None:
    workspace.open_segment("wine", "w", 0)
    workspace.append("wine", Position("w", 0, 0), b"first")
    connection = workspace._database.connection()
    (pages,) = connection.execute("PRAGMA live_db.page_count").fetchone()
    connection.execute(f"PRAGMA live_db.max_page_count = {pages + 4}")
    with pytest.raises(StorageError, match="full"):
        workspace.append("wine", Position("w", 0, 1), bytes(500_000))
    with pytest.raises(StorageError, match="full"):
        workspace.write_rollups("wine", 1, {"a": bytes(500_000)}, b"")
    assert workspace.rollups("wine") is None
    connection.execute("PRAGMA live_db.max_page_count = 1000000")
    workspace.append("wine", Position("w", 0, 1), bytes(500_000))
    assert connection.execute("SELECT count(*) FROM live_db.log").fetchone() == (2,)


def test_a_read_only_workspace_is_told(workspace: SqliteStore) -> None:
    workspace.put_setting("key", "1")
    workspace._database.connection().execute("PRAGMA query_only = ON")
    with pytest.raises(StorageError, match="read-only"):
        workspace.put_setting("key", "2")
    assert workspace.setting("key") == "1"


def test_files_that_may_not_be_written_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    SqliteStore(tmp_path).close()
    connect = sqlite3.connect

    def read_only(*arguments: object, **named: object) -> sqlite3.Connection:
        class Connection(sqlite3.Connection):
            def execute(self, statement: str, values: tuple[str, ...] = ()) -> sqlite3.Cursor:  # type: ignore[override]
                if statement.startswith("ATTACH"):
                    values = (f"{Path(values[0]).as_uri()}?mode=ro",)
                return super().execute(statement, values)

        return connect(*arguments, **named, uri=True, factory=Connection)  # type: ignore[call-overload]

    monkeypatch.setattr(sqlite3, "connect", read_only)
    store = SqliteStore(tmp_path)
    try:
        assert store.projects() == []
        with pytest.raises(StorageError, match="read-only"):
            store.put_setting("key", "1")
    finally:
        store.close()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(StorageError, match="cannot be made"):
            SqliteStore(folder)


@pytest.mark.parametrize("name", ["historical_db.sqlite3", "live_db.sqlite3"])
def test_a_file_that_is_no_database_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"this is a letter to my aunt. " * 100)
    with pytest.raises(Corrupt, match="not a database"):
        SqliteStore(tmp_path)


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    for number in range(200):
        store.put_setting(f"key {number}", "x" * 500)
    store.close()
    file = tmp_path / "historical_db.sqlite3"
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)
    with pytest.raises(Corrupt):
        SqliteStore(tmp_path).ping()


def test_a_workspace_from_the_future_is_refused_and_left_alone(tmp_path: Path) -> None:
    SqliteStore(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "historical_db.sqlite3")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(Refused, match="newer Relevo"):
        SqliteStore(tmp_path)
    connection = sqlite3.connect(tmp_path / "historical_db.sqlite3")
    assert connection.execute("PRAGMA user_version").fetchone() == (99,)
    connection.close()


def test_a_crash_while_the_tables_are_made_is_made_good_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from services.store.sqlite import schema

    def crash(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE historical_db.model_registry (x)")
        raise InterruptedError

    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", (crash,))
        with pytest.raises(InterruptedError):
            SqliteStore(tmp_path)
    store = SqliteStore(tmp_path)
    assert store.projects() == []
    store.close()


def test_no_project_may_have_the_name_of_a_table_of_our_own(workspace: SqliteStore) -> None:
    rows = workspace._database.connection().execute(
        "SELECT name FROM historical_db.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    names = [name for (name,) in rows]
    assert "revision_history" in names
    for name in names:
        with pytest.raises(InvalidInput, match="Relevo itself"):
            validate_project(name)


def test_threads_that_end_give_their_connections_back(workspace: SqliteStore) -> None:
    def use() -> None:
        workspace.put_setting(threading.current_thread().name, "1")

    for number in range(20):
        thread = threading.Thread(target=use, name=f"user {number}")
        thread.start()
        thread.join()
    assert len(workspace._database._connections) <= 2
    assert workspace.setting("user 19") == "1"


def test_after_closing_every_thread_is_told(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path)
    told: list[type] = []
    opened, closed = threading.Event(), threading.Event()

    def use() -> None:
        store.ping()
        opened.set()
        closed.wait(10)
        try:
            store.ping()
        except Unavailable as error:
            told.append(type(error))

    thread = threading.Thread(target=use)
    thread.start()
    opened.wait(10)
    store.close()
    closed.set()
    thread.join()
    assert told == [Unavailable]
    store.close()


def test_a_writer_that_another_process_holds_up_is_unavailable(
    workspace: SqliteStore, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "historical_db.sqlite3", isolation_level=None)
    workspace._database.connection().execute("PRAGMA busy_timeout = 50")
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(Unavailable, match="busy"):
            workspace.put_setting("key", "1")
        assert workspace.setting("key") is None
    finally:
        other.execute("ROLLBACK")
        other.close()
    workspace.put_setting("key", "1")
