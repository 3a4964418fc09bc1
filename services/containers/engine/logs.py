"""What containers write: read once, or followed on a stream."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from services.containers.engine.connection import Client, Connection
from services.containers.engine.lines import LineReader
from services.containers.engine.names import checked_name
from services.containers.engine.streams import CLOSE_SECONDS, Ended, Stream
from services.containers.model import LogLine
from services.errors import RelevoError

_BATCH_SECONDS = 0.05
_BATCH_LINES = 20_000
"""More lines than that are not held back: whoever receives them slowly slows the reading down."""


class Logs:
    """What is read of containers' logs; see `Engine` for the words."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read(self, identifier: str, lines: int, since: datetime | None) -> list[LogLine]:
        """The last lines a container wrote, oldest first."""
        reader = LineReader(terminal=self._terminal(identifier))
        with self._connection.streaming() as client:
            parts = _ask(client, identifier, lines, follow=False, since=since)
            found = [line for part in parts for line in reader.feed(part)]
        return sorted([*found, *reader.rest()], key=lambda line: line.at)

    def follow(
        self, identifier: str, lines: int, receive: Callable[[list[LogLine]], None], ended: Ended
    ) -> "LogStream":
        """The last lines, then each new one, several at a time."""
        reader = LineReader(terminal=self._terminal(identifier))
        return LogStream(
            self._connection,
            lambda client: _ask(client, identifier, lines, follow=True, since=None),
            reader,
            receive,
            ended,
        )

    def _terminal(self, identifier: str) -> bool:
        """Whether it has a terminal, whose log is not framed."""
        checked_name(identifier, "container")
        with self._connection.asking() as client:
            return bool(client.inspect_container(identifier)["Config"].get("Tty"))


class LogStream:
    """Follows a container's log: one thread reads, another tells, so that much text costs few calls."""

    def __init__(
        self,
        connection: Connection,
        begin: Callable[[Client], Iterator[bytes]],
        reader: LineReader,
        receive: Callable[[list[LogLine]], None],
        ended: Ended,
    ) -> None:
        self._reader, self._receive, self._ended = reader, receive, ended
        self._held: list[LogLine] = []
        self._changed = threading.Condition()
        self._closing = self._over = False
        self._error: RelevoError | None = None
        self._teller = threading.Thread(target=self._tell, name="log-teller", daemon=True)
        self._stream = Stream(connection, begin, self._feed, self._end, name="log-reader")
        self._teller.start()

    def close(self) -> None:
        """End it and wait for its threads; nothing is told any more."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._stream.close()
        if threading.current_thread() is not self._teller:
            self._teller.join(CLOSE_SECONDS)

    def _feed(self, part: bytes) -> None:
        found = self._reader.feed(part)
        with self._changed:
            self._changed.wait_for(lambda: len(self._held) < _BATCH_LINES or self._closing)
            self._held += found
            self._changed.notify_all()

    def _end(self, error: RelevoError | None) -> None:
        with self._changed:
            self._held += self._reader.rest()
            self._over, self._error = True, error
            self._changed.notify_all()

    def _tell(self) -> None:
        told = 0.0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._held or self._over or self._closing)
                pause = told + _BATCH_SECONDS - time.monotonic()
                if pause > 0:
                    self._changed.wait_for(lambda: self._over or self._closing, pause)
                held, self._held = self._held, []
                over = self._over
                self._changed.notify_all()
                if self._closing:
                    return
            told = time.monotonic()
            if held:
                self._receive(held)
            if over:
                self._ended(self._error)
                return


def _ask(
    client: Client, identifier: str, lines: int, *, follow: bool, since: datetime | None
) -> Iterator[bytes]:
    query = {"stdout": 1, "stderr": 1, "timestamps": 1, "tail": str(lines), "follow": int(follow)}
    if since is not None:
        query["since"] = f"{since.timestamp():.6f}"
    return client.stream("GET", f"/containers/{identifier}/logs", params=query)
