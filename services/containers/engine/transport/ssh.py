"""A connection through this machine's own SSH client, with its keys, agent, known hosts and settings."""

import contextlib
import os
import socket
import subprocess
import threading
from typing import IO, cast

from services.containers.addresses import SshEngine

_PART = 65536
_END_SECONDS = 5.0
_WORDS = 4096


class SshSocket(socket.socket):
    """One end of a pair of sockets; the other end is the SSH client's."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(fileno=descriptor)
        self.stderr_text = _StandardError()


class _StandardError:
    """What the SSH client says on its standard error."""

    def __init__(self) -> None:
        self._text = b""
        self.whole = threading.Event()

    def add(self, part: bytes) -> None:
        self._text = (self._text + part)[-_WORDS:]

    @property
    def text(self) -> str:
        """All of it, once it has ended."""
        self.whole.wait(_END_SECONDS)
        return self._text.decode(errors="replace").strip()


def ssh_command(address: SshEngine, seconds: float) -> list[str]:
    """The command that joins its standard streams to the engine's socket over there."""
    user = ["-l", address.user] if address.user else []
    options = [
        "BatchMode=yes",
        f"ConnectTimeout={max(1, round(seconds))}",
        "ServerAliveInterval=15",
        "ServerAliveCountMax=2",
    ]
    settings = [word for option in options for word in ("-o", option)]
    return [
        "ssh", "-T", *settings, "-p", str(address.port), *user, "--", address.host,
        "docker", "system", "dial-stdio",
    ]  # fmt: skip


def connect_ssh(address: SshEngine, seconds: float) -> SshSocket:
    """Start the SSH client and join a socket to its standard streams.

    Pipes of a process are no sockets, on Windows least of all, so two threads carry the bytes; they end
    with the connection.
    """
    process = subprocess.Popen(
        ssh_command(address, seconds),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    near, far = socket.socketpair()
    found = SshSocket(near.detach())
    found.settimeout(seconds)
    stdin, stdout, stderr = (
        cast("IO[bytes]", stream) for stream in (process.stdin, process.stdout, process.stderr)
    )
    for name, work, arguments in (
        ("up", _up, (far, stdin)),
        ("down", _down, (process, stdout, far)),
        ("errors", _listen, (stderr, found.stderr_text)),
    ):
        threading.Thread(target=work, args=arguments, name=f"ssh-{name}", daemon=True).start()
    return found


def _up(near: socket.socket, stdin: IO[bytes]) -> None:
    """From the socket to the SSH client, until the socket's other end is closed or half closed."""
    with contextlib.suppress(OSError):
        while part := near.recv(_PART):
            view = memoryview(part)
            while view:
                view = view[stdin.write(view) :]
    with contextlib.suppress(OSError):
        stdin.close()


def _down(process: "subprocess.Popen[bytes]", stdout: IO[bytes], near: socket.socket) -> None:
    """From the SSH client to the socket; the process ends when either does."""
    with contextlib.suppress(OSError):
        while part := os.read(stdout.fileno(), _PART):
            near.sendall(part)
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    stdout.close()
    with contextlib.suppress(OSError):
        near.shutdown(socket.SHUT_RDWR)
    near.close()


def _listen(stderr: IO[bytes], stderr_text: _StandardError) -> None:
    with contextlib.suppress(OSError, ValueError):
        while part := os.read(stderr.fileno(), _PART):
            stderr_text.add(part)
    stderr.close()
    stderr_text.whole.set()
