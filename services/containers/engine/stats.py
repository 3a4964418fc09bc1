"""What containers use: once, or followed on a stream."""

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import docker.errors
from docker.utils import version_lt

from services.containers.engine.connection import Client, EngineConnection
from services.containers.engine.names import checked_name
from services.containers.engine.parsing import usage_from
from services.containers.engine.streams import OnEnd, Stream
from services.containers.engine.transfers import reports
from services.containers.model import ContainerUsage
from services.errors import RelevoError


def follow_usage(
    connection: EngineConnection, identifier: str, receive: Callable[[ContainerUsage], None], ended: OnEnd
) -> Stream[ContainerUsage]:
    """What it uses, once a second while it runs; the stream goes on when it is started again."""
    checked_name(identifier, "container")

    def begin(client: Client) -> Iterator[ContainerUsage]:
        for found in reports(client.stream("GET", f"/containers/{identifier}/stats")):
            if (usage := usage_from(found)) is not None:
                yield usage

    return Stream(connection, begin, receive, ended, name="usage")


def usage_now(connection: EngineConnection, identifier: str) -> ContainerUsage | None:
    """What it uses now; takes the engine a second or two; None if it does not run."""
    checked_name(identifier, "container")
    with connection.client() as client:
        return usage_from(client.stats(identifier, stream=False))


_ASKED_AT_ONCE = 4
_PAUSE_SECONDS = 2.0
"""The least between two readings of one container."""
_ONE_SHOT_API = "1.41"
"""From this version on a reading may leave out the one before it, which takes the engine a second less."""

OnUsage = Callable[[str, ContainerUsage], None]
"""Gets a running container's identifier and what it uses."""


class UsageSampler:
    """Asks for the containers that are wanted, the one first that waits longest; until closed.

    Args:
        receive: called on threads of its own.
        ended: told once, when the engine is lost.
    """

    def __init__(self, connection: EngineConnection, receive: OnUsage, ended: OnEnd) -> None:
        self._receive, self._ended = receive, ended
        self._one_shot = not version_lt(connection.version, _ONE_SHOT_API)
        self._changed = threading.Condition()
        self._wanted: dict[str, float] = {}
        self._asked: set[str] = set()
        self._before: dict[str, Mapping[str, Any]] = {}
        self._over = False
        self._streams = [
            Stream(connection, self._readings, self._deliver, self._stream_ended, name="usages")
            for _ in range(_ASKED_AT_ONCE)
        ]

    def set_containers(self, identifiers: Iterable[str]) -> None:
        """Ask for these containers from now on, and for no others."""
        with self._changed:
            self._wanted = {one: self._wanted.get(one, 0.0) for one in identifiers}
            self._before = {one: before for one, before in self._before.items() if one in self._wanted}
            self._changed.notify_all()

    def close(self) -> None:
        """Ask no more; waits for the threads."""
        self._end()
        for stream in self._streams:
            stream.close()

    def _readings(self, client: Client) -> Iterator[tuple[str, ContainerUsage]]:
        """One thread's part."""
        client.on_abort = self._wake
        while (identifier := self._next(client)) is not None:
            try:
                found = client.library.stats(identifier, stream=False, one_shot=self._one_shot or None)
            except (docker.errors.APIError, json.JSONDecodeError):
                found = {}  # it was removed before, or while the engine measured: then it says nothing
            finally:
                self._start_pause(identifier)
            if (usage := self._usage(identifier, found)) is not None:
                yield identifier, usage

    def _next(self, client: Client) -> str | None:
        """Wait for the container that is due; None at the end, which may be that of the connection."""
        with self._changed:
            while not (self._over or client.aborted):
                free = [one for one in self._wanted if one not in self._asked]
                first = min(free, key=self._wanted.__getitem__, default=None)
                due = None if first is None else self._wanted[first] + _PAUSE_SECONDS - time.monotonic()
                if first is not None and due is not None and due <= 0:
                    self._asked.add(first)
                    return first
                self._changed.wait(due)
        return None

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _start_pause(self, identifier: str) -> None:
        with self._changed:
            self._asked.discard(identifier)
            if identifier in self._wanted:
                self._wanted[identifier] = time.monotonic()
            self._changed.notify_all()

    def _usage(self, identifier: str, found: dict[str, Any]) -> ContainerUsage | None:
        """A reading beside the one before it, which tells the processor's share; None without one."""
        if not self._one_shot:
            return usage_from(found)
        with self._changed:
            before = self._before.get(identifier)
            if identifier in self._wanted:
                self._before[identifier] = found.get("cpu_stats") or {}
        return usage_from(found | {"precpu_stats": before}) if before else None

    def _deliver(self, reading: tuple[str, ContainerUsage]) -> None:
        self._receive(*reading)

    def _stream_ended(self, error: RelevoError | None) -> None:
        if self._end():
            self._ended(error)

    def _end(self) -> bool:
        """Let the threads go; whether they were at work."""
        with self._changed:
            before, self._over = self._over, True
            self._changed.notify_all()
        return not before
