"""Where Docker usually listens on this machine."""

import sys


def usual_socket() -> str:
    """The path of the local socket, or on Windows of the named pipe."""
    return "//./pipe/docker_engine" if sys.platform == "win32" else "/var/run/docker.sock"
