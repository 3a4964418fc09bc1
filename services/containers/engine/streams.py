"""A stream of the engine on a thread and a connection of its own, until it ends or is closed."""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import docker

from services.containers.engine.connection import Connection
from services.containers.engine.faults import translated
from services.errors import RelevoError

Ended = Callable[[RelevoError | None], None]
"""Told once when a stream ends by itself: None, or what broke it."""


class Stream:
    """Follows one stream of bytes.

    Args:
        ask: sends the request on the client that it is given; its response is read as it comes.
        receive: gets each part, on the stream's thread.
        ended: see Ended; not called after `close`.
        raw: whether the connection is taken over for bytes both ways, as a terminal's is.
    """

    def __init__(
        self,
        connection: Connection,
        ask: Callable[[docker.APIClient], Any],
        receive: Callable[[bytes], None],
        ended: Ended,
        *,
        name: str,
        raw: bool = False,
    ) -> None:
        self._connection = connection
        self._ask, self._receive, self._ended, self._raw = ask, receive, ended, raw
        self._closing = threading.Event()
        self._begun = threading.Event()
        self._lock = threading.Lock()
        self._response: Any = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the stream and wait for its thread; nothing is told any more."""
        self._closing.set()
        with self._lock:
            if self._response is not None:
                _shut(self._response)
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def send(self, data: bytes) -> None:
        """Write to a raw stream; what is sent after its end is lost."""
        self._begun.wait()
        with self._lock:
            response = self._response
        if response is None or self._closing.is_set():
            return
        with translated(self._connection.address):
            response.raw.connection.sock.sendall(data)

    def _run(self) -> None:
        error: RelevoError | None = None
        try:
            with translated(self._connection.address):
                self._follow()
        except RelevoError as failed:
            error = failed
        finally:
            self._begun.set()
        if not self._closing.is_set():
            self._ended(error)

    def _follow(self) -> None:
        client = self._connection.stream()
        try:
            response = self._ask(client)
            client._raise_for_status(response)  # noqa: SLF001 - the only way to the library's own errors
            with self._lock:
                self._response = response
                if self._closing.is_set():
                    return
            self._begun.set()
            self._read(response)
        finally:
            with self._lock:
                response, self._response = self._response, None
            if response is not None:
                response.close()
            self._connection.end(client)

    def _read(self, response: Any) -> None:
        try:
            for part in _raw_parts(response) if self._raw else response.raw.stream(decode_content=False):
                if self._closing.is_set():
                    return
                self._receive(part)
        except (OSError, ValueError):
            # `close` pulls the socket away from under a reader that waits; only then is this no error.
            if not self._closing.is_set():
                raise


def _raw_parts(response: Any) -> Iterator[bytes]:
    """What comes on a connection that was taken over; first what was read together with the head."""
    reader = response.raw._fp.fp  # noqa: SLF001 - after 101 there is no other way to the bytes
    while part := reader.read1(65536):
        yield part


def _shut(response: Any) -> None:
    """Wake a reader that waits: end the SSH client, or shut the socket."""
    held = getattr(response.raw.connection, "sock", None)
    process = getattr(held, "proc", None)
    if process is not None:
        process.kill()
    elif isinstance(held, socket.socket):
        try:
            held.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # the other side was faster
    elif held is not None:
        held.close()
