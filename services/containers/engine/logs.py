"""What containers write, as lines: read once, or followed on a stream."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from services.containers.engine.connection import Client, EngineConnection
from services.containers.engine.names import checked_name
from services.containers.engine.parsing import moment
from services.containers.engine.streams import CLOSE_SECONDS, OnEnd, Stream
from services.containers.model import LogLine
from services.errors import RelevoError
from services.instants import instant

_HEAD = 8
_STANDARD_OUTPUT, _STANDARD_ERROR = 1, 2
_BATCH_SECONDS = 0.05
_BATCH_LINES = 20_000
"""More lines than that are not held back: whoever receives them slowly slows the reading down."""


class LineReader:
    """Takes parts of a log with time stamps as they come, and gives whole lines.

    A frame is what was written at once, or 16 KiB of it, and begins with its time; only a frame that
    ends with a line break ends the line. What a terminal wrote is not framed: there each line has its time.

    Args:
        terminal: whether the container has a terminal.
    """

    def __init__(self, *, terminal: bool) -> None:
        self._terminal = terminal
        self._raw = b""
        self._begun: dict[int, tuple[datetime, bytes]] = {}

    def feed(self, part: bytes) -> list[LogLine]:
        """The lines that became whole."""
        data = self._raw + part if self._raw else part
        if self._terminal:
            *whole, self._raw = data.split(b"\n")
            return [_line(*_stamped(text), _STANDARD_OUTPUT) for text in whole]
        found: list[LogLine] = []
        at = 0
        while len(data) - at >= _HEAD:
            begin = at + _HEAD
            end = begin + int.from_bytes(data[at + 4 : begin])
            if len(data) < end:
                break
            if (line := self._frame(data[at], data[begin:end])) is not None:
                found.append(line)
            at = end
        self._raw = data[at:]
        return found

    def rest(self) -> list[LogLine]:
        """Lines that never got their end."""
        begun, self._begun = self._begun, {}
        found = [_line(at, text, output) for output, (at, text) in begun.items()]
        if self._terminal and self._raw:
            found.append(_line(*_stamped(self._raw), _STANDARD_OUTPUT))
        self._raw = b""
        return found

    def _frame(self, output: int, content: bytes) -> LogLine | None:
        at, text = _stamped(content)
        if output in self._begun:
            at, before = self._begun.pop(output)
            text = before + text
        if text.endswith(b"\n"):
            return _line(at, text[:-1], output)
        self._begun[output] = (at, text)
        return None


def _stamped(content: bytes) -> tuple[datetime, bytes]:
    """A time and what was written then."""
    stamp, _, text = content.partition(b" ")
    try:
        return moment(stamp.decode()) or instant(0), text
    except ValueError:
        return instant(0), content


def _line(at: datetime, text: bytes, output: int) -> LogLine:
    return LogLine(at, text.decode(errors="replace").removesuffix("\r"), error=output == _STANDARD_ERROR)


class Logs:
    """What is read of containers' logs; see `Engine` for the words."""

    def __init__(self, connection: EngineConnection) -> None:
        self._connection = connection

    def read(self, identifier: str, lines: int, since: datetime | None) -> list[LogLine]:
        """The last lines a container wrote, oldest first."""
        reader = LineReader(terminal=self._terminal(identifier))
        with self._connection.stream_client() as client:
            parts = _ask(client, identifier, lines, follow=False, since=since)
            found = [line for part in parts for line in reader.feed(part)]
        return sorted([*found, *reader.rest()], key=lambda line: line.at)

    def follow(
        self, identifier: str, lines: int, receive: Callable[[list[LogLine]], None], ended: OnEnd
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
        with self._connection.client() as client:
            return bool(client.inspect_container(identifier)["Config"].get("Tty"))


class LogStream:
    """Follows a container's log: one thread reads, another delivers, so that much text costs few calls."""

    def __init__(
        self,
        connection: EngineConnection,
        begin: Callable[[Client], Iterator[bytes]],
        reader: LineReader,
        receive: Callable[[list[LogLine]], None],
        ended: OnEnd,
    ) -> None:
        self._reader, self._receive, self._ended = reader, receive, ended
        self._held: list[LogLine] = []
        self._changed = threading.Condition()
        self._closing = self._over = False
        self._error: RelevoError | None = None
        self._deliverer = threading.Thread(target=self._deliver, name="log-delivery", daemon=True)
        self._stream = Stream(connection, begin, self._feed, self._end, name="log-reader")
        self._deliverer.start()

    def close(self) -> None:
        """End it and wait for its threads; nothing is told any more."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._stream.close()
        if threading.current_thread() is not self._deliverer:
            self._deliverer.join(CLOSE_SECONDS)

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

    def _deliver(self) -> None:
        delivered = 0.0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._held or self._over or self._closing)
                pause = delivered + _BATCH_SECONDS - time.monotonic()
                if pause > 0:
                    self._changed.wait_for(lambda: self._over or self._closing, pause)
                held, self._held = self._held, []
                over = self._over
                self._changed.notify_all()
                if self._closing:
                    return
            delivered = time.monotonic()
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
