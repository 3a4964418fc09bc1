"""Changes of containers as they happen: a list, then the engine's event stream; again after a loss."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from services.containers.engine.connection import Client, Connection
from services.containers.engine.containers import Containers
from services.containers.engine.reading import epoch, moment
from services.containers.engine.transfers import Report, reports
from services.containers.model import Change
from services.errors import RelevoError, Unavailable

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 10.0
_LISTED, _GONE = "listed", "destroy"
_ACTIONS = (
    "create", "start", "die", "stop", "kill", "oom", "pause", "unpause", "rename", "restart", "update",
    "health_status", "destroy", "connect", "disconnect",
)  # fmt: skip
"""What changes what is shown of a container; a health check's own commands are not told."""

OnChange = Callable[[Change], None]
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
        self, connection: Connection, containers: Containers, on_change: OnChange, on_state: OnState
    ) -> None:
        self._connection, self._containers = connection, containers
        self._on_change, self._on_state = on_change, on_state
        self._known: dict[str, Change] = {}
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._pause = _FIRST_PAUSE
        self._closing = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="containers-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop following; nothing is told any more."""
        self._closing.set()
        self._wake.set()
        with self._lock:
            if self._client is not None:
                self._client.abort()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def retry(self) -> None:
        """Try again now rather than after the pause."""
        self._wake.set()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wake.clear()
            try:
                with self._connection.streaming() as client:
                    self._follow(client)
            except RelevoError as error:
                if self._closing.is_set():
                    return
                if isinstance(error, Unavailable):
                    error.retry_after = self._pause
                self._on_state(error)
            self._wake.wait(self._pause)
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)

    def _follow(self, client: Client) -> None:
        """Read events until the connection breaks."""
        with self._lock:
            self._client = client
        try:
            # Events since this moment wait in the stream while the list is read: nothing falls between.
            events = reports(client.stream("GET", "/events", params=self._question()))
            self._list()
            self._pause = _FIRST_PAUSE
            for event in events:
                if self._closing.is_set():
                    return
                self._happened(event)
        except Exception:
            # `close` cuts the connection under its reader: only then is that no error.
            if not self._closing.is_set():
                raise
        else:
            raise Unavailable("The Docker Engine ended the connection", remedy="It is tried again.")
        finally:
            with self._lock:
                self._client = None

    def _question(self) -> dict[str, str]:
        with self._connection.asking() as client:
            # The engine's own clock: that of this machine may be another.
            now = moment(str(client.info()["SystemTime"])) or epoch(0)
        filters = {"type": ["container", "network"], "event": _ACTIONS}
        return {"since": f"{now.timestamp():.6f}", "filters": json.dumps(filters)}

    def _list(self) -> None:
        now = datetime.now(UTC)
        found = {container.identifier: container for container in self._containers.all()}
        for identifier in set(self._known) - set(found):
            self._tell(Change(identifier, None, _GONE, now))
        for identifier, container in found.items():
            self._tell(Change(identifier, container, _LISTED, now))
        if not self._closing.is_set():
            self._on_state(None)

    def _happened(self, event: Report) -> None:
        action, actor = str(event["Action"]), event["Actor"]
        about = event["Type"] == "container"
        identifier = str(actor["ID"] if about else actor["Attributes"].get("container", ""))
        if not identifier:
            return
        gone = about and action == _GONE
        container = None if gone else self._containers.find(identifier)
        at = epoch(event["timeNano"] / 1e9)
        self._tell(Change(identifier, container, action if container else _GONE, at))

    def _tell(self, change: Change) -> None:
        """Tell it unless it is known already: an event may be older than what a look has shown."""
        before = self._known.get(change.identifier)
        if change.container is None:
            if self._known.pop(change.identifier, None) is None:
                return
        elif before is not None and before.container == change.container:
            return
        else:
            self._known[change.identifier] = change
        if not self._closing.is_set():
            self._on_change(change)
