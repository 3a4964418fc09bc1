"""Policies choose versions, and say with which probability they did."""

from datetime import UTC, datetime
from typing import Any

import pytest

from services.errors import InvalidInput
from services.registry.model import Field, Mode, Policy, Project, Signature, Task, Version
from services.routing import make_policy, validate_policy


def _project(policy: Policy) -> Project:
    signature = Signature((Field("x", "x"),), Field("y", "y"), Task.REGRESSION)
    versions = tuple(
        Version("wine", name, mode, signature, "", datetime(2026, 1, 1, tzinfo=UTC))
        for name, mode in (("A", Mode.CHALLENGER), ("B", Mode.CHAMPION))
    )
    return Project("wine", "B", 2, policy, versions)


def test_the_champion_answers_every_row_with_certainty() -> None:
    choice = make_policy(_project(Policy())).choose(3)
    assert choice.single == "B"
    assert choice.arms.tolist() == [0, 0, 0]
    assert choice.propensity.tolist() == [1.0, 1.0, 1.0]


def test_a_policy_that_this_release_does_not_know_leaves_the_champion_in_place() -> None:
    assert make_policy(_project(Policy("of_the_future"))).choose(1).single == "B"


@pytest.mark.parametrize("policy", [Policy("coin"), Policy("champion", {"epsilon": 0.1})])
def test_a_policy_that_makes_no_sense_is_refused(policy: Any) -> None:
    with pytest.raises(InvalidInput):
        validate_policy(policy)


def test_the_champions_policy_is_accepted() -> None:
    assert validate_policy(Policy()) == Policy()
