"""A named pipe of Windows with the manners of a socket: its errors are OSErrors, its end is an end."""

import io
from typing import Any

_KINDS: dict[int, type[OSError]] = {2: FileNotFoundError, 5: PermissionError, 231: TimeoutError}
"""Windows' numbers for: no such file, access denied, all instances are busy."""
_ENDED = frozenset({6, 109, 232, 233, 995})
"""Handle closed, pipe ended, closing, not connected, cancelled."""


class NamedPipe:
    """Wraps the client library's pipe, which has the errors of another library.

    Args:
        pipe: not yet connected.
    """

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe

    def connect(self, path: str) -> None:
        """Open it by its path, written with backslashes."""
        try:
            self._pipe.connect(path)
        except Exception as error:
            raise _translated(error) from error

    def settimeout(self, seconds: float | None) -> None:
        """How long one read or write may take."""
        self._pipe.settimeout(seconds)

    def send(self, data: bytes | memoryview) -> int:
        """Write some of it; how many bytes."""
        try:
            return int(self._pipe.send(bytes(data)))
        except Exception as error:
            raise _translated(error) from error

    def sendall(self, data: bytes) -> None:
        """Write all of it."""
        left = memoryview(data)
        while left:
            left = left[self.send(left) :]

    def shutdown_write(self) -> None:
        """Say that nothing more will be sent; what the other side sends goes on."""
        self.send(b"")  # a message of no bytes is how a pipe says it

    def recv_into(self, buffer: bytearray | memoryview) -> int:
        """Read some bytes; 0 at the end."""
        try:
            return int(self._pipe.recv_into(buffer))
        except Exception as error:
            if _number(error) in _ENDED:
                return 0
            raise _translated(error) from error

    def recv(self, size: int) -> bytes:
        """Read some bytes; none at the end."""
        buffer = bytearray(size)
        return bytes(buffer[: self.recv_into(buffer)])

    def makefile(self, mode: str = "rb", *_: object, **__: object) -> io.BufferedReader:
        """A reader of it; closing that does not close the pipe."""
        if mode != "rb":
            raise ValueError(f"a pipe is read as rb, not {mode}")
        return io.BufferedReader(_Reader(self))

    def close(self) -> None:
        """Close it; a reader that waits gets the end."""
        self._pipe.close()


class _Reader(io.RawIOBase):
    def __init__(self, pipe: NamedPipe) -> None:
        self._pipe = pipe

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._pipe.recv_into(memoryview(buffer))


def _number(error: Exception) -> int:
    """Windows' number of an error; 0 if it has none."""
    return int(getattr(error, "winerror", None) or 0)


def _translated(error: Exception) -> Exception:
    if isinstance(error, OSError) or not _number(error):
        return error
    kind = _KINDS.get(_number(error), ConnectionError)
    return kind(_number(error), str(getattr(error, "strerror", error)))
