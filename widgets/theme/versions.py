"""The look of each version, fixed by the order in which it was registered.

The colours begin with blue and vermilion of Okabe and Ito's set ("Color Universal Design", 2008). All
have a contrast of at least 3:1 on the light and on the dark background alike, so that one pen serves
both; within that band the first five were searched to lie far apart as protanopes and deuteranopes see
them (CIELAB distance above 20, simulated after Machado et al. 2009). Colour never stands alone: dash
and symbol change with it.
"""

from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor


class Symbol(StrEnum):
    """The shape of a version's points."""

    CIRCLE = "circle"
    SQUARE = "square"
    TRIANGLE = "triangle"
    DIAMOND = "diamond"
    PLUS = "plus"
    CROSS = "cross"
    STAR = "star"


@dataclass(frozen=True, slots=True)
class VersionStyle:
    """How one version is drawn everywhere.

    Attributes:
        colour: `#rrggbb`, readable on both appearances.
        symbol: the shape of its points.
        dash: the dash of its lines.
    """

    colour: str
    symbol: Symbol
    dash: Qt.PenStyle

    @property
    def qcolour(self) -> QColor:
        """The colour as Qt wants it."""
        return QColor(self.colour)


COLOURS = ("#1878be", "#d55e00", "#10a060", "#986080", "#9030f8", "#a67c00", "#2090a0", "#c2457a")
SYMBOLS = tuple(Symbol)
DASHES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DashDotLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotDotLine,
)


def version_style(order: int) -> VersionStyle:
    """The look of the version registered as number `order` (0 for the first).

    Eight colours, seven symbols and five dashes have no common divisor: 280 versions look different.
    """
    return VersionStyle(
        COLOURS[order % len(COLOURS)], SYMBOLS[order % len(SYMBOLS)], DASHES[order % len(DASHES)]
    )
