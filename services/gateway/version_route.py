"""One version answering: requests become a call of its model, a record, and replies."""

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter
from typing import Any

from services.errors import InvalidInput, RelevoError, Unavailable, Uncertain
from services.gateway.coalescing import Coalescer
from services.gateway.metrics import Metrics
from services.gateway.mirroring import Mirror
from services.gateway.model_calls import ModelAnswer, ModelClient
from services.gateway.outages import Outages
from services.gateway.prediction_ids import fresh_ids, id_texts
from services.gateway.protocols import PredictionAnswer
from services.gateway.recorder import Recorder
from services.gateway.records import AnsweredRows, AnswerOrigin
from services.gateway.repeated_ids import RepeatedIds
from services.gateway.replies import Reply
from services.gateway.validation import RequestSchema
from services.registry.model import Project, Version

_logger = logging.getLogger(__name__)

ASKED_BY_NAME = math.nan
"""The propensity of a row whose client named the version: no policy chose it."""


@dataclass(frozen=True, slots=True)
class AnswerEffects:
    """What happens beside the answer: the record, the shadow, the count, who does not answer."""

    recorder: Recorder
    mirror: Mirror
    metrics: Metrics
    outages: Outages
    repeats: RepeatedIds


def _nothing() -> None:
    """Nobody waits for a request to be settled."""


@dataclass(slots=True, eq=False)
class PendingRequest:
    """What a client asks of one version, checked, waiting for its answer.

    Attributes:
        reply: where the answer goes.
        rows: in the schema's struct.
        ids: 16 bytes a row; None for ids that are made when the rows are recorded.
        brought: whether the client brought the ids.
        propensity: with which the policy chose the version; `ASKED_BY_NAME` if none did.
        began: when it was received, by `perf_counter`.
        settled: called once the request is answered or refused.
    """

    reply: Reply
    rows: list[Any]
    ids: bytes | None
    brought: bool
    propensity: float
    began: float
    settled: Callable[[], None] = _nothing

    @property
    def is_by_name(self) -> bool:
        """Whether the client named the version."""
        return self.propensity is ASKED_BY_NAME

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.rows)


class VersionRoute:
    """A version as requests meet it, at one state of the registry.

    Args:
        project: at that state.
        version: of the project.
        service: None while none has registered.
        effects: what happens beside the answer.
    """

    def __init__(
        self, project: Project, version: Version, service: ModelClient | None, effects: AnswerEffects
    ) -> None:
        self.version = version
        self.project = project
        self._service = service
        self._effects = effects
        self._coalescers: dict[tuple[bool, bool], Coalescer[PendingRequest]] = {}
        self._origins: dict[str, AnswerOrigin] = {}

    @cached_property
    def schema(self) -> RequestSchema:
        """What a request to it may carry; compiled when first asked."""
        return RequestSchema(self.project, self.version)

    def enqueue(self, request: PendingRequest) -> None:
        """Take a request; its request is replied to later.

        Raises:
            Unavailable: no service has registered, or too many requests wait.
        """
        if request.brought:
            self._effects.repeats.ask(self, request)
        else:
            self.enqueue_new(request)

    def enqueue_new(self, request: PendingRequest) -> None:
        """Take a request whose ids nobody has recorded; raises as `enqueue`."""
        self.require_service()
        # Brought ids are recorded apart, and challengers see nothing that was asked by name.
        kind = (request.brought, request.propensity is ASKED_BY_NAME)
        coalescer = self._coalescers.get(kind)
        if coalescer is None:
            coalescer = self._coalescers[kind] = Coalescer(self._answer)
        coalescer.enqueue(request)

    def require_service(self) -> ModelClient:
        """The version's service; Unavailable while none has registered."""
        if self._service is None:
            raise Unavailable(
                f"no service of version {self.version.name} has registered yet", retry_after=5.0
            )
        return self._service

    async def predict_unrecorded(self, body: bytes) -> ModelAnswer:
        """Answer a request of which nothing is kept, and that no challenger sees.

        Raises:
            InvalidInput: the request, or a value of it, is not what the version takes.
            Unavailable: no service has registered, or it cannot answer.
        """
        return await self._call(self.schema.decode(body).rows)

    async def _answer(self, requests: Sequence[PendingRequest]) -> None:
        rows = requests[0].rows if len(requests) == 1 else [row for each in requests for row in each.rows]
        try:
            answer = await self._call(rows)
            self._record(requests, rows, answer)
        except InvalidInput as error:
            # Only one of them may be at fault: the others must not pay for it.
            if len(requests) == 1:
                self._refuse(requests, error)
                return
            half = len(requests) // 2
            await self._answer(requests[:half])
            await self._answer(requests[half:])
        except RelevoError as error:
            self._refuse(requests, error)
        except Exception as error:  # noqa: BLE001 - a bug becomes a 500 of these requests, and is logged
            self._refuse(requests, error)

    async def _call(self, rows: Sequence[Any]) -> ModelAnswer:
        # That none has registered is no failure of a service: it may be starting, see `HealthChecker`.
        service = self.require_service()
        try:
            answer = await service.predict(self.schema.upstream(rows), len(rows))
        except Unavailable as error:
            self._effects.outages.begin(self.version, error.message)
            raise
        self._effects.outages.end(self.version.project, self.version.name)
        return answer

    def _record(self, requests: Sequence[PendingRequest], rows: Sequence[Any], answer: ModelAnswer) -> None:
        answers = AnsweredRows(
            _ids(requests, len(rows)),
            self.schema.values(rows),
            answer.predictions,
            answer.probabilities,
            answer.milliseconds,
            _propensity(requests),
            requests[0].brought,
        )
        origin = self._origin(answer)

        def recorded(error: RelevoError | None) -> None:
            if answers.brought and (error is None or isinstance(error, Uncertain)):
                self._effects.repeats.remember(origin, answers, self.version.signature)
            if error is not None:
                self._refuse(requests, error)
                return
            self._reply(requests, answers, answer)
            if requests[0].propensity is not ASKED_BY_NAME:
                self._effects.mirror.offer(origin, answers)

        self._effects.recorder.record(origin, answers, recorded)

    def _origin(self, answer: ModelAnswer) -> AnswerOrigin:
        origin = self._origins.get(answer.revision)
        if origin is None:
            version = self.version
            origin = self._origins[answer.revision] = AnswerOrigin(
                version.project,
                version.name,
                answer.revision,
                version.mode,
                self.schema.fields,
                answer.classes,
            )
        return origin

    def _reply(
        self, requests: Sequence[PendingRequest], answers: AnsweredRows, answer: ModelAnswer
    ) -> None:
        texts, scores = id_texts(answers.ids), answer.probabilities
        start = 0
        for request in requests:
            end = start + len(request)
            answered = PredictionAnswer.of_version(
                self.version,
                answer.revision,
                texts[start:end],
                answer.predictions[start:end],
                probabilities=None if scores is None else scores[start:end],
                classes=answer.classes,
            )
            start = end
            request.settled()
            request.reply.answer(answered)
            self._count(request, 200)

    def _refuse(self, requests: Sequence[PendingRequest], error: Exception) -> None:
        for request in requests:
            request.settled()
            if not request.reply.given:
                self._count(request, request.reply.refuse(error))
        if not isinstance(error, InvalidInput):
            self._effects.metrics.version_failed(self.version, error)

    def count_refused(self, status: int) -> None:
        """A request was refused before its version was asked."""
        self._effects.metrics.refused(status)

    def _count(self, request: PendingRequest, status: int) -> None:
        seconds = perf_counter() - request.began
        self._effects.metrics.answered(self.version, status, len(request), seconds)


def _ids(requests: Sequence[PendingRequest], count: int) -> bytes:
    """The ids of all rows, made now where none are there yet."""
    if all(request.ids is None for request in requests):
        return fresh_ids(count)
    return b"".join([request.ids or fresh_ids(len(request)) for request in requests])


def _propensity(requests: Sequence[PendingRequest]) -> float | list[float]:
    """Each row's own propensity; one number where they share it."""
    first = requests[0].propensity
    if all(request.propensity is first or request.propensity == first for request in requests):
        return first
    return [request.propensity for request in requests for _ in request.rows]
