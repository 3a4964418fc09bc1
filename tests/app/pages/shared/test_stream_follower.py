"""Streams on their way to the GUI thread: whole, in order, one at a time, held up when it cannot follow."""

import threading
from collections.abc import Callable, Iterator, Sequence

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.pages.shared.engine.stream_follower import StreamFollower
from app.tasks import Tasks
from services.errors import RelevoError, Unavailable


class Source:
    """A stream of numbers from a thread of its own, as an engine's would come."""

    def __init__(
        self, receive: Callable[[Sequence[int]], None], ended: Callable[[RelevoError | None], None]
    ) -> None:
        self._receive, self._ended = receive, ended
        self.closed = threading.Event()
        self.sent = 0
        self._threads: list[threading.Thread] = []

    def send(self, count: int, *, end: bool = False, error: RelevoError | None = None) -> None:
        """Send so many numbers, one at a time."""

        def work() -> None:
            for _ in range(count):
                self._receive((self.sent,))
                self.sent += 1
            if end:
                self._ended(error)

        self._threads.append(threading.Thread(target=work))
        self._threads[-1].start()

    def close(self) -> None:
        self.closed.set()
        for thread in self._threads:
            thread.join()


class Gathered:
    """What a follower brought."""

    def __init__(self, tasks: Tasks, parent: QObject, **named: object) -> None:
        self.items: list[int] = []
        self.parts: list[int] = []
        self.ends: list[RelevoError | None] = []
        self.sources: list[Source] = []
        self.follower: StreamFollower[int] = StreamFollower(
            tasks, self._take, self.ends.append, parent, **named
        )

    def follow(self) -> None:
        def opened(receive: object, ended: object) -> Source:
            self.sources.append(Source(receive, ended))
            return self.sources[-1]

        self.follower.follow("Following", opened)

    def _take(self, part: Sequence[int]) -> None:
        self.items += part
        self.parts.append(len(part))


@pytest.fixture
def parent(qapp: QObject) -> Iterator[QObject]:
    made = QObject()
    yield made
    made.deleteLater()


@pytest.fixture
def tasks(qapp: QObject) -> Iterator[Tasks]:
    made = Tasks()
    yield made
    made.close()


def test_everything_arrives_in_order_and_the_end_comes_last(
    tasks: Tasks, parent: QObject, qtbot: QtBot
) -> None:
    gathered = Gathered(tasks, parent, part=100)
    gathered.follow()
    qtbot.waitUntil(lambda: len(gathered.sources) == 1)
    gathered.sources[0].send(1000, end=True)
    qtbot.waitUntil(lambda: gathered.ends == [None])
    assert gathered.items == list(range(1000))
    assert max(gathered.parts) <= 100
    assert not gathered.follower.following
    qtbot.waitUntil(gathered.sources[0].closed.is_set)


def test_nothing_of_an_earlier_stream_arrives_after_the_next_began(
    tasks: Tasks, parent: QObject, qtbot: QtBot
) -> None:
    gathered = Gathered(tasks, parent)
    gathered.follow()
    qtbot.waitUntil(lambda: len(gathered.sources) == 1)
    gathered.sources[0].send(10_000, end=True)
    gathered.follow()
    gathered.items.clear()
    qtbot.waitUntil(lambda: len(gathered.sources) == 2)
    gathered.sources[1].send(3)
    qtbot.waitUntil(lambda: gathered.items == [0, 1, 2])
    qtbot.waitUntil(gathered.sources[0].closed.is_set)
    assert gathered.ends == []
    gathered.follower.stop()
    qtbot.waitUntil(gathered.sources[1].closed.is_set)


def test_a_stream_is_held_up_while_nobody_can_take_more(
    tasks: Tasks, parent: QObject, qtbot: QtBot
) -> None:
    ready = threading.Event()
    gathered = Gathered(tasks, parent, held=5, part=5, ready=ready.is_set)
    gathered.follow()
    qtbot.waitUntil(lambda: len(gathered.sources) == 1)
    gathered.sources[0].send(100, end=True)
    qtbot.waitUntil(lambda: gathered.sources[0].sent >= 5)
    qtbot.wait(50)
    assert gathered.sources[0].sent <= 6
    ready.set()
    qtbot.waitUntil(lambda: gathered.ends == [None])
    assert gathered.items == list(range(100))


def test_leaving_lets_a_stream_go_that_was_held_up(tasks: Tasks, parent: QObject, qtbot: QtBot) -> None:
    gathered = Gathered(tasks, parent, held=1, ready=lambda: False)
    gathered.follow()
    qtbot.waitUntil(lambda: len(gathered.sources) == 1)
    gathered.sources[0].send(1000)
    gathered.follower.stop()
    qtbot.waitUntil(gathered.sources[0].closed.is_set)


def test_what_breaks_a_stream_or_keeps_it_from_opening_is_told(
    tasks: Tasks, parent: QObject, qtbot: QtBot
) -> None:
    gathered = Gathered(tasks, parent)
    broken = Unavailable("the engine went away")
    gathered.follow()
    qtbot.waitUntil(lambda: len(gathered.sources) == 1)
    gathered.sources[0].send(2, end=True, error=broken)
    qtbot.waitUntil(lambda: gathered.ends == [broken])

    def refused(_receive: object, _ended: object) -> Source:
        raise broken

    gathered.follower.follow("Following", refused)
    qtbot.waitUntil(lambda: gathered.ends == [broken, broken])
