"""Asking a version's model service, and believing its answer only if it keeps the contract."""

import logging
from dataclasses import dataclass
from time import perf_counter

import msgspec
import numpy as np
from msgspec import Struct

from services.errors import InvalidInput, RelevoError, Unavailable
from services.gateway.request_limits import LONGEST_REVISION
from services.gateway.validation import class_name
from services.http.client import HttpClient, TimedOut
from services.http.errors import error_from
from services.registry.model import Signature, Task, Version
from services.registry.tokens import service_token
from services.store.batches import Categorical, Column, Floats

_logger = logging.getLogger(__name__)
_ROUNDING = 1e-6
"""By how much a probability may lie outside 0 to 1: models round, and JSON rounds again."""


class _Reply(Struct):
    """The contract's answer to `/predict`."""

    predictions: list[float | str | bool]
    revision: str
    probabilities: list[list[float]] | None = None
    classes: list[str | float | bool] | None = None


_reply_decoder = msgspec.json.Decoder(_Reply)


@dataclass(frozen=True, slots=True, eq=False)
class ModelAnswer:
    """A model's answer to n rows, checked.

    Attributes:
        predictions: n numbers or class names.
        probabilities: for each row one number a class, in the order of `classes`; None if it gives none.
        classes: the signature's, for classification; else empty.
        revision: the revision that answered.
        milliseconds: what the call took.
    """

    predictions: list[float] | list[str]
    probabilities: list[list[float]] | None
    classes: tuple[str, ...]
    revision: str
    milliseconds: float

    def predicted(self) -> Column:
        """The predictions as an array, shape (n,)."""
        if not self.classes:
            return np.array(self.predictions, dtype=np.float64)
        codes = {name: code for code, name in enumerate(self.classes)}
        return Categorical(
            np.array([codes[str(name)] for name in self.predictions], dtype=np.int32), self.classes
        )

    def scores(self) -> Floats | None:
        """The probabilities as an array, shape (n, k)."""
        return None if self.probabilities is None else np.array(self.probabilities, dtype=np.float64)


class BrokenAnswer(Unavailable):
    """A model service answered something that breaks the contract."""


class ModelClient:
    """One version's service: where it is, what it wants to see, and what it may answer.

    Args:
        client: connected to the version's endpoint.
        secret: the platform's, from which the service's token is derived.
        seconds: how long an answer may take.
    """

    def __init__(self, client: HttpClient, version: Version, secret: str, *, seconds: float) -> None:
        self.version = version
        self._client = client
        self._seconds = seconds
        token = service_token(secret, version.project, version.name)
        self._headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}

    async def predict(self, body: bytes, count: int) -> ModelAnswer:
        """Ask for `count` rows, encoded as the contract says.

        Raises:
            InvalidInput: the service refuses a value, and says which.
            Unavailable: it is not reached, too slow, fails, or answers rubbish (`BrokenAnswer`).
        """
        began = perf_counter()
        try:
            response = await self._client.request(
                "POST", "/predict", body, self._headers, timeout=self._seconds, repeatable=True
            )
        except Unavailable as error:
            raise self._silent(error) from error
        milliseconds = (perf_counter() - began) * 1000
        if response.status != 200:
            raise self._failure(response.status, response.body)
        return self._checked(response.body, count, milliseconds)

    async def ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        """Any other route of the service; its body, or the error that it answered."""
        try:
            response = await self._client.request(
                method, path, body, self._headers, timeout=self._seconds, repeatable=False
            )
        except Unavailable as error:
            raise self._silent(error) from error
        if response.status >= 400:
            raise error_from(response.status, response.body, who=self._name)
        return response.body

    async def health(self, seconds: float) -> tuple[bool | None, str]:
        """Whether it says that it has loaded a model, and else why not; None if it said neither in time."""
        try:
            response = await self._client.request("GET", "/health", timeout=seconds)
        except TimedOut:
            return None, f"its service said nothing for {seconds:g} seconds"
        except Unavailable:
            return False, "its service cannot be reached"
        if response.status == 200:
            return True, ""
        if response.status == 503:
            return False, "its service has no model loaded"
        return None, f"its service answers /health with status {response.status}"

    @property
    def _name(self) -> str:
        return f"version {self.version.name} of {self.version.project}"

    def _silent(self, error: Unavailable) -> Unavailable:
        """What a client is told of a service that is not reached: nothing of where it is."""
        _logger.warning("%s: %s %s", self._name, error.message, error.details)
        if isinstance(error, TimedOut):
            return Unavailable(f"{self._name} did not answer in time", retry_after=self._seconds)
        return Unavailable(f"{self._name} cannot be reached now")

    def _failure(self, status: int, body: bytes) -> RelevoError:
        error = error_from(status, body, who=self._name)
        if status == 422 and isinstance(error, InvalidInput):
            return error
        _logger.warning("%s answered %d: %s", self._name, status, error.message)
        return Unavailable(f"{self._name} cannot answer now", details=error.message)

    def _checked(self, body: bytes, count: int, milliseconds: float) -> ModelAnswer:
        try:
            return read_reply(body, self.version.signature, count, milliseconds)
        except (ValueError, RecursionError) as error:
            _logger.warning("%s broke the contract: %s", self._name, error)
            raise BrokenAnswer(f"{self._name} cannot answer now", details=str(error)) from error


def read_reply(body: bytes, signature: Signature, count: int, milliseconds: float) -> ModelAnswer:
    """A service's answer to `count` rows, checked; ValueError or RecursionError if it is none."""
    return check_reply(_reply_decoder.decode(body), signature, count, milliseconds)


def check_reply(reply: _Reply, signature: Signature, count: int, milliseconds: float) -> ModelAnswer:
    """The answer in the signature's terms; ValueError says how it breaks the contract."""
    if len(reply.revision) > LONGEST_REVISION:
        raise ValueError(f"a revision of {len(reply.revision):,} characters; at most {LONGEST_REVISION}")
    if len(reply.predictions) != count:
        raise ValueError(f"{len(reply.predictions)} predictions for {count} rows")
    if signature.task is Task.REGRESSION:
        numbers = [value for value in reply.predictions if type(value) is float]
        if len(numbers) != count:
            raise ValueError("a prediction of a regression is not a number")
        return ModelAnswer(numbers, None, (), reply.revision, milliseconds)
    names = [class_name(value) for value in reply.predictions]
    unknown = set(names).difference(signature.classes)
    if unknown:
        raise ValueError(f"class {sorted(unknown)[0]!r} is not in the signature")
    probabilities = _ordered(reply, signature, count) if reply.probabilities is not None else None
    return ModelAnswer(names, probabilities, signature.classes, reply.revision, milliseconds)


def _ordered(reply: _Reply, signature: Signature, count: int) -> list[list[float]]:
    """The probabilities, checked, in the order of the signature's classes."""
    rows = reply.probabilities or []
    classes = signature.classes
    given = classes if reply.classes is None else tuple(class_name(value) for value in reply.classes)
    if set(given) != set(classes) or len(given) != len(classes):
        raise ValueError(f"its classes {list(given)} are not the signature's {list(classes)}")
    if len(rows) != count or any(len(row) != len(classes) for row in rows):
        raise ValueError("the probabilities are not one number for each row and class")
    if any(not -_ROUNDING <= value <= 1 + _ROUNDING for row in rows for value in row):
        raise ValueError("a probability is not between 0 and 1")
    if given == classes:
        return rows
    order = [given.index(name) for name in classes]
    return [[row[index] for index in order] for row in rows]
