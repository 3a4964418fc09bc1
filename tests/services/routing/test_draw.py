"""A row's version follows from the probabilities and the row's id, and from nothing else."""

import uuid

import numpy as np
import pytest

from services.routing import ArmProbabilities, choose, uniform
from services.store.identifiers import Ids, new_ids, parse_id

ARMS = ArmProbabilities(("A", "B", "C"), np.array([0.3, 0.7, 0.0]))
ROWS = 100_000


def _ids_of_version_one(count: int) -> Ids:
    node = uuid.uuid1()
    parsed = [parse_id(str(uuid.uuid1(node.node, number % (1 << 14)))) for number in range(count)]
    return np.array(parsed, np.uint64)


@pytest.mark.parametrize("ids", [new_ids(ROWS), _ids_of_version_one(ROWS)], ids=["version 7", "version 1"])
def test_versions_are_drawn_with_their_probabilities(ids: Ids) -> None:
    choice = choose(ARMS, ids)
    shares = np.bincount(choice.arms, minlength=3) / ROWS
    # Five standard deviations of a binomial share.
    assert shares == pytest.approx([0.3, 0.7, 0.0], abs=5 * np.sqrt(0.3 * 0.7 / ROWS))
    assert (
        choice.propensity.tolist() == np.where(choice.arms == 0, np.float32(0.3), np.float32(0.7)).tolist()
    )


def test_an_id_draws_the_same_version_alone_in_another_order_and_again() -> None:
    ids = new_ids(50)
    together = choose(ARMS, ids).arms
    alone = [choose(ARMS, ids[row : row + 1]).arms[0] for row in range(50)]
    assert together.tolist() == alone == choose(ARMS, ids[::-1]).arms[::-1].tolist()


def test_a_draw_is_the_same_in_every_release() -> None:
    ids = np.array([parse_id("01980000-0000-7000-8000-000000000000"), (0, 0)], np.uint64)
    assert uniform(ids).tolist() == [0.9305310403413187, 0.28176129772258496]


def test_no_draw_reaches_a_version_that_has_no_probability() -> None:
    arms = ArmProbabilities(("A", "B", "C"), np.array([0.0, 1.0, 0.0]))
    assert set(choose(arms, new_ids(1000)).arms.tolist()) == {1}
    assert set(choose(arms, np.array([(0, 0), (2**64 - 1, 2**64 - 1)], np.uint64)).arms.tolist()) == {1}


def test_draws_fill_the_range_from_0_to_1_evenly() -> None:
    drawn = uniform(new_ids(ROWS))
    assert drawn.min() >= 0
    assert drawn.max() < 1
    counts = np.histogram(drawn, 20, (0, 1))[0]
    # Chi-squared of 19 degrees of freedom exceeds 60 once in 300,000.
    assert ((counts - ROWS / 20) ** 2 / (ROWS / 20)).sum() < 60
