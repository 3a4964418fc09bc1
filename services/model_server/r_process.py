"""A model in R, served by a process of R's own that ends when this one does, however it ends.

Nothing here knows what R answers: its service registers, follows and retrains by itself, as images/model-r
has it. It is held by a connection of this machine, since R cannot tell the end of its standard input from
silence; the system closes that connection with this process, on every system.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import images
from services.errors import Unavailable

HELD_BY = "RELEVO_HELD_BY"
_LOOK_SECONDS = 0.1
_STOP_SECONDS = 10.0


def serve_in_r(
    folder: Path, arguments: Sequence[str], environment: Mapping[str, str], stop: threading.Event
) -> int:
    """Serve a deploy folder by R until told to stop, or until R ends by itself; its exit code.

    Args:
        folder: the deploy folder, of kind `rds`.
        arguments: for the service in R.
        environment: beside this process's own, which holds the version's token.
        stop: set from elsewhere.

    Raises:
        Unavailable: R is not installed.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(_LOOK_SECONDS)
        command = [
            find_rscript(),
            str(images.path("model-r", "service", "main.R")),
            str(folder),
            *arguments,
        ]
        port = str(server.getsockname()[1])
        with _process(command, {**os.environ, **environment, HELD_BY: port}) as process:
            held = _accept(server, process, stop)
            if held is not None:
                with held:
                    _wait(process, stop)
            return _end(process, stopped=stop.is_set())


def find_rscript() -> str:
    """Where `Rscript` is; Unavailable says what to do if it is not on the path."""
    found = shutil.which("Rscript")
    if found is None:
        raise Unavailable(
            "this version is a model in R, and there is no Rscript on the path",
            remedy="Install R with its packages plumber, curl, digest, sys and what the model needs, or "
            "launch the version in a container, which brings R along.",
        )
    return found


@contextlib.contextmanager
def _process(command: list[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        env=environment,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _accept(
    server: socket.socket, process: subprocess.Popen[bytes], stop: threading.Event
) -> socket.socket | None:
    """R's own connection; None if it ended, or is no longer wanted, before it made one."""
    while process.poll() is None and not stop.is_set():
        with contextlib.suppress(TimeoutError):
            return server.accept()[0]
    return None


def _wait(process: subprocess.Popen[bytes], stop: threading.Event) -> None:
    while process.poll() is None and not stop.is_set():
        stop.wait(_LOOK_SECONDS)


def _end(process: subprocess.Popen[bytes], *, stopped: bool) -> int:
    """Wait until R has ended, by force if it takes too long; what was stopped has ended well."""
    deadline = time.monotonic() + _STOP_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS / 5)
    if process.poll() is None:
        process.kill()
    code = process.wait()
    return 0 if stopped and code >= 0 else code
