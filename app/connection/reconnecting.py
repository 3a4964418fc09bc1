"""The life of a connection: opening, open, lost, retried by itself; to what, others say."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from app.tasks import Task, Tasks, Work
from services.errors import RelevoError, Unavailable

WATCH_SECONDS = 10
FIRST_DELAY, LONGEST_DELAY = 2, 60

Brought = TypeVar("Brought")
Answer = TypeVar("Answer")


class ConnectionState(StrEnum):
    """Where the connection stands."""

    NONE = "none"
    OPENING = "opening"
    OPEN = "open"
    LOST = "lost"


class ReconnectingConnection(QObject, Generic[Brought]):
    """Opens, watches and reopens; `changed` comes after state, error or next attempt changed.

    `opened` carries what was opened afresh, `closing` comes before it is given up. A kind of connection
    says how it is opened (`_open_again`), what to do with what the attempt brought (`_opened`), and how to
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
        self._attempt: Task[Brought] | None = None
        self._checking = False
        self._look = QTimer(self)
        self._look.setInterval(WATCH_SECONDS * 1000)
        self._look.timeout.connect(self.check)
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self.retry)

    def retry(self) -> None:
        """Try now what would be tried later: look again, or open again."""
        self._wait_no_longer()
        if self._is_there():
            self.check()
        elif self._attempt is None:
            self._open_again()

    def check(self) -> None:
        """Ask whether it is there, off the GUI thread; never twice at once."""
        raise NotImplementedError

    def report(self, error: RelevoError) -> None:
        """A page met this error; if it may mean a loss, look at once."""
        if isinstance(error, Unavailable) and self.state is ConnectionState.OPEN:
            self.check()

    def _is_there(self) -> bool:
        """Whether something is open, be it lost or not."""
        raise NotImplementedError

    def _open_again(self) -> None:
        """Open what was wanted last, if anything was."""
        raise NotImplementedError

    def _opened(self, brought: Brought) -> None:
        """Take over what an attempt brought, and call `_is_open`."""
        raise NotImplementedError

    def _may_return(self, error: RelevoError) -> bool:
        """Whether trying again by itself may mend this error."""
        return isinstance(error, Unavailable)

    def _try(
        self,
        attempt: Callable[[Work], Brought],
        title: str,
        *,
        on_dropped: Callable[[Brought], None],
        routine: bool = False,
    ) -> None:
        self._wait_no_longer()
        self._become(ConnectionState.OPENING)
        self._attempt = self.tasks.run(
            attempt,
            owner=self,
            title=title,
            on_result=self._opened,
            on_error=self._failed,
            on_dropped=on_dropped,
            cancellable=True,
            routine=routine,
        )

    def _is_open(self, opened: object) -> None:
        self._attempt = self.error = None
        self._delay = self._first_delay
        self._look.start()
        self._become(ConnectionState.OPEN)
        self.opened.emit(opened)

    def _failed(self, error: RelevoError) -> None:
        self._attempt = None
        self.error = error
        if self._may_return(error):
            self._plan()
        self._become(ConnectionState.LOST)

    def _ask(
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
            on_end=self._answered,
            routine=True,
        )

    def _answered(self) -> None:
        self._checking = False

    def _stop(self) -> None:
        """Neither look nor try any more; an attempt under way brings nothing."""
        if self._attempt is not None:
            self._attempt.cancel()
            self._attempt = None
        self._look.stop()
        self._wait_no_longer()

    def _wait_no_longer(self) -> None:
        self._again.stop()
        self.next_attempt = None

    def _plan(self) -> None:
        self.next_attempt = datetime.now(UTC) + timedelta(seconds=self._delay)
        self._again.start(int(self._delay * 1000))
        self._delay = min(self._delay * 2, LONGEST_DELAY)

    def _become(self, state: ConnectionState) -> None:
        self.state = state
        self.changed.emit()
