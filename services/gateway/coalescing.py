"""Requests that arrive together are asked together: one call of a model for many clients.

Nothing waits on purpose. While fewer than `MOST_CALLS` calls are under way, what one turn of the loop
brought goes out at the end of that turn; beyond that, requests gather until a call comes back. So a
single client sees no delay, and under load the calls grow as fast as the model needs them to.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

from services.errors import Unavailable

MOST_CALLS = 4
MOST_ROWS = 2_000
MOST_WAITING_ROWS = 100_000


class Sized(Protocol):
    """Something that stands for a number of rows."""

    def __len__(self) -> int:
        """How many rows."""


Question = TypeVar("Question", bound=Sized)


class Coalescer(Generic[Question]):
    """Gathers questions into calls; lives in one loop.

    Args:
        call: answers the questions it is given, whatever happens; raises nothing.
    """

    def __init__(self, call: Callable[[list[Question]], Awaitable[None]]) -> None:
        self._call = call
        self._waiting: deque[Question] = deque()
        self._waiting_rows = 0
        self._running: set[asyncio.Task[None]] = set()
        self._scheduled = False

    def enqueue(self, question: Question) -> None:
        """Take a question; Unavailable if too many wait already."""
        if self._waiting_rows > MOST_WAITING_ROWS:
            raise Unavailable("too many requests are waiting", retry_after=1.0)
        self._waiting.append(question)
        self._waiting_rows += len(question)
        if not self._scheduled and len(self._running) < MOST_CALLS:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._start)

    def _start(self) -> None:
        self._scheduled = False
        while self._waiting and len(self._running) < MOST_CALLS:
            task = asyncio.get_running_loop().create_task(self._run(self._next_call()))
            self._running.add(task)
            task.add_done_callback(self._ended)

    def _next_call(self) -> list[Question]:
        """As many waiting questions as one call may hold, at least one."""
        questions = [self._waiting.popleft()]
        rows = len(questions[0])
        while self._waiting and rows + len(self._waiting[0]) <= MOST_ROWS:
            questions.append(self._waiting.popleft())
            rows += len(questions[-1])
        self._waiting_rows -= rows
        return questions

    async def _run(self, questions: list[Question]) -> None:
        await self._call(questions)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not self._scheduled:
            self._start()
