"""Answers requests in batches: what arrives in one turn of the loop, or during a prediction, together."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any, NamedTuple

import msgspec

from services.errors import RelevoError
from services.http.errors import InvalidField, answer_for
from services.http.request import HotRequest
from services.model_server.loading import LoadedModel
from services.model_server.predictor import ModelAnswers

_ROWS = 4096
_REQUESTS = 128
_LARGE = 256 << 10
_INLINE_SECONDS = 0.002
_SHORTER_SHARE = 0.5
_LONGER_SHARE = 0.05


class _Waiting(NamedTuple):
    request: HotRequest
    prepared: Any
    rows: int


class _Reply(NamedTuple):
    status: int
    body: bytes
    headers: Sequence[tuple[str, str]] = ()


class Pace:
    """What calls have taken, by order of magnitude of their rows; tells what the next will take.

    A call that was interrupted, or waited for another thread, seems longer than it is: a shorter time is
    believed at once, a longer one only when it comes again and again.
    """

    def __init__(self) -> None:
        self._seconds: dict[int, float] = {}

    def note(self, rows: int, seconds: float) -> None:
        """A call with so many rows took so long."""
        size = rows.bit_length()
        before = self._seconds.get(size, seconds)
        share = _SHORTER_SHARE if seconds < before else _LONGER_SHARE
        self._seconds[size] = before + share * (seconds - before)

    def expected(self, rows: int) -> float:
        """Seconds that a call with so many rows will take; infinite while nothing comparable is known."""
        size = rows.bit_length()
        for known in range(size, 0, -1):
            if known in self._seconds:
                return self._seconds[known] * 2.0 ** (size - known)
        return float("inf")


class Batcher:
    """Answers `/predict` for one loaded model.

    A batch is asked in the loop's thread where that takes less than two milliseconds, and in the
    executor otherwise, so that the loop never waits long.

    Args:
        executor: one thread of its own; a model that is not thread-safe is asked there only.
    """

    def __init__(self, model: LoadedModel, executor: Executor) -> None:
        self._model = model
        self._executor = executor
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[_Waiting] = deque()
        self._running = False
        self._pace = Pace()
        tail = {"classes": list(model.deploy.signature.classes) or None, "revision": model.revision}
        self._tail = b"," + msgspec.json.encode(tail)[1:]
        self._encode = msgspec.json.Encoder().encode

    def submit(self, request: HotRequest) -> None:
        """Answer a request, soon; what is wrong with it is answered at once."""
        if len(request.body) > _LARGE:
            future = self._loop.run_in_executor(self._executor, self._answer_large, request.body)
            future.add_done_callback(partial(self._large_answered, request))
            return
        try:
            rows = self._model.decoder.decode(request.body)
        except RelevoError as error:
            _send(request, _refusal(error))
            return
        self._waiting.append(_Waiting(request, self._model.predictor.prepare(rows), len(rows)))
        if not self._running:
            self._running = True
            self._loop.call_soon(self._run)

    def _run(self) -> None:
        """Answer the next batch; then the one after it, until nobody waits."""
        batch = self._next_batch()
        if not batch:
            self._running = False
            return
        if self._may_run_inline(batch):
            self._send_all(batch, self._answer(batch))
            return
        future = self._loop.run_in_executor(self._executor, self._answer, batch)
        future.add_done_callback(lambda done: self._send_all(batch, done.result()))

    def _next_batch(self) -> list[_Waiting]:
        """The requests that have waited longest: as many as share a call, or as fit into one turn."""
        shareable = self._model.predictor.shareable
        batch: list[_Waiting] = []
        rows, seconds = 0, 0.0
        while self._waiting and len(batch) < _REQUESTS:
            first = self._waiting[0]
            seconds += self._pace.expected(first.rows)
            if batch and (rows + first.rows > _ROWS or not (shareable or seconds < _INLINE_SECONDS)):
                break
            self._waiting.popleft()
            if not first.request.disconnected:
                batch.append(first)
                rows += first.rows
        return batch

    def _may_run_inline(self, batch: list[_Waiting]) -> bool:
        predictor = self._model.predictor
        if not predictor.threadsafe:
            return False
        if predictor.shareable:
            return self._pace.expected(sum(waiting.rows for waiting in batch)) < _INLINE_SECONDS
        return sum(self._pace.expected(waiting.rows) for waiting in batch) < _INLINE_SECONDS

    def _send_all(self, batch: list[_Waiting], replies: list[_Reply]) -> None:
        for waiting, reply in zip(batch, replies, strict=True):
            _send(waiting.request, reply)
        self._running = bool(self._waiting)
        if self._running:
            self._loop.call_soon(self._run)

    # From here on in any thread

    def _answer(self, batch: list[_Waiting]) -> list[_Reply]:
        """A reply for each of the batch, in order; raises nothing."""
        predictor = self._model.predictor
        if not predictor.shareable or len(batch) < 2:
            return [self._answer_one(waiting.prepared, waiting.rows) for waiting in batch]
        try:
            answers = self._timed(predictor.join([w.prepared for w in batch]), sum(w.rows for w in batch))
        except Exception:  # noqa: BLE001 - asked again one by one, so that each learns of its own
            return [self._answer_one(waiting.prepared, waiting.rows) for waiting in batch]
        replies, start = [], 0
        for waiting in batch:
            replies.append(_Reply(200, self._body(answers, start, start + waiting.rows)))
            start += waiting.rows
        return replies

    def _answer_one(self, prepared: Any, rows: int) -> _Reply:
        try:
            return _Reply(200, self._body(self._timed(prepared, rows), 0, rows))
        except (ValueError, OverflowError) as error:
            return _refusal(
                InvalidField(f"the model cannot predict these values: {error}", field="instances")
            )
        except Exception as error:  # noqa: BLE001 - logged there, and told as `internal`
            return _refusal(error)

    def _answer_large(self, body: bytes) -> _Reply:
        try:
            rows = self._model.decoder.decode(body)
        except RelevoError as error:
            return _refusal(error)
        return self._answer_one(self._model.predictor.prepare(rows), len(rows))

    def _timed(self, prepared: Any, rows: int) -> ModelAnswers:
        start = time.perf_counter()
        answers = self._model.predictor.answer(prepared)
        self._pace.note(rows, time.perf_counter() - start)
        return answers

    def _body(self, answers: ModelAnswers, start: int, stop: int) -> bytes:
        predictions = self._encode(answers.predictions[start:stop])
        given = answers.probabilities
        probabilities = b"null" if given is None else self._encode(given[start:stop])
        return b'{"predictions":%b,"probabilities":%b%b' % (predictions, probabilities, self._tail)

    def _large_answered(self, request: HotRequest, done: "asyncio.Future[_Reply]") -> None:
        _send(request, done.result())


def _refusal(error: Exception) -> _Reply:
    answer = answer_for(error)
    return _Reply(answer.status, answer.body, answer.headers)


def _send(request: HotRequest, reply: _Reply) -> None:
    request.reply(reply.status, reply.body, headers=reply.headers)
