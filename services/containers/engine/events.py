"""Changes of containers as they happen: a list, then the engine's event stream; again after a loss."""

import json
import queue
import threading
from collections.abc import Callable, Iterator

from services.containers.engine.connection import Client, EngineConnection
from services.containers.engine.container_cache import ContainerCache, OnChange
from services.containers.engine.containers import Containers
from services.containers.engine.parsing import moment
from services.containers.engine.streams import CLOSE_SECONDS, Stream
from services.containers.engine.transfers import Report, reports
from services.errors import RelevoError, Unavailable
from services.instants import instant

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
_ACTIONS = (
    "create", "start", "die", "stop", "kill", "oom", "pause", "unpause", "rename", "restart", "update",
    "health_status", "destroy", "connect", "disconnect",
)  # fmt: skip
"""What changes what is shown of a container; a health check's own commands are not told."""

OnState = Callable[[RelevoError | None], None]


class Watch:
    """Follows all containers of one engine until closed; comes back by itself when the engine does.

    Args:
        on_change: gets what is there at the beginning (action `listed`) and each change after; after a
            loss, again only what is not as it was.
        on_state: gets None each time what is there has been told and the stream stands; and the error
            each time it breaks or cannot be made, an Unavailable with the seconds until the next attempt.
    """

    def __init__(
        self, connection: EngineConnection, containers: Containers, on_change: OnChange, on_state: OnState
    ) -> None:
        self._connection, self._on_state = connection, on_state
        self._closing = threading.Event()
        self._cache = ContainerCache(containers, on_change, self._closing.is_set)
        self._waiting: queue.SimpleQueue[Report | RelevoError | None] = queue.SimpleQueue()
        self._wake = threading.Event()
        self._pause = _FIRST_PAUSE
        self._thread = threading.Thread(target=self._run, name="containers-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop following; nothing is told any more."""
        self._closing.set()
        self._wake.set()
        self._waiting.put(None)
        if threading.current_thread() is not self._thread:
            self._thread.join(CLOSE_SECONDS)

    def retry(self) -> None:
        """Try again now rather than after the pause."""
        self._wake.set()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wake.clear()
            try:
                self._follow()
            except RelevoError as error:
                if self._closing.is_set():
                    return
                if isinstance(error, Unavailable):
                    error.retry_after = self._pause
                self._on_state(error)
            self._wake.wait(self._pause)
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    def _follow(self) -> None:
        """Tell changes until the connection breaks, which is raised, or the watch is closed."""
        waiting = self._waiting = queue.SimpleQueue()
        query = self._query()

        def begin(client: Client) -> Iterator[Report]:
            return reports(client.stream("GET", "/events", params=query))

        def ended(error: RelevoError | None) -> None:
            waiting.put(error or Unavailable("The Docker Engine ended the connection"))

        stream = Stream(self._connection, begin, waiting.put, ended, name="containers-events")
        try:
            # Events since the question was made wait while the list is read: nothing falls between.
            self._cache.refresh()
            if not self._closing.is_set():
                self._pause = _FIRST_PAUSE
                self._on_state(None)
            while not self._closing.is_set():
                self._cache.apply(_all(waiting))
        finally:
            stream.close()

    def _query(self) -> dict[str, str]:
        with self._connection.client() as client:
            # The engine's own clock: that of this machine may be another.
            now = moment(str(client.info()["SystemTime"])) or instant(0)
        filters = {"type": ["container", "network"], "event": _ACTIONS}
        return {"since": f"{now.timestamp():.6f}", "filters": json.dumps(filters)}


def _all(waiting: "queue.SimpleQueue[Report | RelevoError | None]") -> list[Report]:
    """Wait for events and take all that are there; raises what broke the stream."""
    found: list[Report] = []
    item = waiting.get()
    while item is not None:
        if isinstance(item, RelevoError):
            raise item
        found.append(item)
        try:
            item = waiting.get_nowait()
        except queue.Empty:
            break
    return found
