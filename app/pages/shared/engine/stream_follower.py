"""One stream of one container at a time, brought to the GUI thread in parts that it can digest."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from app.cross_thread_queue import CrossThreadQueue
from app.tasks import BackgroundTask, Tasks
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

    _items_waiting = Signal()
    _stream_ended = Signal(object, object)

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
        self._queue: CrossThreadQueue[T] | None = None
        self._stream: Closable | None = None
        self._opening: BackgroundTask[Any] | None = None
        self._end: tuple[RelevoError | None] | None = None
        self._delivery_timer = QTimer(self)
        self._delivery_timer.setInterval(STEP_MILLISECONDS)
        self._delivery_timer.timeout.connect(self._deliver)
        self._items_waiting.connect(self._delivery_timer.start)
        self._stream_ended.connect(self._end_stream)

    @property
    def following(self) -> bool:
        """Whether a stream is open or being opened."""
        return self._queue is not None and self._end is None

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
        self.stop()
        queue: CrossThreadQueue[T] = CrossThreadQueue(self._items_waiting.emit, maximum=self._held)
        self._queue = queue
        self._opening = self._tasks.run(
            lambda _work: open_stream(queue.extend, lambda error: self._stream_ended.emit(queue, error)),
            owner=self,
            title=title,
            on_result=lambda stream: self._opened(queue, stream, on_open),
            on_error=lambda error: self._end_stream(queue, error),
            on_dropped=lambda stream: stream.close(),
            routine=True,
        )

    def stop(self) -> None:
        """Follow nothing; the stream is closed off the GUI thread."""
        queue, self._queue = self._queue, None
        stream, self._stream = self._stream, None
        opening, self._opening = self._opening, None
        self._end = None
        self._delivery_timer.stop()
        if queue is not None:
            queue.close()
        if opening is not None:
            opening.cancel()
        if stream is not None:
            self._tasks.run(
                lambda _work: stream.close(), owner=self._tasks, title="Closing a stream", routine=True
            )

    def _opened(self, queue: CrossThreadQueue[T], stream: C, on_open: Callable[[C], None] | None) -> None:
        if queue is self._queue:
            self._opening = None
            self._stream = stream
            if on_open is not None:
                on_open(stream)

    def _end_stream(self, queue: CrossThreadQueue[T], error: RelevoError | None) -> None:
        if queue is self._queue:
            self._end = (error,)
            self._delivery_timer.start()

    def _deliver(self) -> None:
        queue = self._queue
        if queue is None:
            self._delivery_timer.stop()
            return
        if not self._ready():
            return
        part = queue.drain(self._part)
        if part:
            self._received(part)
        if queue is self._queue and queue.empty:
            self._delivery_timer.stop()
            if self._end is not None:
                error, self._end = self._end[0], None
                self.stop()
                self._ended(error)
