"""What every routing policy can do."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Which version answers each of n rows.

    Attributes:
        versions: the names of the arms that `arms` indexes.
        arms: shape (n,): the index of each row's version.
        propensity: shape (n,), float32: the probability with which that version was chosen.
    """

    versions: tuple[str, ...]
    arms: NDArray[np.int64]
    propensity: NDArray[np.float32]

    @property
    def single(self) -> str | None:
        """The one version that answers every row, or None when rows go to several."""
        return self.versions[0] if len(self.versions) == 1 else None


class Policy(Protocol):
    """Chooses a version for each row of a request; may be called from one thread at a time."""

    def choose(self, count: int) -> Choice:
        """The versions that answer `count` rows, drawn independently."""
