"""The way to one Docker Engine at a time, and what its containers are at any moment.

Pages ask it for the engine and follow its containers; none of them lists or polls for itself.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.connection.reconnecting import FIRST_DELAY, ConnectionState, ReconnectingConnection
from app.cross_thread_queue import CrossThreadQueue
from app.tasks import Tasks, Work
from services.containers.addresses import EngineAddress, Host
from services.containers.engine.registry_credentials import CredentialsLookup, no_credentials
from services.containers.model import Container, ContainerChange, EngineInfo
from services.errors import RelevoError

if TYPE_CHECKING:
    from services.containers.engine.engine import Engine
    from services.containers.engine.events import Watch
import threading

BATCH_MILLISECONDS = 50
EngineOpener = Callable[[EngineAddress], "Engine"]


class OpenedEngine:
    """What an attempt brought."""

    def __init__(
        self, engine: "Engine", watch: "Watch", info: EngineInfo, listed: tuple[ContainerChange, ...]
    ) -> None:
        self.engine, self.watch, self.info, self.listed = engine, watch, info, listed

    def close(self) -> None:
        """Give it all back."""
        self.watch.close()
        self.engine.close()


class WatchState:
    """What a watch says of itself: first that it stands, or why not; later that it broke."""

    def __init__(self, broke: Callable[[RelevoError], None]) -> None:
        self._broke = broke
        self._first = threading.Event()
        self._error: RelevoError | None = None

    def report(self, error: RelevoError | None) -> None:
        """From the watch's thread."""
        if not self._first.is_set():
            self._error = error
            self._first.set()
        elif error is not None:
            self._broke(error)

    def wait(self, check: Callable[[], None]) -> None:
        """Until it stands; raises why it does not, or what `check` raises."""
        while not self._first.wait(0.05):
            check()
        if self._error is not None:
            raise self._error.again()


def open_engine_at(address: EngineAddress, credentials: CredentialsLookup = no_credentials) -> "Engine":
    """Open an engine; the client library is loaded with the first one.

    Args:
        address: where it is.
        credentials: who signs in to an image registry.
    """
    from services.containers.engine.engine import open_engine

    return open_engine(address, credentials=credentials)


class EngineConnection(ReconnectingConnection[OpenedEngine]):
    """Opens, watches and reopens; `changed` comes after state, host, error or next attempt changed.

    `opened` carries a fresh Engine, `closing` comes before one is given up. `containers_changed` carries
    a tuple of `Change`, twenty times a second at most, after `containers` took them in.

    Args:
        opener: from an address to an open engine; called off the GUI thread.
        first_delay: seconds until the first attempt after a loss; doubles up to a minute.

    Attributes:
        containers: all of the engine by identifier; kept while it is lost, as they were seen last.
    """

    containers_changed = Signal(object)
    _items_waiting = Signal()
    _lost = Signal(object, object)

    def __init__(
        self,
        tasks: Tasks,
        *,
        opener: EngineOpener = open_engine_at,
        first_delay: float = FIRST_DELAY,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(tasks, first_delay, parent)
        self._opener = opener
        self._changes: CrossThreadQueue[ContainerChange] = CrossThreadQueue(self._items_waiting.emit)
        self._watch: Watch | None = None
        self.host: Host | None = None
        self.engine: Engine | None = None
        self.info: EngineInfo | None = None
        self.containers: dict[str, Container] = {}
        self._batch_timer = QTimer(self)
        self._batch_timer.setSingleShot(True)
        self._batch_timer.setInterval(BATCH_MILLISECONDS)
        self._batch_timer.timeout.connect(self._apply_waiting)
        self._items_waiting.connect(self._batch_timer.start)
        self._lost.connect(self._lost_engine)

    def open(self, host: Host) -> None:
        """Give up what is open and open this host's engine instead."""
        self.leave()
        self.host = host
        self._delay = self._first_delay
        self._open()

    def check(self) -> None:
        """Ask the engine whether it is there, off the GUI thread; never twice at once."""
        engine = self.engine
        if engine is not None:
            self._run_check(
                engine.info,
                "Looking after the Docker Engine",
                lambda info: self._checked(engine, info),
                lambda error: self._lost_engine(engine, error),
            )

    def of_version(self, project: str, version: str) -> list[Container]:
        """The containers that serve a version, as last seen."""
        return [
            container
            for container in self.containers.values()
            if container.project == project and container.version == version
        ]

    def leave(self) -> None:
        """Give the engine up; close it off the GUI thread, and forget its containers."""
        self._stop_trying()
        self._close_engine()
        self.error = self.host = None
        self._replace({})
        self._set_state(ConnectionState.NONE)

    def close(self) -> None:
        """At the program's end, after the tasks were closed: close the engine and wait for it."""
        self._stop_trying()
        self._batch_timer.stop()
        opened = self._detach()
        if opened is not None:
            opened.close()

    def _has_target(self) -> bool:
        return self.engine is not None

    def _open(self) -> None:
        host = self.host
        if host is None:
            return
        changes_queue: CrossThreadQueue[ContainerChange] = CrossThreadQueue(self._items_waiting.emit)
        self._changes = changes_queue

        def attempt(work: Work) -> OpenedEngine:
            engine = self._opener(host.address)
            watch_state = WatchState(partial(self._lost.emit, engine))
            watch: Watch | None = None
            try:
                info = engine.info()
                watch = engine.watch(changes_queue.put, watch_state.report)
                watch_state.wait(work.check)
            except BaseException:
                if watch is not None:
                    watch.close()
                engine.close()
                raise
            return OpenedEngine(engine, watch, info, tuple(changes_queue.drain()))

        self._start_attempt(
            attempt,
            f"Connecting to Docker on {host.name}",
            on_dropped=OpenedEngine.close,
            routine=self.error is not None,
        )

    def _adopt(self, target: OpenedEngine) -> None:
        self.engine, self._watch, self.info = target.engine, target.watch, target.info
        self._replace({c.identifier: c.container for c in target.listed if c.container is not None})
        self._apply_waiting()
        self._mark_open(target.engine)

    def _lost_engine(self, engine: "Engine", error: RelevoError) -> None:
        if engine is self.engine:
            self._close_engine()
            self._failed(error)

    def _checked(self, engine: "Engine", info: EngineInfo) -> None:
        if engine is self.engine:
            self.info = info

    def _close_engine(self) -> None:
        opened = self._detach()
        if opened is None:
            return
        self._check_timer.stop()
        self.closing.emit()
        self.tasks.run(
            lambda _work: opened.close(), owner=self, title="Leaving the Docker Engine", routine=True
        )

    def _detach(self) -> OpenedEngine | None:
        engine, watch, info = self.engine, self._watch, self.info
        self.engine = self._watch = self.info = None
        if engine is None or watch is None or info is None:
            return None
        return OpenedEngine(engine, watch, info, ())

    def _replace(self, found: dict[str, Container]) -> None:
        """Take a whole list in; what is in it unchanged is told to nobody."""
        now = datetime.now(UTC)
        gone = [ContainerChange(key, None, "gone", now) for key in self.containers if key not in found]
        new = [
            ContainerChange(key, container, "seen", now)
            for key, container in found.items()
            if self.containers.get(key) != container
        ]
        self._apply((*gone, *new))

    def _apply_waiting(self) -> None:
        """Take in what the watch told; before the list that it goes by is here, it waits."""
        if self.engine is not None:
            self._apply(tuple(self._changes.drain()))

    def _apply(self, changes: tuple[ContainerChange, ...]) -> None:
        for change in changes:
            if change.container is None:
                self.containers.pop(change.identifier, None)
            else:
                self.containers[change.identifier] = change.container
        if changes:
            self.containers_changed.emit(changes)
