"""Servers as processes on 127.0.0.1, which end with the benchmark."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

READY_SECONDS = 120.0
STOP_SECONDS = 20.0


@contextmanager
def relevo(*arguments: str, log: Path, **environment: str) -> Iterator[str]:
    """One of our long-running commands; gives the address that it announces."""
    command = [sys.executable, "-m", "app", *arguments, "--held"]
    with _process(command, log=log, environment=environment, output=subprocess.PIPE) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"{arguments[0]} did not start: {log.read_text()[-2000:]}")
        yield json.loads(line)["address"]


@contextmanager
def server(command: list[str], *, port: int, log: Path, **environment: str) -> Iterator[str]:
    """A peer's server; gives its address once something listens there."""
    with _process(command, log=log, environment=environment) as process:
        deadline = time.monotonic() + READY_SECONDS
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} did not start: {log.read_text()[-2000:]}")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _process(
    command: list[str], *, log: Path, environment: Mapping[str, str], output: int | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """A process in a group of its own: told to end by its pipe and a signal, whole groups if need be.

    Its output goes to the log too, unless it is read: a peer that logs each request into a pipe that
    nobody reads would come to a halt.
    """
    with log.open("ab") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=errors if output is None else output,
            stderr=errors,
            env={**os.environ, **environment},
            start_new_session=True,
        )
    assert process.stdin is not None
    try:
        yield process
    finally:
        process.stdin.close()
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def wait_until_healthy(address: str) -> None:
    """Wait until `/health` answers 200."""
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError) as error:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{address} is not healthy: {error}") from error
            time.sleep(0.05)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
