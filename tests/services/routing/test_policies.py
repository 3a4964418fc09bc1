"""Policies say with which probability each version answers."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from services.errors import InvalidInput
from services.registry.model import Field, Mode, PolicyChoice, Project, Signature, Task, Version
from services.routing import POLICIES, ArmProbabilities, choose, make_policy, validate_policy
from services.store.identifiers import new_ids


def _project(policy: PolicyChoice) -> Project:
    signature = Signature((Field("x", "x"),), Field("y", "y"), Task.REGRESSION)
    versions = tuple(
        Version("wine", name, mode, signature, "", datetime(2026, 1, 1, tzinfo=UTC))
        for name, mode in (("A", Mode.CHALLENGER), ("B", Mode.CHAMPION), ("C", Mode.RETIRED))
    )
    return Project("wine", "B", 2, policy, versions)


def test_the_champion_answers_every_row_with_certainty() -> None:
    arms = make_policy(_project(PolicyChoice())).probabilities()
    choice = choose(arms, new_ids(3))
    assert arms.certain == "B"
    assert choice.arms.tolist() == [0, 0, 0]
    assert choice.propensity.tolist() == [1.0, 1.0, 1.0]


def test_a_policy_that_this_release_does_not_know_leaves_the_champion_in_place() -> None:
    assert make_policy(_project(PolicyChoice("of_the_future"))).probabilities().certain == "B"


@pytest.mark.parametrize("policy", [PolicyChoice("coin"), PolicyChoice("champion", {"epsilon": 0.1})])
def test_a_policy_that_makes_no_sense_is_refused(policy: Any) -> None:
    with pytest.raises(InvalidInput):
        validate_policy(policy)


def test_the_champions_policy_is_accepted() -> None:
    assert validate_policy(PolicyChoice()) == PolicyChoice()


@pytest.mark.parametrize("name", POLICIES)
def test_every_kind_routes_to_versions_in_production_and_refuses_a_parameter_that_is_none(
    name: str,
) -> None:
    project = _project(PolicyChoice(name))
    arms = make_policy(project).probabilities()
    assert set(arms.versions) <= {"A", "B"}
    assert arms.probabilities.sum() == pytest.approx(1)
    again = make_policy(project).probabilities()
    assert (again.versions, again.probabilities.tolist()) == (arms.versions, arms.probabilities.tolist())
    assert validate_policy(PolicyChoice(name)) == PolicyChoice(name)
    with pytest.raises(InvalidInput):
        validate_policy(PolicyChoice(name, {"no such parameter": 1.0}))


@pytest.mark.parametrize(
    ("versions", "probabilities"),
    [(("A", "B"), [0.3, 0.6]), (("A", "B"), [1.5, -0.5]), (("A",), [0.5, 0.5]), (("A", "A"), [0.5, 0.5])],
)
def test_what_is_no_distribution_over_versions_is_refused(
    versions: tuple[str, ...], probabilities: list[float]
) -> None:
    with pytest.raises(ValueError, match="probabilit"):
        ArmProbabilities(versions, np.array(probabilities))
