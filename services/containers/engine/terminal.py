"""A terminal inside a container: bytes both ways, and its size."""

import contextlib
import queue
import threading
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from services.containers.engine.connection import Client, EngineConnection
from services.containers.engine.execution import execute
from services.containers.engine.names import checked_name
from services.containers.engine.streams import OnEnd, Stream
from services.containers.engine.transport.duplex import Duplex
from services.errors import RelevoError

_ANNOUNCED = 'echo $$; exec "$@"'
"""The command's process, told before anything else: the engine ends nothing when a terminal hangs up."""


class _Size(Struct, frozen=True):
    rows: int
    columns: int


class Terminal:
    """A command that runs inside with a terminal; closing hangs up, as closing a window does.

    Nothing here waits for the engine but the beginning: what is typed is sent by a thread of its own.

    Args:
        command: started by the container's `/bin/sh`.
        receive: gets what it writes, on another thread.
        ended: told once when the command ends by itself.
    """

    def __init__(
        self,
        connection: EngineConnection,
        identifier: str,
        command: Sequence[str],
        *,
        rows: int,
        columns: int,
        receive: Callable[[bytes], None],
        ended: OnEnd,
    ) -> None:
        checked_name(identifier, "container")
        self._connection, self._container = connection, identifier
        with connection.client() as client:
            made = client.exec_create(
                identifier,
                ["/bin/sh", "-c", _ANNOUNCED, "sh", *command],
                stdin=True,
                tty=True,
                environment={"TERM": "xterm-256color"},
            )
        self._execution = str(made["Id"])
        self._process = 0
        self._waiting: queue.SimpleQueue[bytes | _Size | None] = queue.SimpleQueue()
        self._waiting.put(_Size(rows, columns))
        self._stream = Stream(connection, self._follow, receive, ended, name="terminal")

    def send(self, data: bytes) -> None:
        """What the person types; after the command's end it goes nowhere."""
        self._waiting.put(data)

    def resize(self, rows: int, columns: int) -> None:
        """Tell the program inside that the window has another size."""
        self._waiting.put(_Size(rows, columns))

    def close(self) -> None:
        """Hang up; nothing is told any more. The program inside is told by a thread that goes on alone."""
        process, self._process = self._process, 0
        self._waiting.put(None)
        self._stream.close()
        if process:
            threading.Thread(
                target=self._hang_up, args=(process,), name="terminal-hanging-up", daemon=True
            ).start()

    def _follow(self, client: Client) -> Iterator[bytes]:
        duplex = client.hijack(f"/exec/{self._execution}/start", {"Tty": True, "Detach": False})
        writer = threading.Thread(target=self._write, args=(duplex,), name="terminal-writer", daemon=True)
        try:
            first, rest = _first_line(duplex)
            if first.strip().isdigit():
                self._process = int(first)
            else:
                rest = first + rest  # there is no shell; what is said of that is for the person
            writer.start()
            if rest:
                yield rest
            while part := duplex.receive():
                yield part
            self._process = 0
        finally:
            self._waiting.put(None)
            duplex.abandon()
            if writer.ident is not None:
                writer.join()
            duplex.close()

    def _write(self, duplex: Duplex) -> None:
        """Send what waits, until there is nobody to send it to."""
        with contextlib.suppress(OSError):
            while (item := self._waiting.get()) is not None:
                if isinstance(item, bytes):
                    duplex.send(item)
                else:
                    self._resize_execution(item)

    def _resize_execution(self, size: _Size) -> None:
        # A command that has just ended has no size; that it ended is told by `ended`.
        with contextlib.suppress(RelevoError), self._connection.client() as client:
            client.exec_resize(self._execution, height=size.rows, width=size.columns)

    def _hang_up(self, process: int) -> None:
        command = ("/bin/sh", "-c", f"kill -HUP {process}")
        # It may have ended meanwhile, or its container, or the engine: then there is nobody to tell.
        with contextlib.suppress(RelevoError):
            execute(self._connection, self._container, command, {}, None)


def _first_line(duplex: Duplex) -> tuple[bytes, bytes]:
    read = b""
    while b"\n" not in read and (part := duplex.receive()):
        read += part
    first, end, rest = read.partition(b"\n")
    return first + end, rest
