"""Running a command inside a container to its end."""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from services.containers.engine.connection import EngineConnection
from services.containers.engine.names import checked_name
from services.containers.engine.transport.duplex import Duplex

ERROR_OUTPUT = 2


def execute(
    connection: EngineConnection,
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
    output: list[bytes] = []
    code = execute_streaming(
        connection, identifier, command, lambda _kind, part: output.append(part),
        environment=environment, given=None if given is None else (given,),
    )  # fmt: skip
    return code, b"".join(output).decode(errors="replace")


def execute_streaming(
    connection: EngineConnection,
    identifier: str,
    command: Sequence[str],
    receive: Callable[[int, bytes], None],
    *,
    environment: Mapping[str, str] | None = None,
    given: Iterable[bytes] | None = None,
) -> int:
    """Run a command whose input or output may be long; its exit code.

    Args:
        connection: to the engine.
        identifier: of the container.
        command: and its arguments; no shell reads them.
        receive: gets 1 or 2, for its output or error output, and each part; what it raises stops it all.
        environment: on top of the container's own.
        given: parts of its standard input, asked for by a thread of its own as the command takes them;
            what that raises stops it all, too.
    """
    checked_name(identifier, "container")
    with connection.client() as client:
        made = client.exec_create(
            identifier, list(command), environment=dict(environment or {}), stdin=given is not None
        )
    with connection.stream_client() as client:
        duplex = client.hijack(f"/exec/{made['Id']}/start", {"Tty": False, "Detach": False})
        with contextlib.closing(duplex), _feeding(duplex, given):
            for kind, part in duplex.frames():
                receive(kind, part)
    with connection.client() as client:
        code = client.exec_inspect(made["Id"])["ExitCode"]
    return int(code or 0)


@contextlib.contextmanager
def _feeding(duplex: Duplex, given: Iterable[bytes] | None) -> Iterator[None]:
    """Send the input meanwhile: a command that writes while it reads must not wait for itself."""
    if given is None:
        yield
        return
    failures: list[BaseException] = []

    def feed() -> None:
        try:
            for part in given:
                duplex.send(part)
            duplex.end_input()
        except OSError:
            pass  # a command may end without reading all
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits for the command
            failures.append(error)
            duplex.abandon()

    thread = threading.Thread(target=feed, name="execute-input", daemon=True)
    thread.start()
    try:
        yield
    finally:
        duplex.abandon()
        thread.join()
        if failures:
            raise failures[0]
