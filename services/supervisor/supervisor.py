"""The supervisor's loop: wait for the lease, run the periodic tasks, survive a store that is down."""

import logging
import threading
from collections.abc import Callable

from services.errors import Cancelled, RelevoError, Unavailable
from services.store.interface import Store
from services.supervisor.leadership import LEASE_SECONDS, Leadership, new_holder
from services.supervisor.tasks import PeriodicTask, leader_tasks

PAUSE_SECONDS = 2.0
LONGEST_BACKOFF = 30.0

_log = logging.getLogger(__name__)


class Supervisor:
    """Runs until `stop`; any number may run, one of them leads.

    Args:
        open_store: connects; called again until it succeeds.
        make_tasks: makes what is done during one leadership.
        pause_seconds: between two rounds.
        lease_seconds: see `Leadership`.
        beat: called at least twice a minute while this is neither stuck nor ended.
    """

    def __init__(
        self, open_store: Callable[[], Store], *,
        make_tasks: Callable[[Store], list[PeriodicTask]] = leader_tasks,
        pause_seconds: float = PAUSE_SECONDS, lease_seconds: float = LEASE_SECONDS,
        beat: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self._open_store = open_store
        self._make_tasks = make_tasks
        self._pause = pause_seconds
        self._lease_seconds = lease_seconds
        self._beat = beat
        self._stopping = threading.Event()
        self._outage = 0
        self._failures: dict[tuple[str, str], str] = {}

    def stop(self) -> None:
        """End soon; may be called from any thread or signal handler."""
        self._stopping.set()

    def run(self) -> None:
        """Work until `stop`.

        Raises:
            RelevoError: the store refuses this process (a wrong password, a newer schema).
        """
        store = self._connected()
        if store is None:
            return
        leadership = Leadership(store, new_holder(), seconds=self._lease_seconds)
        leadership.start()
        try:
            self._work(store, leadership)
        finally:
            leadership.close()
            store.close()

    def _connected(self) -> Store | None:
        while not self._stopping.is_set():
            self._beat()
            try:
                store = self._open_store()
            except Unavailable as error:
                self._wait_out(error)
            else:
                self._is_back()
                return store
        return None

    def _work(self, store: Store, leadership: Leadership) -> None:
        tasks: list[PeriodicTask] | None = None
        while not self._stopping.is_set():
            self._beat()
            if not leadership.held:
                if tasks is not None:
                    _log.info("another supervisor leads, or the lease could not be renewed")
                tasks = None
                self._stopping.wait(min(self._pause, self._lease_seconds / 3))
                continue
            if tasks is None:
                _log.info("this supervisor leads")
                tasks = self._make_tasks(store)
            self._round(store, tasks, leadership)

    def _round(self, store: Store, tasks: list[PeriodicTask], leadership: Leadership) -> None:
        """Every task for every project, then a pause."""

        def cancelled() -> bool:
            self._beat()
            return self._stopping.is_set() or not leadership.held

        try:
            for project in store.projects():
                for task in tasks:
                    self._run_task(store, task, project, cancelled)
        except Unavailable as error:
            self._wait_out(error)
        except Cancelled:
            return
        else:
            self._is_back()
            self._stopping.wait(self._pause)

    def _run_task(
        self, store: Store, task: PeriodicTask, project: str, cancelled: Callable[[], bool]
    ) -> None:
        """Run it; what fails for one project is logged, once while it stays the same, and others go on."""
        if cancelled():
            raise Cancelled
        key = (type(task).__name__, project)
        try:
            task.run(project, cancelled)
        except Cancelled:
            raise
        except Unavailable as error:
            store.ping()  # a store that answers has trouble with this project only
            self._log_failure(key, error.message, error=None)
        except RelevoError as error:
            self._log_failure(key, error.message, error=None)
        except Exception as error:  # noqa: BLE001 - a bug that one project brings out is logged with its trace
            self._log_failure(key, str(error), error=error)
        else:
            self._failures.pop(key, None)

    def _log_failure(self, key: tuple[str, str], message: str, *, error: Exception | None) -> None:
        if self._failures.get(key) != message:
            _log.error("%s for %s: %s", *key, message, exc_info=error)
        self._failures[key] = message

    def _wait_out(self, error: Unavailable) -> None:
        """Wait longer each time; say it once."""
        if not self._outage:
            _log.warning("the store is down, waiting for it: %s", error.message)
        self._outage += 1
        self._stopping.wait(min(self._pause * 2 ** min(self._outage, 10), LONGEST_BACKOFF))

    def _is_back(self) -> None:
        if self._outage:
            _log.info("the store is back")
        self._outage = 0
