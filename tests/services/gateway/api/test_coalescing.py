"""Questions gather into calls without waiting on purpose."""

import asyncio

import pytest

from services.errors import Unavailable
from services.gateway import coalescing
from services.gateway.coalescing import MOST_CALLS, Coalescer


async def _turns(count: int = 3) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


class _Model:
    """Holds calls until it is let go."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.free = asyncio.Event()

    async def __call__(self, questions: list[str]) -> None:
        self.calls.append(list(questions))
        await self.free.wait()


def test_what_one_turn_brings_goes_out_together_and_at_once() -> None:
    async def scenario() -> list[list[str]]:
        model = _Model()
        coalescer = Coalescer(model)
        for question in ("a", "b", "c"):
            coalescer.enqueue(question)
        await _turns()
        model.free.set()
        return model.calls

    assert asyncio.run(scenario()) == [["a", "b", "c"]]


def test_beyond_the_most_calls_questions_gather_until_one_comes_back() -> None:
    async def scenario() -> tuple[list[list[str]], list[list[str]]]:
        model = _Model()
        coalescer = Coalescer(model)
        for question in "abcdefgh":
            coalescer.enqueue(question)
            await _turns()
        held = list(model.calls)
        model.free.set()
        await _turns(6)
        return held, model.calls

    held, calls = asyncio.run(scenario())
    assert held == [[letter] for letter in "abcdefgh"[:MOST_CALLS]]
    assert calls[MOST_CALLS:] == [list("efgh")]


def test_a_call_holds_no_more_rows_than_it_may_but_at_least_one_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(coalescing, "MOST_ROWS", 4)

    async def scenario() -> list[list[str]]:
        model = _Model()
        coalescer = Coalescer(model)
        for question in ("xxxxxx", "aa", "bb", "c"):
            coalescer.enqueue(question)
        await _turns()
        model.free.set()
        await _turns()
        return model.calls

    assert asyncio.run(scenario()) == [["xxxxxx"], ["aa", "bb"], ["c"]]


def test_more_than_can_wait_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalescing, "MOST_WAITING_ROWS", 2)

    async def scenario() -> None:
        coalescer = Coalescer(_Model())
        coalescer.enqueue("aaa")
        with pytest.raises(Unavailable, match="too many"):
            coalescer.enqueue("b")

    asyncio.run(scenario())
