"""Real supervisor processes: one leads, another takes over, both end with their parent."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

from services.store.sqlite import SqliteStore
from services.supervisor.leadership import LEASE


def process_of(holder: str | None) -> int:
    return int(holder.split("/")[1]) if holder else 0


def test_a_second_supervisor_takes_over_when_the_first_is_killed(
    store: SqliteStore,
    start_supervisor: Callable[[], subprocess.Popen[bytes]],
    tools: SimpleNamespace,
    tmp_path: Path,
) -> None:
    tools.ship(store, 0)
    first = start_supervisor()
    tools.wait_for(lambda: process_of(store.lease_holder(LEASE)) == first.pid)
    tools.wait_for(lambda: tools.cursor(store) == (0, 1))
    tools.wait_for(lambda: store.segments("wine")[0].chunks)
    second = start_supervisor()
    first.kill()
    first.wait()
    tools.ship(store, 1)
    tools.wait_for(lambda: process_of(store.lease_holder(LEASE)) == second.pid)
    tools.wait_for(lambda: tools.cursor(store) == (1, 1))
    tools.wait_for(lambda: store.segments("wine")[1].chunks)
    assert re.search("this supervisor leads", (tmp_path / "supervisor-1.log").read_text(encoding="utf-8"))


def test_a_supervisor_ends_with_its_parent_and_gives_the_lease_up(
    store: SqliteStore, start_supervisor: Callable[[], subprocess.Popen[bytes]], tools: SimpleNamespace
) -> None:
    process = start_supervisor()
    tools.wait_for(lambda: process_of(store.lease_holder(LEASE)) == process.pid)
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(20) == 0
    assert store.lease_holder(LEASE) is None
