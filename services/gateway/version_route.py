"""One version answering: questions become a call of its model, a record, and replies."""

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter
from typing import Any

import numpy as np

from services.errors import InvalidInput, RelevoError, Unavailable
from services.gateway.coalescing import Coalescer
from services.gateway.metrics import Metrics
from services.gateway.mirroring import Mirror
from services.gateway.model_calls import ModelAnswer, ModelService
from services.gateway.protocols import PredictionAnswer, ReplyForm
from services.gateway.recorder import Recorder
from services.gateway.records import AnsweredRows, AnswerOrigin
from services.gateway.validation import RequestSchema
from services.http.request import HotRequest
from services.registry.model import Project, Version
from services.store.identifiers import new_ids

_logger = logging.getLogger(__name__)

ASKED_BY_NAME = math.nan
"""The propensity of a row whose client named the version: no policy chose it."""


@dataclass(frozen=True, slots=True)
class AnswerEffects:
    """What happens beside the answer: the record, the shadow, the count."""

    recorder: Recorder
    mirror: Mirror
    metrics: Metrics


@dataclass(slots=True, eq=False)
class PendingRequest:
    """A client's request, checked, waiting for its answer.

    Attributes:
        rows: in the schema's struct.
        ids: 16 bytes a row if the client brought them.
        propensity: with which the policy chose the version; `ASKED_BY_NAME` if none did.
        began: when it was received, by `perf_counter`.
        form: how it is replied to.
    """

    request: HotRequest
    rows: list[Any]
    ids: bytes | None
    propensity: float
    began: float
    form: ReplyForm

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
        self, project: Project, version: Version, service: ModelService | None, effects: AnswerEffects
    ) -> None:
        self.version = version
        self._project = project
        self._service = service
        self._effects = effects
        self._coalescers: dict[tuple[bool, bool], Coalescer[PendingRequest]] = {}
        self._origins: dict[str, AnswerOrigin] = {}

    @cached_property
    def schema(self) -> RequestSchema:
        """What a request to it may carry; compiled when first asked."""
        return RequestSchema(self._project, self.version)

    def enqueue(self, question: PendingRequest) -> None:
        """Take a question; its request is replied to later.

        Raises:
            Unavailable: no service has registered, or too many requests wait.
        """
        if self._service is None:
            raise self._nobody()
        # One batch is recorded with one propensity, and apart from ids that clients brought.
        kind = (question.ids is not None, question.propensity is ASKED_BY_NAME)
        coalescer = self._coalescers.get(kind)
        if coalescer is None:
            coalescer = self._coalescers[kind] = Coalescer(self._answer)
        coalescer.enqueue(question)

    async def predict_unrecorded(self, body: bytes) -> ModelAnswer:
        """Answer a request of which nothing is kept, and that no challenger sees.

        Raises:
            InvalidInput: the request, or a value of it, is not what the version takes.
            Unavailable: no service has registered, or it cannot answer.
        """
        return await self._call(self.schema.decode(body).rows)

    async def _answer(self, questions: Sequence[PendingRequest]) -> None:
        rows = (
            questions[0].rows if len(questions) == 1 else [row for each in questions for row in each.rows]
        )
        try:
            answer = await self._call(rows)
            self._record(questions, rows, answer)
        except InvalidInput as error:
            # Only one of them may be at fault: the others must not pay for it.
            if len(questions) == 1:
                self._refuse(questions, error)
                return
            half = len(questions) // 2
            await self._answer(questions[:half])
            await self._answer(questions[half:])
        except RelevoError as error:
            self._refuse(questions, error)
        except Exception as error:  # noqa: BLE001 - a bug becomes a 500 of these requests, and is logged
            self._refuse(questions, error)

    async def _call(self, rows: Sequence[Any]) -> ModelAnswer:
        if self._service is None:
            raise self._nobody()
        return await self._service.predict(self.schema.upstream(rows), len(rows))

    def _nobody(self) -> Unavailable:
        return Unavailable(f"no service of version {self.version.name} has registered yet", retry_after=5.0)

    def _record(
        self, questions: Sequence[PendingRequest], rows: Sequence[Any], answer: ModelAnswer
    ) -> None:
        brought = questions[0].ids is not None
        ids = b"".join([each.ids or b"" for each in questions]) if brought else _fresh_ids(len(rows))
        answers = AnsweredRows(
            ids,
            self.schema.values(rows),
            answer.predictions,
            answer.probabilities,
            answer.milliseconds,
            questions[0].propensity,
            brought,
        )
        origin = self._origin(answer)

        def recorded(error: RelevoError | None) -> None:
            if error is not None:
                self._refuse(questions, error)
                return
            self._reply(questions, answers, answer)
            if answers.propensity > 0:
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
        self, questions: Sequence[PendingRequest], answers: AnsweredRows, answer: ModelAnswer
    ) -> None:
        texts, scores = _id_texts(answers.ids), answer.probabilities
        start = 0
        for question in questions:
            end = start + len(question)
            answered = PredictionAnswer(
                self.version,
                answer.revision,
                texts[start:end],
                answer.predictions[start:end],
                None if scores is None else scores[start:end],
                answer.classes,
            )
            start = end
            question.form.reply(question.request, answered)
            self._count(question, 200)

    def _refuse(self, questions: Sequence[PendingRequest], error: Exception) -> None:
        for question in questions:
            if not question.request.answered:
                self._count(question, question.form.refuse(question.request, error))
        if not isinstance(error, InvalidInput):
            self._effects.metrics.version_failed(self.version, error)

    def _count(self, question: PendingRequest, status: int) -> None:
        seconds = perf_counter() - question.began
        self._effects.metrics.answered(self.version, status, len(question), seconds)


def _fresh_ids(count: int) -> bytes:
    """`count` new prediction ids, 16 big-endian bytes each."""
    return new_ids(count).astype(np.dtype(">u8")).tobytes()


def _id_texts(ids: bytes) -> list[str]:
    """The 36-character texts of ids."""
    text = ids.hex()
    return [
        f"{text[at : at + 8]}-{text[at + 8 : at + 12]}-{text[at + 12 : at + 16]}"
        f"-{text[at + 16 : at + 20]}-{text[at + 20 : at + 32]}"
        for at in range(0, len(text), 32)
    ]
