"""Where the answers to a client's request go: to the client, whole, or first to where its parts meet."""

from collections.abc import Sequence
from typing import Protocol

from services.gateway.protocols import PredictionAnswer, ReplyForm
from services.http.request import HotRequest


class Reply(Protocol):
    """What is owed to a client for some rows."""

    @property
    def given(self) -> bool:
        """Whether the client has been answered already, with these rows or for others."""

    def answer(self, answer: PredictionAnswer) -> None:
        """A version has answered these rows, and they are recorded."""

    def refuse(self, error: Exception) -> int:
        """These rows are not answered: the client is told why, unless it has been; the status."""


class WholeReply:
    """Of a request that one version answers.

    Args:
        request: to be replied to.
        form: how.
    """

    __slots__ = ("_form", "_request")

    def __init__(self, request: HotRequest, form: ReplyForm) -> None:
        self._request = request
        self._form = form

    @property
    def given(self) -> bool:
        """Whether the request has been replied to."""
        return self._request.answered

    def answer(self, answer: PredictionAnswer) -> None:
        """Reply with the answer."""
        self._form.reply(self._request, answer)

    def refuse(self, error: Exception) -> int:
        """Reply with the error."""
        return self._form.refuse(self._request, error)


class SplitReply:
    """Of a request whose rows several versions answer: given once all have, or the first one fails.

    Rows that one version has answered stay recorded when another fails: a client that brings its own ids
    asks again for the same rows.

    Args:
        whole: the reply to the request, or to some of its rows.
        parts: how many versions answer.
    """

    def __init__(self, whole: Reply, parts: int) -> None:
        self.whole = whole
        self._parts = parts
        self._answers: list[tuple[Sequence[int], PredictionAnswer]] = []

    def part(self, places: Sequence[int]) -> "PartialReply":
        """What is owed for the rows at these places."""
        return PartialReply(self, places)

    def collect(self, places: Sequence[int], answer: PredictionAnswer) -> None:
        """One version's answer; the last one completes the reply."""
        self._answers.append((places, answer))
        if len(self._answers) == self._parts and not self.whole.given:
            self.whole.answer(PredictionAnswer.merged(self._answers))


class PartialReply:
    """One version's part of a `SplitReply`."""

    __slots__ = ("_places", "_split")

    def __init__(self, split: SplitReply, places: Sequence[int]) -> None:
        self._split = split
        self._places = places

    @property
    def given(self) -> bool:
        """Whether the request has been replied to."""
        return self._split.whole.given

    def answer(self, answer: PredictionAnswer) -> None:
        """Keep the answer until the others are there."""
        self._split.collect(self._places, answer)

    def refuse(self, error: Exception) -> int:
        """Reply with the error, for the whole request."""
        return self._split.whole.refuse(error)
