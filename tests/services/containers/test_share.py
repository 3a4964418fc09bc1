"""One step's progress as the part of a longer work that it is."""

import pytest

from services.containers.interface import share
from services.errors import Cancelled


def test_a_step_is_told_as_its_part_of_the_whole() -> None:
    told: list[tuple[float | None, str]] = []
    step = share(lambda fraction, text: told.append((fraction, text)), 0.5, 0.75)
    for fraction in (0.0, 0.5, 1.0):
        step(fraction, "pulling")
    assert told == [(0.5, "pulling"), (0.625, "pulling"), (0.75, "pulling")]


def test_a_step_that_does_not_know_how_far_it_is_leaves_the_whole_where_it_stood() -> None:
    told: list[float | None] = []
    step = share(lambda fraction, _text: told.append(fraction), 0.2, 0.6)
    for fraction in (None, 0.5, None):
        step(fraction, "waiting")
    assert told == pytest.approx([0.2, 0.4, 0.4])


def test_shares_lie_within_shares() -> None:
    told: list[float | None] = []
    inner = share(share(lambda fraction, _text: told.append(fraction), 0.5, 1.0), 0.5, 1.0)
    for fraction in (None, 1.0):
        inner(fraction, "building")
    assert told == pytest.approx([0.75, 1.0])


def test_cancelling_reaches_the_step() -> None:
    def cancel(_fraction: float | None, _text: str) -> None:
        raise Cancelled("stopped by the user")

    with pytest.raises(Cancelled):
        share(cancel, 0.0, 1.0)(0.5, "pulling")
