"""What the scripts that run real servers share: packages, processes noted by id, waiting for an answer."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / ".servers"


def run(*command: str) -> None:
    """Run a set-up command, its output on stderr so that stdout stays for the address."""
    print("+", *command, file=sys.stderr)
    subprocess.run(command, check=True, stdout=sys.stderr)


def install(*packages: str) -> None:
    """Install Debian packages; needs root."""
    run("apt-get", "update", "-qq")
    run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq",
        "--no-install-recommends", *packages)  # fmt: skip


class Server:
    """A server's process, found again by the id noted in its folder.

    Args:
        home: its folder; also its mark on the command line, by which a reused id is told apart.
        answers: whether it speaks its protocol now.
    """

    def __init__(self, home: Path, answers: Callable[[], bool]) -> None:
        self.home, self.answers = home, answers
        self._pid = home / "pid"

    def running(self) -> int:
        """The id of the process that was started here; 0 if it does not run."""
        pid = int(self._pid.read_text()) if self._pid.is_file() else 0
        return pid if pid and self._alive(pid) else 0

    def _alive(self, pid: int) -> bool:
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return False
        return str(self.home).encode() in command

    def start(self, command: Callable[[], list[str]], seconds: float) -> bool:
        """Start it unless one answers, and wait for the answer; False if none comes."""
        process = None if self.answers() or self.running() else self._launch(command())
        deadline = time.monotonic() + seconds
        while not self.answers():
            if time.monotonic() > deadline or (process is not None and process.poll() is not None):
                print(f"did not start; see {self.home / 'server.log'}", file=sys.stderr)
                return False
            time.sleep(0.2)
        return True

    def _launch(self, command: list[str]) -> "subprocess.Popen[bytes]":
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "server.log").open("ab") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                cwd=self.home,
            )  # fmt: skip
        self._pid.write_text(str(process.pid))
        return process

    def stop(self, seconds: float) -> None:
        """End the process that was started here, by its id, and no other."""
        pid, deadline = self.running(), time.monotonic() + seconds
        if pid:
            os.kill(pid, signal.SIGTERM)
        while pid and self._alive(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.1)
        self._pid.unlink(missing_ok=True)


def main(description: str, start: Callable[[], int], stop: Callable[[], int]) -> None:
    """Do what the one word on the command line says."""
    actions = {"start": start, "stop": stop}
    if len(sys.argv) != 2 or sys.argv[1] not in actions:
        sys.exit(description)
    sys.exit(actions[sys.argv[1]]())
