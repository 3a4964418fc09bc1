"""The runtime of an embedded platform: local processes that end when their parent does."""

import contextlib
import logging
import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec.structs import replace

from services.containers.interface import Capability, Instance, Progress, ServiceSpec, ServiceState
from services.containers.local.log_files import last_lines, shorten
from services.containers.program import program_command
from services.errors import Conflict, NotFound, Refused, Unavailable

_LOGGER = logging.getLogger(__name__)
_STOP_SECONDS = 15.0
_LAST_WORDS = 20
_FIRST_DELAY, _LONGEST_DELAY = 0.5, 15.0
_FAILED_STARTS = 3
"""So often in a row a service may end before it listens until whoever waits for it is told."""


class _Announcement(msgspec.Struct):
    """The line a service prints once it listens."""

    address: str


class _Process:
    """One service: its process, the thread that watches it, and what is known of it."""

    def __init__(
        self, spec: ServiceSpec, command: list[str], log: Path, environment: Mapping[str, str]
    ) -> None:
        self.spec = spec
        self._command = command
        self.log = log
        self._environment = {**os.environ, **environment, **spec.environment}
        self._lock = threading.Condition()
        self._instance = Instance(
            spec.name,
            ServiceState.STARTING,
            "",
            datetime.now(UTC),
            project=spec.project,
            version=spec.version,
        )
        self._failed_starts = 0
        self._popen: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=f"watch-{spec.name}", daemon=True)
        self._thread.start()

    @property
    def instance(self) -> Instance:
        """What is known now."""
        with self._lock:
            return self._instance

    def wait_for_address(self, seconds: float) -> str:
        """The address; Unavailable if it did not come in time, or will hardly come any more."""
        with self._lock:
            self._lock.wait_for(
                lambda: self._instance.address or self._stopping.is_set() or self._keeps_failing(), seconds
            )
            if self._instance.address:
                return self._instance.address
            in_vain = f"{self.spec.name} did not start within {seconds:.0f} s"
            if self._keeps_failing():
                in_vain = f"{self.spec.name} ended {self._failed_starts} times before it listened"
        raise Unavailable(in_vain, remedy="Its log says why.", details=last_lines(self.log, _LAST_WORDS))

    def _keeps_failing(self) -> bool:
        return self._failed_starts >= _FAILED_STARTS

    def stop(self) -> None:
        """End the process: by closing its pipe, and if that does not help, by force."""
        self._stopping.set()
        with self._lock:
            popen = self._popen
            self._lock.notify_all()
        if popen is not None:
            _end(popen)
        self._thread.join(_STOP_SECONDS)

    def end_for_restart(self) -> None:
        """End the process; its watcher starts it again."""
        with self._lock:
            popen, self._failed_starts = self._popen, 0
        if popen is not None:
            _end(popen)

    def _watch(self) -> None:
        delay = _FIRST_DELAY
        while not self._stopping.is_set():
            began = datetime.now(UTC)
            code = self._run_once()
            if self._stopping.is_set():
                break
            lasted = (datetime.now(UTC) - began).total_seconds()
            delay = _FIRST_DELAY if lasted > 30 else min(delay * 2, _LONGEST_DELAY)
            ended = f"ended with exit code {code}; starts again" if code is not None else "did not start"
            self._change(ServiceState.RESTARTING, message=ended, restarted=True)
            self._stopping.wait(delay)
        self._change(ServiceState.STOPPED)

    def _run_once(self) -> int | None:
        """Run the process to its end; None if it could not be started."""
        shorten(self.log)
        with self.log.open("ab") as log:
            try:
                popen = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=self._environment,
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
            except OSError as error:
                self._change(ServiceState.FAILED, message=f"cannot be started: {error.strerror}")
                return None
        with self._lock:
            self._popen = popen
            stopped_meanwhile = self._stopping.is_set()
        self._change(
            ServiceState.STARTING if self.spec.listens else ServiceState.RUNNING, process=popen.pid
        )
        if stopped_meanwhile:
            _end(popen)
        with popen:
            assert popen.stdout is not None  # noqa: S101 - asked for above
            for line in popen.stdout:
                self._announced(line)
        return popen.returncode

    def _announced(self, line: bytes) -> None:
        with contextlib.suppress(msgspec.DecodeError):
            announcement = msgspec.json.decode(line, type=_Announcement)
            self._change(ServiceState.RUNNING, address=announcement.address)

    def _change(
        self,
        state: ServiceState,
        *,
        address: str = "",
        message: str = "",
        process: int = 0,
        restarted: bool = False,
    ) -> None:
        with self._lock:
            was = self._instance
            if restarted and self.spec.listens and not was.address:
                self._failed_starts += 1
            elif address:
                self._failed_starts = 0
            self._instance = replace(
                was,
                state=state,
                address=address,
                since=datetime.now(UTC),
                process=process or (was.process if state is ServiceState.RUNNING else 0),
                restarts=was.restarts + restarted,
                message=message,
            )
            self._lock.notify_all()


class LocalRuntime:
    """Starts this program's own words as processes, restarts what ends by itself.

    Args:
        logs: folder for one log file a service; made if missing.
        environment: variables for every service, such as the platform's secret.
        program: from a word and its arguments to the command line that runs them.
    """

    def __init__(
        self,
        logs: Path,
        environment: Mapping[str, str],
        program: Callable[..., list[str]] = program_command,
    ) -> None:
        logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._logs = logs
        self._environment = dict(environment)
        self._program = program
        self._lock = threading.Lock()
        self._processes: dict[str, _Process] = {}

    @property
    def capabilities(self) -> frozenset[Capability]:
        """See Runtime."""
        return frozenset()

    def launch(self, spec: ServiceSpec) -> None:
        """See Runtime."""
        with self._lock:
            if spec.name in self._processes:
                raise Conflict(f"a service named {spec.name} runs already")
            log = self._logs / f"{spec.name}.log"
            self._processes[spec.name] = _Process(
                spec, self._program(*spec.command), log, self._environment
            )

    def instances(self) -> list[Instance]:
        """See Runtime."""
        with self._lock:
            return [self._processes[name].instance for name in sorted(self._processes)]

    def wait_for_address(self, name: str, seconds: float) -> str:
        """See Runtime."""
        return self._find(name).wait_for_address(seconds)

    def restart(self, name: str) -> None:
        """See Runtime."""
        self._find(name).end_for_restart()

    def replace(self, spec: ServiceSpec, seconds: float, progress: Progress) -> None:  # noqa: ARG002
        """See Runtime."""
        raise Refused(f"{spec.name} runs as a local process, which cannot be replaced while it serves")

    def scale(self, name: str, replicas: int) -> None:  # noqa: ARG002
        """See Runtime."""
        raise Refused(f"{name} runs as a local process, of which there can be only one")

    def stop(self, name: str) -> None:
        """See Runtime."""
        with self._lock:
            process = self._processes.pop(name, None)
        if process is not None:
            process.stop()

    def logs(self, name: str, lines: int) -> str:
        """See Runtime."""
        return last_lines(self._find(name).log, lines)

    def close(self) -> None:
        """See Runtime; all are told at once, so that closing takes as long as the slowest."""
        with self._lock:
            processes = list(self._processes.values())
            self._processes.clear()
        threads = [threading.Thread(target=process.stop) for process in processes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _find(self, name: str) -> _Process:
        with self._lock:
            process = self._processes.get(name)
        if process is None:
            raise NotFound(f"no service named {name} runs here")
        return process


def _end(popen: subprocess.Popen[bytes]) -> None:
    """Close the held pipe, wait, then use force."""
    if popen.stdin is not None:
        with contextlib.suppress(OSError):
            popen.stdin.close()
    try:
        popen.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        _LOGGER.warning("%s did not end by itself and was killed", popen.args)
        popen.kill()
        popen.wait()
