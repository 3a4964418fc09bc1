"""One font in three sizes, with figures of equal width, on a grid of eight pixels."""

from enum import Enum

from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

GRID = 8
"""Pixels; margins and gaps are multiples of it (or its half, inside one control)."""


class FontSize(Enum):
    """The three sizes, as factors of the platform's own."""

    SMALL = 0.88
    NORMAL = 1.0
    LARGE = 1.4


def font(size: FontSize = FontSize.NORMAL, *, bold: bool = False) -> QFont:
    """The application's font in one of its sizes, with tabular figures."""
    made = QFont(QApplication.font())
    made.setPointSizeF(made.pointSizeF() * size.value)
    made.setFeature(QFont.Tag("tnum"), 1)
    if bold:
        made.setWeight(QFont.Weight.DemiBold)
    return made
