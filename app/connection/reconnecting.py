"""The life of a connection: opening, open, lost, retried by itself; to what, others say."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from app.tasks import BackgroundTask, Tasks, Work
from services.errors import RelevoError, Unavailable

WATCH_SECONDS = 10
FIRST_DELAY, LONGEST_DELAY = 2, 60

Target = TypeVar("Target")
Answer = TypeVar("Answer")


class ConnectionState(StrEnum):
    """Where the connection stands."""

    NONE = "none"
    OPENING = "opening"
    OPEN = "open"
    LOST = "lost"


class ReconnectingConnection(QObject, Generic[Target]):
    """Opens, watches and reopens; `changed` comes after state, error or next attempt changed.

    `opened` carries what was opened afresh, `closing` comes before it is given up. A kind of connection
    says how it is opened (`_open`), what to do with what the attempt brought (`_adopt`), and how to
    ask whether it still is there (`check`).

    Args:
        tasks: run all that may take time.
        first_delay: seconds until the first attempt after a loss; doubles up to a minute.
    """

    changed = Signal()
    opened = Signal(object)
    closing = Signal()

    def __init__(self, tasks: Tasks, first_delay: float, parent: QObject | None) -> None:
        super().__init__(parent)
        self.tasks = tasks
        self.state = ConnectionState.NONE
        self.error: RelevoError | None = None
        self.next_attempt: datetime | None = None
        self._first_delay = self._delay = first_delay
        self._attempt: BackgroundTask[Target] | None = None
        self._checking = False
        self._check_timer = QTimer(self)
        self._check_timer.setInterval(WATCH_SECONDS * 1000)
        self._check_timer.timeout.connect(self.check)
        self._retry_timer = QTimer(self)
        self._retry_timer.setSingleShot(True)
        self._retry_timer.timeout.connect(self.retry)

    def retry(self) -> None:
        """Try now what would be tried later: look again, or open again."""
        self._cancel_retry()
        if self._has_target():
            self.check()
        elif self._attempt is None:
            self._open()

    def check(self) -> None:
        """Ask whether it is there, off the GUI thread; never twice at once."""
        raise NotImplementedError

    def report(self, error: RelevoError) -> None:
        """A page met this error; if it may mean a loss, look at once."""
        if isinstance(error, Unavailable) and self.state is ConnectionState.OPEN:
            self.check()

    def _has_target(self) -> bool:
        """Whether something is open, be it lost or not."""
        raise NotImplementedError

    def _open(self) -> None:
        """Open what was wanted last, if anything was."""
        raise NotImplementedError

    def _adopt(self, target: Target) -> None:
        """Take over what an attempt brought, and call `_mark_open`."""
        raise NotImplementedError

    def _is_retryable(self, error: RelevoError) -> bool:
        """Whether trying again by itself may mend this error."""
        return isinstance(error, Unavailable)

    def _start_attempt(
        self,
        attempt: Callable[[Work], Target],
        title: str,
        *,
        on_dropped: Callable[[Target], None],
        routine: bool = False,
    ) -> None:
        self._cancel_retry()
        self._set_state(ConnectionState.OPENING)
        self._attempt = self.tasks.run(
            attempt,
            owner=self,
            title=title,
            on_result=self._adopt,
            on_error=self._failed,
            on_dropped=on_dropped,
            cancellable=True,
            routine=routine,
        )

    def _mark_open(self, opened: object) -> None:
        self._attempt = self.error = None
        self._delay = self._first_delay
        self._check_timer.start()
        self._set_state(ConnectionState.OPEN)
        self.opened.emit(opened)

    def _failed(self, error: RelevoError) -> None:
        self._attempt = None
        self.error = error
        if self._is_retryable(error):
            self._schedule_retry()
        self._set_state(ConnectionState.LOST)

    def _run_check(
        self,
        question: Callable[[], Answer],
        title: str,
        on_result: Callable[[Answer], None],
        on_error: Callable[[RelevoError], None] | None = None,
    ) -> None:
        if self._checking:
            return
        self._checking = True
        self.tasks.run(
            lambda _work: question(),
            owner=self,
            title=title,
            on_result=on_result,
            on_error=on_error,
            on_end=self._check_ended,
            routine=True,
        )

    def _check_ended(self) -> None:
        self._checking = False

    def _stop_trying(self) -> None:
        """Neither look nor try any more; an attempt under way brings nothing."""
        if self._attempt is not None:
            self._attempt.cancel()
            self._attempt = None
        self._check_timer.stop()
        self._cancel_retry()

    def _cancel_retry(self) -> None:
        self._retry_timer.stop()
        self.next_attempt = None

    def _schedule_retry(self) -> None:
        self.next_attempt = datetime.now(UTC) + timedelta(seconds=self._delay)
        self._retry_timer.start(int(self._delay * 1000))
        self._delay = min(self._delay * 2, LONGEST_DELAY)

    def _set_state(self, state: ConnectionState) -> None:
        self.state = state
        self.changed.emit()
