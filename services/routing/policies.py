"""The policies by name; a new kind is a class here or beside it, and a line in `_KINDS`."""

from collections.abc import Callable

import numpy as np

from services.errors import InvalidInput
from services.registry import model
from services.routing.interface import Choice, Policy


class ChampionPolicy:
    """A/B in the shadow: the champion answers every row, challengers see all of them behind it."""

    def __init__(self, project: model.Project) -> None:
        self._versions = (project.champion,)
        # Most requests carry one row; theirs is made once, since it is on every request's way.
        self._one = self._choice(1)

    def choose(self, count: int) -> Choice:
        """The champion, with certainty."""
        return self._one if count == 1 else self._choice(count)

    def _choice(self, count: int) -> Choice:
        return Choice(self._versions, np.zeros(count, np.int64), np.ones(count, np.float32))


_KINDS: dict[str, Callable[[model.Project], Policy]] = {"champion": ChampionPolicy}


def known_policies() -> tuple[str, ...]:
    """The names of all policies."""
    return tuple(sorted(_KINDS))


def validate_policy(policy: model.Policy) -> model.Policy:
    """Return the policy unchanged, or raise InvalidInput saying what is wrong with it."""
    if policy.name not in _KINDS:
        known = ", ".join(known_policies())
        raise InvalidInput(f"policy {policy.name!r} is not known", remedy=f"Choose one of: {known}.")
    if policy.parameters:
        names = ", ".join(sorted(policy.parameters))
        raise InvalidInput(f"policy {policy.name!r} takes no parameters, but got: {names}")
    return policy


def make_policy(project: model.Project) -> Policy:
    """The project's policy, ready to choose; one that this release does not know is the champion's."""
    return _KINDS.get(project.policy.name, ChampionPolicy)(project)
