"""A terminal inside a container: bytes both ways, and its size."""

from collections.abc import Callable, Sequence

from services.containers.engine.connection import Connection
from services.containers.engine.faults import translated
from services.containers.engine.logs import address
from services.containers.engine.streams import Ended, Stream


class Terminal:
    """A command that runs inside with a terminal; closing hangs up, as closing a window does.

    Args:
        receive: gets what it writes, on a thread of its own.
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
        with translated(connection.address):
            made = connection.client.exec_create(
                identifier,
                list(command),
                stdin=True,
                tty=True,
                environment={"TERM": "xterm-256color", "LINES": str(rows), "COLUMNS": str(columns)},
            )
        self._execution = str(made["Id"])
        self._stream = Stream(
            connection,
            lambda client: client.post(
                address(client, f"/exec/{self._execution}/start"),
                json={"Tty": True, "Detach": False},
                headers={"Connection": "Upgrade", "Upgrade": "tcp"},
                stream=True,
                timeout=None,
            ),
            receive,
            ended,
            name=f"terminal-{identifier[:12]}",
            raw=True,
        )

    def send(self, data: bytes) -> None:
        """What the person types."""
        self._stream.send(data)

    def resize(self, rows: int, columns: int) -> None:
        """Tell the program inside that the window has another size."""
        with translated(self._connection.address):
            self._connection.client.exec_resize(self._execution, height=rows, width=columns)

    def exit_code(self) -> int | None:
        """How the command ended; None while it runs."""
        with translated(self._connection.address):
            code: int | None = self._connection.client.exec_inspect(self._execution)["ExitCode"]
        return code

    def close(self) -> None:
        """Hang up; the command gets the end of its input."""
        self._stream.close()
