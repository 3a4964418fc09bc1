"""One owner a workspace, freed by the system when the owner is gone."""

import subprocess
import sys
from pathlib import Path

from services.profiles.ownership import Ownership

HOLDER = """
import sys
from pathlib import Path
from services.profiles.ownership import Ownership
owner = Ownership(Path(sys.argv[1]))
print(owner.acquire(), flush=True)
sys.stdin.read()
"""


def test_a_second_taker_is_refused_until_the_first_gives_up(tmp_path: Path) -> None:
    first, second = Ownership(tmp_path / "lock"), Ownership(tmp_path / "lock")
    assert first.acquire()
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    second.release()


def test_a_killed_owner_frees_the_workspace(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    command = [sys.executable, "-c", HOLDER, str(lock)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"True"
        mine = Ownership(lock)
        assert not mine.acquire()
        holder.kill()
    assert mine.acquire()
    mine.release()
