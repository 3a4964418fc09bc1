"""One stream of one container at a time, brought to the GUI thread in parts that it can digest."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from app.cross_thread_queue import CrossThreadQueue
from app.tasks import Task, Tasks
from services.errors import RelevoError

T = TypeVar("T")


class Closable(Protocol):
    """A stream of an engine."""

    def close(self) -> None:
        """End it; waits for its thread."""


C = TypeVar("C", bound=Closable)
STEP_MILLISECONDS = 15
HELD, PART = 20_000, 2_000

Receive = Callable[[Sequence[T]], None]
Ended = Callable[[RelevoError | None], None]


class StreamFollower(QObject, Generic[T]):
    """Opens and closes streams off the GUI thread; nothing of an earlier one arrives after the next began.

    Args:
        received: called on the GUI thread with each part.
        ended: called on it once, when the stream ends by itself or cannot be opened.
        held: items that may wait for the GUI thread before the stream is held up.
        part: items that the GUI thread takes at once.
        ready: whether it can take more now.
    """

    _told = Signal()
    _over = Signal(object, object)

    def __init__(
        self,
        tasks: Tasks,
        received: Receive[T],
        ended: Ended,
        parent: QObject,
        *,
        held: int = HELD,
        part: int = PART,
        ready: Callable[[], bool] = lambda: True,
    ) -> None:
        super().__init__(parent)
        self._held, self._part, self._ready = held, part, ready
        self._tasks = tasks
        self._received = received
        self._ended = ended
        self._inbox: CrossThreadQueue[T] | None = None
        self._stream: Closable | None = None
        self._opening: Task[Any] | None = None
        self._end: tuple[RelevoError | None] | None = None
        self._step = QTimer(self)
        self._step.setInterval(STEP_MILLISECONDS)
        self._step.timeout.connect(self._take)
        self._told.connect(self._step.start)
        self._over.connect(self._stream_over)

    @property
    def following(self) -> bool:
        """Whether a stream is open or being opened."""
        return self._inbox is not None and self._end is None

    def follow(
        self,
        title: str,
        open_stream: Callable[[Receive[T], Ended], C],
        on_open: Callable[[C], None] | None = None,
    ) -> None:
        """Leave what was followed, and follow what `open_stream` opens.

        Args:
            title: of the task that opens it.
            open_stream: called off the GUI thread, with what takes each part and the end.
            on_open: called on the GUI thread with what was opened.
        """
        self.leave()
        inbox: CrossThreadQueue[T] = CrossThreadQueue(self._told.emit, most=self._held)
        self._inbox = inbox
        self._opening = self._tasks.run(
            lambda _work: open_stream(inbox.extend, lambda error: self._over.emit(inbox, error)),
            owner=self,
            title=title,
            on_result=lambda stream: self._opened(inbox, stream, on_open),
            on_error=lambda error: self._stream_over(inbox, error),
            on_dropped=lambda stream: stream.close(),
            routine=True,
        )

    def leave(self) -> None:
        """Follow nothing; the stream is closed off the GUI thread."""
        inbox, self._inbox = self._inbox, None
        stream, self._stream = self._stream, None
        opening, self._opening = self._opening, None
        self._end = None
        self._step.stop()
        if inbox is not None:
            inbox.close()
        if opening is not None:
            opening.cancel()
        if stream is not None:
            self._tasks.run(
                lambda _work: stream.close(), owner=self._tasks, title="Closing a stream", routine=True
            )

    def _opened(self, inbox: CrossThreadQueue[T], stream: C, on_open: Callable[[C], None] | None) -> None:
        if inbox is self._inbox:
            self._opening = None
            self._stream = stream
            if on_open is not None:
                on_open(stream)

    def _stream_over(self, inbox: CrossThreadQueue[T], error: RelevoError | None) -> None:
        if inbox is self._inbox:
            self._end = (error,)
            self._step.start()

    def _take(self) -> None:
        inbox = self._inbox
        if inbox is None:
            self._step.stop()
            return
        if not self._ready():
            return
        part = inbox.take(self._part)
        if part:
            self._received(part)
        if inbox is self._inbox and inbox.empty:
            self._step.stop()
            if self._end is not None:
                error, self._end = self._end[0], None
                self.leave()
                self._ended(error)
