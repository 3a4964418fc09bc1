"""What a protocol does: read a request into rows, and write their answers or why there are none."""

import typing
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from services.gateway.validation import RequestSchema
from services.http.request import HotRequest
from services.registry.model import Version

Probabilities = Sequence[float]
Value = typing.TypeVar("Value")


@dataclass(slots=True, eq=False)
class PredictionAnswer:
    """What was answered to the n rows of one request, in their order.

    Attributes:
        project: that was asked.
        versions: n names: which version answered each row.
        revisions: n: which revision of it.
        ids: the n prediction ids, as texts.
        predictions: n numbers or class names.
        probabilities: for each row one number a class; None where its model gives none.
        classes: for each row, in the order of its probabilities; empty for regression.
    """

    project: str
    versions: Sequence[str]
    revisions: Sequence[str]
    ids: Sequence[str]
    predictions: Sequence[float | str]
    probabilities: Sequence[Probabilities | None]
    classes: Sequence[tuple[str, ...]]

    @classmethod
    def of_version(
        cls,
        version: Version,
        revision: str,
        ids: Sequence[str],
        predictions: Sequence[float | str],
        *,
        probabilities: Sequence[Probabilities] | None,
        classes: tuple[str, ...],
    ) -> "PredictionAnswer":
        """All rows answered by one version."""
        count = len(ids)
        return cls(
            version.project,
            [version.name] * count,
            [revision] * count,
            ids,
            predictions,
            [None] * count if probabilities is None else probabilities,
            [classes] * count,
        )

    @classmethod
    def merged(cls, parts: Sequence[tuple[Sequence[int], "PredictionAnswer"]]) -> "PredictionAnswer":
        """One answer of parts and the places of their rows, which together are all rows."""
        answers = [answer for _, answer in parts]
        places = [place for taken, _ in parts for place in taken]
        order = sorted(range(len(places)), key=places.__getitem__)

        def in_order(columns: Iterable[Sequence[Value]]) -> list[Value]:
            joined = [value for column in columns for value in column]
            return [joined[index] for index in order]

        return cls(
            answers[0].project,
            in_order(answer.versions for answer in answers),
            in_order(answer.revisions for answer in answers),
            in_order(answer.ids for answer in answers),
            in_order(answer.predictions for answer in answers),
            in_order(answer.probabilities for answer in answers),
            in_order(answer.classes for answer in answers),
        )

    def by_class(self) -> list[dict[str, float] | None]:
        """Each row's probabilities by the names of their classes."""
        return [
            None if row is None else dict(zip(classes, row, strict=True))
            for row, classes in zip(self.probabilities, self.classes, strict=True)
        ]

    def is_of_several(self) -> bool:
        """Whether several versions, or revisions of one, answered."""
        return len(set(self.versions)) > 1 or len(set(self.revisions)) > 1


def named_once(names: Sequence[str]) -> str:
    """The different names among these in order, where a protocol has room for one text only."""
    return ",".join(dict.fromkeys(names))


class ReplyForm(typing.Protocol):
    """How one request is replied to."""

    def reply(self, request: HotRequest, answer: PredictionAnswer) -> None:
        """Write the answer."""

    def refuse(self, request: HotRequest, error: Exception) -> int:
        """Write why there is none; the status that says so."""


class ParsedRequest(NamedTuple):
    """A request, read for the one version that answers it.

    Attributes:
        rows: instances of the schema's struct, at least one.
        ids: prediction ids that the client brought, one a row, not yet checked; None if there are none.
        form: how this request is replied to.
    """

    rows: list[Any]
    ids: Sequence[str] | None
    form: ReplyForm


@dataclass(frozen=True, slots=True, eq=False)
class RequestOutline:
    """A request, read as far as that needs no version: each of its rows may be answered by another.

    Attributes:
        count: of rows, at least one.
        ids: as in `ParsedRequest`.
        form: how this request is replied to.
        rows: the rows at these places, all where they are None, as instances of a version's schema; raises
            InvalidField, which names the place in the whole request.
    """

    count: int
    ids: Sequence[str] | None
    form: ReplyForm
    rows: Callable[[RequestSchema, Sequence[int] | None], list[Any]]

    def parsed(self, schema: RequestSchema) -> ParsedRequest:
        """All rows for one version."""
        return ParsedRequest(self.rows(schema, None), self.ids, self.form)


class PredictionProtocol(typing.Protocol):
    """A way to ask for predictions."""

    def read(self, request: HotRequest, schema: RequestSchema) -> ParsedRequest:
        """A request that one version answers; an error of kind `InvalidInput` says what is wrong."""

    def outline(self, request: HotRequest, inputs: frozenset[str]) -> RequestOutline:
        """A request whose rows may be answered by several versions, of which any has these inputs.

        Raises as `read`.
        """

    def refuse(self, request: HotRequest, error: Exception) -> int:
        """Reply to a request that could not be read, or may not be asked; the status."""
