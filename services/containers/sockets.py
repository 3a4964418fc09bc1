"""Where Docker usually listens on this machine."""

import os
import sys
from pathlib import Path

_PIPE = "//./pipe/docker_engine"
_SOCKET = "/var/run/docker.sock"


def usual_socket() -> str:
    """The path of the local socket, or on Windows of the named pipe.

    What `DOCKER_HOST` names comes first, if that is local; where there is no common socket, the one of a
    Docker that runs without root, or of Docker Desktop.
    """
    for scheme in ("unix://", "npipe://"):
        if (named := os.environ.get("DOCKER_HOST", "")).startswith(scheme):
            return named.removeprefix(scheme)
    if sys.platform == "win32":
        return _PIPE
    return next((path for path in _candidates() if Path(path).exists()), _SOCKET)


def _candidates() -> tuple[str, ...]:
    running = os.environ.get("XDG_RUNTIME_DIR", "")
    home = os.path.expanduser("~/.docker")  # noqa: PTH111 - a home that is not known is no error here
    own = (f"{running}/docker.sock",) if running else ()
    return (_SOCKET, *own, f"{home}/run/docker.sock", f"{home}/desktop/docker.sock")
