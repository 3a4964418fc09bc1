"""Logs and use of containers: once, or followed on a stream."""

import json
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import docker

from services.containers.engine.connection import Connection
from services.containers.engine.faults import translated
from services.containers.engine.lines import LineReader
from services.containers.engine.reading import usage_from
from services.containers.engine.streams import Ended, Stream
from services.containers.model import LogLine, Usage

_BATCH_SECONDS = 0.05


class Watching:
    """Logs and use; see `Engine` for the words."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def logs(self, identifier: str, lines: int, since: datetime | None) -> list[LogLine]:
        """The last lines a container wrote, oldest first."""
        client = self._connection.client
        reader = LineReader(terminal=self._terminal(identifier))
        with translated(self._connection.address):
            response = _ask_logs(client, identifier, lines, follow=False, since=since)
            client._raise_for_status(response)  # noqa: SLF001 - the only way to the library's own errors
            with response:
                found = [line for part in response.raw.stream(1 << 20) for line in reader.feed(part)]
        return sorted([*found, *reader.rest()], key=lambda line: line.at)

    def follow_logs(
        self, identifier: str, lines: int, receive: Callable[[list[LogLine]], None], ended: Ended
    ) -> Stream:
        """The last lines, then each new one, several at a time."""
        batch = _Batch(LineReader(terminal=self._terminal(identifier)), receive)

        def end(error: Any) -> None:
            batch.finish()
            ended(error)

        return Stream(
            self._connection,
            lambda client: _ask_logs(client, identifier, lines, follow=True, since=None),
            batch.feed,
            end,
            name=f"log-{identifier[:12]}",
        )

    def follow_usage(self, identifier: str, receive: Callable[[Usage], None], ended: Ended) -> Stream:
        """What a container uses, once a second while it runs."""
        held = b""

        def feed(part: bytes) -> None:
            nonlocal held
            *whole, held = (held + part).split(b"\n")
            for text in whole:
                if text.strip() and (usage := usage_from(json.loads(text))) is not None:
                    receive(usage)

        def ask(client: docker.APIClient) -> Any:
            return client.get(address(client, f"/containers/{identifier}/stats"), stream=True, timeout=None)

        return Stream(self._connection, ask, feed, ended, name=f"usage-{identifier[:12]}")

    def usage(self, identifier: str) -> Usage | None:
        """What a container uses now; takes a second or two; None if it does not run."""
        with translated(self._connection.address):
            return usage_from(self._connection.client.stats(identifier, stream=False))

    def _terminal(self, identifier: str) -> bool:
        with translated(self._connection.address):
            return bool(self._connection.client.inspect_container(identifier)["Config"].get("Tty"))


class _Batch:
    """Gathers lines for a moment, so that a container that writes much costs few calls."""

    def __init__(self, reader: LineReader, receive: Callable[[list[LogLine]], None]) -> None:
        self._reader, self._receive = reader, receive
        self._held: list[LogLine] = []
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._told = 0.0

    def feed(self, part: bytes) -> None:
        """Tell the lines at once if it was quiet, and otherwise after a moment."""
        with self._lock:
            self._held += self._reader.feed(part)
            due = time.monotonic() - self._told >= _BATCH_SECONDS
            if not due and self._timer is None and self._held:
                self._timer = threading.Timer(_BATCH_SECONDS, self._tell)
                self._timer.daemon = True
                self._timer.start()
        if due:
            self._tell()

    def finish(self) -> None:
        """Tell what is left."""
        with self._lock:
            self._held += self._reader.rest()
        self._tell()

    def _tell(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            held, self._held = self._held, []
            self._told = time.monotonic()
            if held:
                self._receive(held)


def address(client: docker.APIClient, path: str) -> str:
    """The URL of one of the engine's routes."""
    return f"{client.base_url}/v{client.api_version}{path}"


def _ask_logs(
    client: docker.APIClient, identifier: str, lines: int, *, follow: bool, since: datetime | None
) -> Any:
    query = {"stdout": 1, "stderr": 1, "timestamps": 1, "tail": str(lines), "follow": int(follow)}
    if since is not None:
        query["since"] = f"{since.timestamp():.6f}"
    where = address(client, f"/containers/{identifier}/logs")
    return client.get(where, params=query, stream=True, timeout=None if follow else client.timeout)
