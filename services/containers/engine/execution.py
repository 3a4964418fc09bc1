"""Running a command inside a container to its end."""

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence

from services.containers.engine.connection import Connection
from services.containers.engine.duplex import Duplex
from services.containers.engine.names import checked_name


def execute(
    connection: Connection,
    identifier: str,
    command: Sequence[str],
    environment: Mapping[str, str],
    given: bytes | None,
) -> tuple[int, str]:
    """Run it; its exit code, and what it wrote on both outputs in the order it came.

    Args:
        connection: to the engine.
        identifier: of the container.
        command: and its arguments; no shell reads them.
        environment: on top of the container's own.
        given: its standard input; None gives it none.
    """
    checked_name(identifier, "container")
    with connection.asking() as client:
        made = client.exec_create(
            identifier, list(command), environment=dict(environment), stdin=given is not None
        )
    with connection.streaming() as client:
        duplex = client.take_over(f"/exec/{made['Id']}/start", {"Tty": False, "Detach": False})
        with contextlib.closing(duplex), _feeding(duplex, given):
            output = b"".join(part for _, part in duplex.frames())
    with connection.asking() as client:
        code = client.exec_inspect(made["Id"])["ExitCode"]
    return int(code or 0), output.decode(errors="replace")


@contextlib.contextmanager
def _feeding(duplex: Duplex, given: bytes | None) -> Iterator[None]:
    """Send the input meanwhile: a command that writes while it reads must not wait for itself."""
    if given is None:
        yield
        return

    def feed() -> None:
        with contextlib.suppress(OSError):  # a command may end without reading all
            duplex.send(given)
            duplex.end_input()

    thread = threading.Thread(target=feed, name="execute-input", daemon=True)
    thread.start()
    try:
        yield
    finally:
        duplex.abandon()
        thread.join()
