"""A Cassandra of a test's own, which may be killed; it runs beside the one that all tests share."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from services.store.addresses import CassandraAddress
from tests.waiting import eventually

_ROOT = Path(__file__).resolve().parent.parent
_SCRIPT = _ROOT / ".ci" / "cassandra"


class OwnCassandra:
    """One node with passwords asked of nobody.

    Args:
        port: its own; the next one is used as well.
        commitlog: lines of `cassandra.yaml`, separated by `;`.
    """

    def __init__(self, port: int, commitlog: str) -> None:
        self._home = _ROOT / ".servers" / "cassandra" / str(port)
        self._environment = {
            **os.environ, "RELEVO_CASSANDRA_PORT": str(port), "RELEVO_CASSANDRA_COMMITLOG": commitlog,
        }  # fmt: skip
        self.address = CassandraAddress(("127.0.0.1",), port, keyspace_prefix="own_")

    def start(self) -> None:
        """Start it, with the data that it had, and wait until it answers."""
        self._run("start")

    def pid(self) -> int:
        """Of its process."""
        return int((self._home / "pid").read_text())

    def kill(self) -> None:
        """End it as a crash does."""
        pid = self.pid()
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: not _runs(pid))

    def stop(self) -> None:
        """End it in good order: what it has is on the disk."""
        self._run("stop")

    def remove(self) -> None:
        """Stop it and delete its data."""
        self.stop()
        shutil.rmtree(self._home, ignore_errors=True)

    def _run(self, word: str) -> None:
        subprocess.run(
            [sys.executable, str(_SCRIPT), word],
            check=True,
            env=self._environment,
            stdout=subprocess.DEVNULL,
        )


def _runs(pid: int) -> bool:
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except OSError:
        return False
