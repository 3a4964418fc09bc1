"""A connection that the engine hands over for bytes both ways: a command inside a container."""

import http.client
import io
import json
import socket
from collections.abc import Iterator, Mapping
from typing import Any

from services.containers.engine.errors import engine_error
from services.containers.engine.transport.adapter import interrupt

_PART = 1 << 16
_HEAD_LIMIT = 1 << 16
_FRAME_HEAD = 8


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
        try:
            connection.sendall(_request(path, json.dumps(body).encode()))
            self._early = self._answer()
        except BaseException:
            connection.close()
            raise
        connection.settimeout(None)

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
            raise engine_error(_message(rest), code)
        return rest

    def receive(self) -> bytes:
        """Wait for bytes; none at the end."""
        if self._early:
            early, self._early = self._early, b""
            return early
        return bytes(self._connection.recv(_PART))

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
        self._connection.sendall(data)

    def end_input(self) -> None:
        """Tell the command that its input has ended; its output goes on."""
        if isinstance(self._connection, socket.socket):
            self._connection.shutdown(socket.SHUT_WR)
        else:
            self._connection.shutdown_write()

    def abandon(self) -> None:
        """Cut the connection, so that whoever waits for it wakes."""
        interrupt(self._connection)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


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
