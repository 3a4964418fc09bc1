"""One challenger's service, asked in the shadow: what it answers, refuses, and fails at."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Literal

from msgspec import Struct

from services.errors import InvalidInput, RelevoError, Unavailable
from services.gateway.mirroring.challenger_rows import ChallengerInputs, Row
from services.gateway.model_calls import BrokenAnswer, ModelAnswer, read_reply
from services.gateway.records import AnsweredRows, AnswerOrigin
from services.http.client import HttpClient, TimedOut
from services.http.errors import error_from
from services.registry.model import Mode, Signature

_logger = logging.getLogger(__name__)
MOST_ROWS = 256
"""In one call: few enough not to hold the loop for a noticeable time."""
_MOST_PARTS = 40
"""Calls that one lot may take when some of its rows spoil the others' answers."""


class Challenger(Struct, frozen=True):
    """A version that sees the traffic in the shadow.

    Attributes:
        endpoint: its service's address; empty while none has registered.
        token: its service token.
        revision: the desired one.
    """

    project: str
    version: str
    endpoint: str
    token: str
    revision: str
    signature: Signature


@dataclass(slots=True)
class ShadowOutcome:
    """What became of rows, by their places in the question.

    Attributes:
        answered: places and their answer.
        refused: places of rows that the service will never answer.
    """

    answered: list[tuple[range, ModelAnswer]] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)


class Shadow:
    """A challenger as it is asked; on the loop.

    Args:
        challenger: at one state of the registry.
        seconds: how long an answer may take.

    Attributes:
        rows_at_once: how many rows a call should hold; fewer after a call that took too long.
        health: `unknown` before it was first asked.
        errors: calls that failed.
    """

    def __init__(self, challenger: Challenger, seconds: float) -> None:
        self._seconds = seconds
        self._client: HttpClient | None = None
        self._origins: dict[tuple[str, tuple[str, ...], bool], AnswerOrigin] = {}
        self.rows_at_once = MOST_ROWS
        self.health: Literal["ok", "down", "unknown"] = "unknown"
        self.errors = 0
        self.skipped = 0
        self.challenger = challenger
        self.shape = ChallengerInputs(challenger.signature)

    async def follow(self, challenger: Challenger) -> None:
        """The registry says something new of it."""
        moved = challenger.endpoint != self.challenger.endpoint
        self.challenger = challenger
        self.shape = ChallengerInputs(challenger.signature)
        if moved:
            await self.close()

    async def ask(self, rows: Sequence[Row]) -> ShadowOutcome:
        """Ask for rows, none of which lacks an input.

        A row that spoils the answer of others is found by halving. Rows in neither list of the outcome
        are still to be asked.

        Raises:
            Unavailable: it is not reached, too slow, or answers nothing but rubbish.
        """
        outcome = ShadowOutcome()
        try:
            spoiled = await self._divide(rows, outcome)
        except RelevoError as error:
            self._failed(error)
            if not outcome.answered:
                raise
            return outcome
        if outcome.answered:
            outcome.refused += spoiled
        elif spoiled:
            broken = BrokenAnswer(f"{self._name} answers nothing that can be used")
            self._failed(broken)
            raise broken
        self.health = "ok"
        self.rows_at_once = min(MOST_ROWS, self.rows_at_once * 2)
        return outcome

    def answers(
        self, ids: bytes, rows: Sequence[Row], outcome: ShadowOutcome, *, late: bool
    ) -> Iterator[tuple[AnswerOrigin, AnsweredRows]]:
        """What is to be recorded of an outcome; `ids` has 16 bytes for each of the rows asked."""
        for part, answer in outcome.answered:
            yield (
                self._origin(answer, late=late),
                AnsweredRows(
                    ids[16 * part.start : 16 * part.stop],
                    rows[part.start : part.stop],
                    answer.predictions,
                    answer.probabilities,
                    answer.milliseconds,
                    propensity=0.0,
                ),
            )

    async def close(self) -> None:
        """Close the connections; the next question opens new ones."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def _origin(self, answer: ModelAnswer, *, late: bool) -> AnswerOrigin:
        """The same object for the same kind of answers, as recording wants it."""
        kind = (answer.revision, answer.classes, late)
        origin = self._origins.get(kind)
        if origin is None or origin.fields != self.shape.fields:
            origin = self._origins[kind] = AnswerOrigin(
                self.challenger.project,
                self.challenger.version,
                answer.revision,
                Mode.CHALLENGER,
                self.shape.fields,
                answer.classes,
                late,
            )
        return origin

    async def _divide(self, rows: Sequence[Row], outcome: ShadowOutcome) -> list[int]:
        """Ask part after part; the places of single rows that are answered with rubbish."""
        spoiled: list[int] = []
        size = self.rows_at_once
        starts = range(0, len(rows), size)
        parts = [range(start, min(start + size, len(rows))) for start in reversed(starts)]
        for _ in range(len(parts) + _MOST_PARTS):
            if not parts:
                break
            part = parts.pop()
            try:
                outcome.answered.append((part, await self._call(rows[part.start : part.stop])))
            except (InvalidInput, BrokenAnswer) as error:
                middle = (part.start + part.stop) // 2
                if len(part) > 1:
                    parts += [range(middle, part.stop), range(part.start, middle)]
                elif isinstance(error, InvalidInput):
                    _logger.warning("%s refuses a row for good: %s", self._name, error.message)
                    outcome.refused.append(part.start)
                else:
                    spoiled.append(part.start)
        return spoiled

    async def _call(self, rows: Sequence[Row]) -> ModelAnswer:
        body = self.shape.body(rows)
        headers = {
            "content-type": "application/json",
            "authorization": f"Bearer {self.challenger.token}",
        }
        began = perf_counter()
        response = await self._open().request(
            "POST", "/predict", body, headers, timeout=self._seconds, repeatable=True
        )
        milliseconds = (perf_counter() - began) * 1000
        if response.status != 200:
            error = error_from(response.status, response.body, who=self._name)
            refuses = response.status == 422 and isinstance(error, InvalidInput)
            raise error if refuses else Unavailable(f"{self._name}: {error.message}")
        try:
            return read_reply(response.body, self.challenger.signature, len(rows), milliseconds)
        except (ValueError, RecursionError) as error:
            raise BrokenAnswer(f"{self._name} breaks the contract", details=str(error)) from error

    def _open(self) -> HttpClient:
        if self._client is None:
            if not self.challenger.endpoint:
                raise Unavailable(f"no service of {self._name} has registered yet")
            self._client = HttpClient(self.challenger.endpoint, connections=2)
        return self._client

    def _failed(self, error: RelevoError) -> None:
        if self.health != "down":
            _logger.warning(
                "%s fails in the shadow and will catch up: %s %s", self._name, error, error.details
            )
        self.health = "down"
        self.errors += 1
        if isinstance(error, TimedOut):
            self.rows_at_once = max(1, self.rows_at_once // 4)

    @property
    def _name(self) -> str:
        return f"version {self.challenger.version} of {self.challenger.project}"
