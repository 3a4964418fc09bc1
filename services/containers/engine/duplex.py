"""A connection that the engine hands over for bytes both ways: a command inside a container."""

import contextlib
import http.client
import io
import json
import selectors
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from services.containers.engine.faults import failure
from services.containers.engine.transport import shut

_PART = 1 << 16
_HEAD_LIMIT = 1 << 16
_FRAME_HEAD = 8
_LATER = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Duplex:
    """Asks the engine to take a connection over, then carries bytes; one thread reads, others may write.

    Args:
        connection: freshly made; closed by `close`.
        path: the engine's route, with the version.
        body: sent as JSON.

    Raises:
        RelevoError: the engine refused.
        OSError: the connection broke.
    """

    def __init__(self, connection: Any, path: str, body: Mapping[str, object]) -> None:
        self._connection = connection
        # An encrypted connection may not be read and written at the same instant.
        self._lock = threading.Lock()
        # A named pipe can neither be asked whether it is ready nor need it: it is read and written at once.
        self._waits = isinstance(connection, socket.socket)
        try:
            connection.sendall(_request(path, json.dumps(body).encode()))
            self._early = self._answer()
        except BaseException:
            connection.close()
            raise
        connection.settimeout(0 if self._waits else None)

    def _answer(self) -> bytes:
        """Read the head of the answer; what already came after it."""
        read = b""
        while b"\r\n\r\n" not in read:
            part = self._connection.recv(_PART)
            if not part or len(read) > _HEAD_LIMIT:
                raise ConnectionResetError("the engine ended the connection before it answered")
            read += part
        head, _, rest = read.partition(b"\r\n\r\n")
        status, _, fields = head.partition(b"\r\n")
        code = int(status.split(b" ", 2)[1])
        if code >= 400:
            headers = http.client.parse_headers(io.BytesIO(fields + b"\r\n\r\n"))
            size = int(headers.get("Content-Length", len(rest)))
            while len(rest) < size and (part := self._connection.recv(_PART)):
                rest += part
            raise failure(_message(rest), code)
        return rest

    def receive(self) -> bytes:
        """Wait for bytes; none at the end."""
        if self._early:
            early, self._early = self._early, b""
            return early
        while True:
            with contextlib.suppress(*_LATER), self._lock if self._waits else contextlib.nullcontext():
                return bytes(self._connection.recv(_PART))
            self._ready(selectors.EVENT_READ)

    def frames(self) -> Iterator[tuple[int, bytes]]:
        """What a command without a terminal writes: 1 or 2 for its output or error output, and bytes."""
        held = b""
        while part := self.receive():
            held += part
            while len(held) >= _FRAME_HEAD:
                end = _FRAME_HEAD + int.from_bytes(held[4:_FRAME_HEAD])
                if len(held) < end:
                    break
                yield held[0], held[_FRAME_HEAD:end]
                held = held[end:]

    def send(self, data: bytes) -> None:
        """Write all of it."""
        left = memoryview(data)
        while left:
            with contextlib.suppress(*_LATER), self._lock if self._waits else contextlib.nullcontext():
                left = left[self._connection.send(left) :]
                continue
            self._ready(selectors.EVENT_WRITE)

    def end_input(self) -> None:
        """Tell the command that its input has ended; its output goes on."""
        if not self._waits:
            self._connection.send(b"")  # a message of no bytes is how a pipe says it
        elif isinstance(self._connection, ssl.SSLSocket):
            with contextlib.suppress(*_LATER), self._lock:
                self._connection.unwrap()
        else:
            self._connection.shutdown(socket.SHUT_WR)

    def abandon(self) -> None:
        """Cut the connection, so that whoever waits for it wakes."""
        shut(self._connection)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _ready(self, event: int) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._connection, event)
            selector.select()


def _request(path: str, body: bytes) -> bytes:
    fields = (
        f"POST {path} HTTP/1.1",
        "Host: engine",
        "Connection: Upgrade",
        "Upgrade: tcp",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join((*fields, "", "")).encode() + body


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace").strip()
