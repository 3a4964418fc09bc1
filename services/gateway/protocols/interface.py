"""What a protocol does: read a request into rows, and write their answers or why there are none."""

import typing
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from services.gateway.validation import RequestSchema
from services.http.request import HotRequest
from services.registry.model import Version


@dataclass(slots=True, eq=False)
class PredictionAnswer:
    """What a version answered to the n rows of one request.

    Attributes:
        ids: the n prediction ids, as texts.
        predictions: n numbers or class names.
        probabilities: n lists, one number a class; None where the model gives none.
        classes: in the order of the probabilities; empty for regression.
    """

    version: Version
    revision: str
    ids: Sequence[str]
    predictions: Sequence[float | str]
    probabilities: Sequence[Sequence[float]] | None
    classes: tuple[str, ...]

    def by_class(self) -> list[dict[str, float] | None]:
        """Each row's probabilities by the names of their classes."""
        if self.probabilities is None:
            return [None] * len(self.ids)
        return [dict(zip(self.classes, row, strict=True)) for row in self.probabilities]


class ReplyForm(typing.Protocol):
    """How one request is replied to."""

    def reply(self, request: HotRequest, answered: PredictionAnswer) -> None:
        """Write the answer."""

    def refuse(self, request: HotRequest, error: Exception) -> int:
        """Write why there is none; the status that says so."""


class ParsedRequest(NamedTuple):
    """A request, read.

    Attributes:
        rows: instances of the schema's struct, at least one.
        ids: prediction ids that the client brought, one a row, not yet checked; None if there are none.
        form: how this request is replied to.
    """

    rows: list[Any]
    ids: Sequence[str] | None
    form: ReplyForm


class PredictionProtocol(typing.Protocol):
    """A way to ask for predictions."""

    def read(self, request: HotRequest, schema: RequestSchema) -> ParsedRequest:
        """The request's rows; an error of kind `InvalidInput` says what is wrong with it."""

    def refuse(self, request: HotRequest, error: Exception) -> int:
        """Reply to a request that could not be read, or may not be asked; the status."""
