"""The policies by name; a new kind is a class here or beside it, and a line in `POLICIES`."""

from collections.abc import Mapping
from typing import Any

from services.errors import InvalidInput
from services.registry import model
from services.routing.interface import ArmProbabilities, Policy


class ChampionPolicy:
    """A/B in the shadow: the champion answers every row, challengers see all of them behind it."""

    def __init__(self, project: model.Project) -> None:
        self._probabilities = ArmProbabilities.all_to(project.champion)

    @staticmethod
    def check(parameters: Mapping[str, Any]) -> None:
        """It takes no parameters."""
        if parameters:
            names = ", ".join(sorted(parameters))
            raise InvalidInput(f"policy 'champion' takes no parameters, but got: {names}")

    def probabilities(self) -> ArmProbabilities:
        """All to the champion."""
        return self._probabilities


POLICIES: dict[str, type[Policy]] = {"champion": ChampionPolicy}


def known_policies() -> tuple[str, ...]:
    """The names of all policies."""
    return tuple(sorted(POLICIES))


def validate_policy(policy: model.PolicyChoice) -> model.PolicyChoice:
    """Return the policy unchanged, or raise InvalidInput saying what is wrong with it."""
    if policy.name not in POLICIES:
        known = ", ".join(known_policies())
        raise InvalidInput(f"policy {policy.name!r} is not known", remedy=f"Choose one of: {known}.")
    POLICIES[policy.name].check(policy.parameters)
    return policy


def make_policy(project: model.Project) -> Policy:
    """The project's policy, ready to route; one that this release does not know is the champion's."""
    return POLICIES.get(project.policy.name, ChampionPolicy)(project)
