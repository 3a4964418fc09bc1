"""A terminal inside a container: bytes both ways, and its size."""

import threading
from collections.abc import Callable, Iterator, Sequence

from services.containers.engine.connection import Client, Connection
from services.containers.engine.duplex import Duplex
from services.containers.engine.streams import Ended, Stream
from services.errors import RelevoError


class Terminal:
    """A command that runs inside with a terminal; closing hangs up, as closing a window does.

    Args:
        receive: gets what it writes, on a thread of its own.
        ended: told once when the command ends by itself.
    """

    def __init__(
        self,
        connection: Connection,
        identifier: str,
        command: Sequence[str],
        *,
        rows: int,
        columns: int,
        receive: Callable[[bytes], None],
        ended: Ended,
    ) -> None:
        self._connection = connection
        with connection.asking() as client:
            made = client.exec_create(
                identifier, list(command), stdin=True, tty=True, environment={"TERM": "xterm-256color"}
            )
        self._execution = str(made["Id"])
        self._size = (rows, columns)
        self._duplex: Duplex | None = None
        self._begun = threading.Event()
        self._stream = Stream(connection, self._follow, receive, self._over(ended), name="terminal")

    def send(self, data: bytes) -> None:
        """What the person types; after the command's end it goes nowhere."""
        self._begun.wait()
        if self._duplex is not None:
            try:
                self._duplex.send(data)
            except OSError:
                return  # it has just ended, which `ended` tells

    def resize(self, rows: int, columns: int) -> None:
        """Tell the program inside that the window has another size."""
        self._size = (rows, columns)
        self._begun.wait()
        if self._duplex is not None:
            self._tell_size()

    def close(self) -> None:
        """Hang up and wait for the reader; nothing is told any more."""
        self._begun.set()
        self._stream.close()

    def _follow(self, client: Client) -> Iterator[bytes]:
        duplex = client.take_over(f"/exec/{self._execution}/start", {"Tty": True, "Detach": False})
        self._tell_size()
        self._duplex = duplex
        self._begun.set()
        try:
            while part := duplex.receive():
                yield part
        finally:
            self._duplex = None
            duplex.close()

    def _tell_size(self) -> None:
        rows, columns = self._size
        with self._connection.asking() as client:
            client.exec_resize(self._execution, height=rows, width=columns)

    def _over(self, ended: Ended) -> Ended:
        def tell(error: RelevoError | None) -> None:
            self._begun.set()
            ended(error)

        return tell
