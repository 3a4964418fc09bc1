"""Two thin lines under the pointer, and the values there."""

from collections.abc import Callable
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF

from widgets.plots.style import line_pen
from widgets.theme import theme

Reading = Callable[[float, float], tuple[str, float, float] | None]
"""From a point of the plot to what is told of it and where the lines cross; None for nothing to tell."""


class Crosshair:
    """Follows the pointer over one plot; `tell` is given the text, empty when the pointer left."""

    def __init__(self, plot: Any, reading: Reading, tell: Callable[[str], None]) -> None:
        self._plot = plot
        self._reading = reading
        self._tell = tell
        self._lines = [pg.InfiniteLine(angle=angle, movable=False) for angle in (90, 0)]
        for line in self._lines:
            line.hide()
            line.setZValue(20)
            plot.addItem(line, ignoreBounds=True)
        self.apply_theme()

    def apply_theme(self) -> None:
        """In the theme's quiet ink."""
        for line in self._lines:
            line.setPen(line_pen(theme().colours.quiet))

    def move(self, scene_position: QPointF) -> bool:
        """The pointer moved; returns whether it is over this plot."""
        box = self._plot.getViewBox()
        if not box.sceneBoundingRect().contains(scene_position) or not self._plot.isVisible():
            self.leave()
            return False
        point = box.mapSceneToView(scene_position)
        found = self._reading(point.x(), point.y())
        if found is None:
            self.leave()
            return False
        text, x, y = found
        for line, place in zip(self._lines, (x, y), strict=True):
            line.setPos(place)
            line.show()
        self._tell(text)
        return True

    def leave(self) -> None:
        """The pointer is elsewhere."""
        for line in self._lines:
            line.hide()
