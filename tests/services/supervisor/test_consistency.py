"""What a store has of a project is compared, told, and repaired where it can be."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from services.evaluation.model import Span
from services.evaluation.reader.reader import ProjectReader
from services.store.log.gaps import count_lost
from services.store.sqlite import SqliteStore
from services.supervisor.consistency import Consistency, check_project
from services.supervisor.rollup_writing import WriteRollups


def never() -> bool:
    return False


def change(store: SqliteStore, statement: str) -> None:
    with store._database.writing() as connection:
        connection.execute(statement)


@pytest.fixture
def shipped(store: SqliteStore, tools: SimpleNamespace) -> SqliteStore:
    """Two segments of 50 predictions and labels, and their rollups."""
    tools.ship(store, 0)
    tools.ship(store, 1, close=False)
    WriteRollups(store, rows=1).run("wine", never)
    return store


def test_what_fits_together_is_whole(shipped: SqliteStore) -> None:
    found = check_project(shipped, "wine")
    assert (found.rows, found.whole, found.lines()) == (200, True, [])


def test_live_tables_get_what_they_lack(shipped: SqliteStore) -> None:
    change(shipped, "DELETE FROM live_db.wine_a")
    found = check_project(shipped, "wine")
    assert (found.predictions, found.labels, found.whole) == (100, 100, False)
    assert check_project(shipped, "wine") == found
    mended = check_project(shipped, "wine", repair=True)
    assert (mended.predictions, mended.labels, mended.whole) == (100, 100, True)
    assert check_project(shipped, "wine").lines() == []


def test_rollups_that_count_otherwise_than_the_log_are_written_anew(
    shipped: SqliteStore, tools: SimpleNamespace
) -> None:
    # Rows that were in the log when they were counted, and are gone.
    change(shipped, "DELETE FROM live_db.log WHERE segment = 1")
    change(shipped, "DELETE FROM live_db.labels WHERE segment = 1")
    found = check_project(shipped, "wine")
    assert found.rollups == "A has 100 rows, 100 labelled, and should have 50 and 50"
    assert not found.whole
    assert check_project(shipped, "wine", repair=True).whole
    assert check_project(shipped, "wine").rollups == ""
    view = ProjectReader(shipped, "wine").refresh(Span.ALL)
    assert (view.live["A"].predictions, view.live["A"].labelled) == (50, 50)


def test_what_is_gone_or_unreadable_is_told_and_left(shipped: SqliteStore) -> None:
    change(shipped, "DELETE FROM live_db.log WHERE segment = 0 AND sequence = 0")
    change(shipped, "UPDATE live_db.log SET data = x'00' WHERE segment = 1 AND sequence = 1")
    count_lost(shipped, "wine", 4)
    before = shipped.newest_rollups("wine")
    found = check_project(shipped, "wine", repair=True)
    assert (found.gaps, found.unreadable, found.lost, found.whole) == (1, 1, 4, False)
    # What was counted before it got lost stays counted.
    assert found.rollups == "A has 100 rows, 100 labelled, and should have 0 and 0"
    assert shipped.newest_rollups("wine") == before


def test_a_registry_that_contradicts_itself_is_told(shipped: SqliteStore) -> None:
    change(shipped, "UPDATE historical_db.model_registry SET mode = 'challenger' WHERE name = 'wine'")
    found = check_project(shipped, "wine", repair=True)
    assert found.lines() == ["registry: the champion is A, but marked as such: none"]
    assert not found.whole


def test_the_commands_print_what_differs(shipped: SqliteStore, tmp_path: Path) -> None:
    change(shipped, "DELETE FROM live_db.wine_a")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "app", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    workspace = str(tmp_path / "workspace")
    inside = run("prepare", "check", "--store", f"sqlite:{workspace}")
    (found,) = msgspec.json.decode(inside.stdout, type=list[Consistency])
    assert found.predictions == 100
    told = run("platform", "check", "--workspace", workspace)
    assert told.returncode == 1
    assert "100 predictions lacking in live tables" in told.stdout
    assert run("platform", "check", "--workspace", workspace, "--repair").returncode == 0
    again = run("platform", "check", "--workspace", workspace)
    assert (again.returncode, again.stdout) == (0, "wine  200 rows of its log compared: all is whole\n")
    assert run("platform", "check", "--workspace", str(tmp_path / "nowhere")).returncode != 0
