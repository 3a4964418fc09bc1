"""Changes of containers as they happen: a list, then the event stream, and again after a loss."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import docker

from services.containers.engine.connection import Connection
from services.containers.engine.containers import Containers
from services.containers.engine.logs import address
from services.containers.engine.reading import epoch
from services.containers.engine.streams import Stream
from services.containers.model import Change, Container
from services.errors import NotFound, RelevoError, Unavailable

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
_GONE = "destroy"
_QUIET = ("exec_create", "exec_start", "exec_die", "exec_detach", "top", "resize", "attach", "detach")
"""Actions that change nothing that is shown."""

OnChange = Callable[[Change], None]
OnState = Callable[[RelevoError | None], None]


class Watch:
    """Follows all containers of one engine until closed; comes back by itself when the engine does.

    Args:
        on_change: gets what is there at the beginning (action `listed`) and each change after.
        on_state: gets None each time the stream stands, and the error each time it breaks.
    """

    def __init__(
        self, connection: Connection, containers: Containers, on_change: OnChange, on_state: OnState
    ) -> None:
        self._connection, self._containers = connection, containers
        self._on_change, self._on_state = on_change, on_state
        self._known: set[str] = set()
        self._closing = threading.Event()
        self._retry = threading.Event()
        self._thread = threading.Thread(target=self._run, name="containers-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop following; nothing is told any more."""
        self._closing.set()
        self._retry.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def retry(self) -> None:
        """Try again now rather than after the pause."""
        self._retry.set()

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while not self._closing.is_set():
            try:
                self._follow()
            except RelevoError as error:
                if not self._closing.is_set():
                    self._on_state(error)
            else:
                pause = _FIRST_PAUSE
            self._retry.wait(pause)
            if not self._closing.is_set():
                self._retry.clear()
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _follow(self) -> None:
        """Listen first and list then, so that nothing falls between; returns when the stream ends."""
        ended = threading.Event()
        broken: list[RelevoError] = []
        listed = threading.Event()
        held = b""

        def receive(part: bytes) -> None:
            nonlocal held
            listed.wait()
            *whole, held = (held + part).split(b"\n")
            for text in whole:
                if text.strip():
                    self._happened(json.loads(text))

        def end(error: RelevoError | None) -> None:
            broken.append(error or Unavailable("The Docker Engine ended the connection"))
            ended.set()

        stream = Stream(self._connection, _ask, receive, end, name="containers-events")
        try:
            self._list()
            self._on_state(None)
            listed.set()
            while not ended.wait(0.1) and not self._closing.is_set():
                continue
        finally:
            listed.set()
            stream.close()
        if broken:
            self._on_state(broken[0])

    def _list(self) -> None:
        now = datetime.now(UTC)
        found = self._containers.all()
        for container in found:
            self._on_change(Change(container.identifier, container, "listed", now))
        present = {container.identifier for container in found}
        for identifier in self._known - present:
            self._on_change(Change(identifier, None, _GONE, now))
        self._known = present

    def _happened(self, event: dict[str, Any]) -> None:
        action = str(event.get("Action", ""))
        if event.get("Type") != "container" or action.partition(":")[0] in _QUIET:
            return
        identifier = event["Actor"]["ID"]
        at = epoch(event["timeNano"] / 1e9)
        container = None if action == _GONE else self._look(identifier)
        if container is None:
            self._known.discard(identifier)
            self._on_change(Change(identifier, None, _GONE, at))
        else:
            self._known.add(identifier)
            self._on_change(Change(identifier, container, action, at))

    def _look(self, identifier: str) -> Container | None:
        try:
            return self._containers.get(identifier)
        except NotFound:
            return None


def _ask(client: docker.APIClient) -> Any:
    filters = json.dumps({"type": ["container"]})
    return client.get(address(client, "/events"), params={"filters": filters}, stream=True, timeout=None)
