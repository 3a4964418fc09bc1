"""A pipe's errors are those of a socket; there are no named pipes here, so one is played by a socket."""

import socket
from collections.abc import Iterator

import pytest

from services.containers.engine.transport.named_pipe import NamedPipe


class WindowsError(Exception):
    """As the library of Windows raises it: no OSError."""

    def __init__(self, number: int, words: str) -> None:
        super().__init__(number, words)
        self.winerror, self.strerror = number, words


class Played:
    """What the client library's pipe does, over a socket; or an error of Windows each time."""

    def __init__(self, held: socket.socket, number: int = 0) -> None:
        self._held, self._number = held, number

    def connect(self, _path: str) -> None:
        self._fail()

    def send(self, data: bytes) -> int:
        self._fail()
        return self._held.send(data[:3])

    def recv_into(self, buffer: bytearray) -> int:
        self._fail()
        return self._held.recv_into(buffer)

    def close(self) -> None:
        self._held.close()

    def _fail(self) -> None:
        if self._number:
            raise WindowsError(self._number, "words")


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends."""
    near, far = socket.socketpair()
    with near, far:
        yield near, far


def test_bytes_go_both_ways(ends: tuple[socket.socket, socket.socket]) -> None:
    near, far = ends
    pipe = NamedPipe(Played(near))
    pipe.sendall(b"0123456789")
    assert far.recv(100) == b"0123456789"
    far.sendall(b"one\ntwo\n")
    reader = pipe.makefile("rb")
    assert reader.readline() == b"one\n"
    assert reader.readline() == b"two\n"
    reader.close()
    far.sendall(b"more")
    assert pipe.recv(100) == b"more"
    far.close()
    assert pipe.recv(100) == b""


@pytest.mark.parametrize(
    ("number", "kind"),
    [(2, FileNotFoundError), (5, PermissionError), (231, TimeoutError), (1, ConnectionError)],
)
def test_errors_of_windows_are_those_of_a_socket(
    ends: tuple[socket.socket, socket.socket], number: int, kind: type[OSError]
) -> None:
    pipe = NamedPipe(Played(ends[0], number))
    for attempt in (lambda: pipe.connect("x"), lambda: pipe.send(b"x"), lambda: pipe.recv(1)):
        with pytest.raises(kind, match="words"):
            attempt()


@pytest.mark.parametrize("number", [109, 232, 233, 995])
def test_an_ended_pipe_reads_as_an_end(ends: tuple[socket.socket, socket.socket], number: int) -> None:
    pipe = NamedPipe(Played(ends[0], number))
    assert pipe.recv(10) == b""
    assert pipe.makefile().read() == b""
