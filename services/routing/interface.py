"""What every routing policy can do: say with which probability each version answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from services.registry.model import Project

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class ArmProbabilities:
    """With which probability each version answers a row.

    Attributes:
        versions: k names of versions of one project.
        probabilities: shape (k,), none below 0, together 1.

    Raises:
        ValueError: they are no probabilities of these versions.
    """

    versions: tuple[str, ...]
    probabilities: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Refuse what is no distribution over the versions."""
        if self.probabilities.shape != (len(self.versions),) or len(set(self.versions)) != len(
            self.versions
        ):
            raise ValueError("a policy gives one probability for each of its versions")
        if not (self.probabilities >= 0).all() or abs(self.probabilities.sum() - 1) > _ROUNDING:
            raise ValueError("a policy's probabilities are none below 0, and together 1")

    @classmethod
    def all_to(cls, version: str) -> Self:
        """One version answers every row."""
        return cls((version,), np.ones(1))

    @property
    def certain(self) -> str | None:
        """The version that answers every row; None where that is drawn row by row."""
        return self.versions[0] if len(self.versions) == 1 else None


class Policy(Protocol):
    """A way to route a project's requests, made for the project at one state of the registry.

    It says probabilities and draws nothing: see `services.routing.draw` for how a row's version follows
    from them and from its prediction id.
    """

    def __init__(self, project: Project) -> None:
        """For this project; its parameters have been checked."""

    @staticmethod
    def check(parameters: Mapping[str, Any]) -> None:
        """InvalidInput says which parameter is wrong."""

    def probabilities(self) -> ArmProbabilities:
        """As they are now; asked for each request, so it must be quick."""
