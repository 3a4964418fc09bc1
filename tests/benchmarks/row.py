"""What a benchmark's row is, and what measuring it gives."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Goal:
    """The figure to reach: at least `value` (or at most, where less is better), in `unit`."""

    value: float
    unit: str = "x"
    at_most: bool = False

    def met(self, figure: float) -> bool:
        """Whether a measured figure reaches it."""
        return figure <= self.value if self.at_most else figure >= self.value

    def text(self) -> str:
        """As the table shows it."""
        return f"{'≤' if self.at_most else '≥'} {self.value:g} {self.unit}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was measured.

    Attributes:
        figure: what the goal is about, in the goal's unit.
        ours, peer: both sides in words, such as `24 ms`.
        error: largest distance from the exact answer, in words, where ours is approximate.
        note: how it was measured, where that is not plain.
    """

    figure: float
    ours: str
    peer: str
    error: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        name: asks for this row on the command line.
        what: what is compared, in words.
        measure: checks that both answers are equal, then measures. It gets the scale: 1 is the size
            that the goal is about, smaller is for trying the benchmark out.
    """

    name: str
    what: str
    goal: Goal
    measure: Callable[[float], Outcome]


class NotHere(Exception):
    """This machine lacks what the row needs; the message says what."""
