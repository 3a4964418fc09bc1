"""Predicted against real values of several versions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from services.evaluation.model import Pairs
from widgets.formatting import count, number
from widgets.plots.cloud import Cloud
from widgets.plots.crosshair import Crosshair
from widgets.plots.density import Box, DensityPyramid, bounds
from widgets.plots.legend import LegendEntry
from widgets.plots.look import line_pen, name_axis
from widgets.plots.panel import PlotPanel
from widgets.plots.spread import Spread
from widgets.theme import theme, version_style


class PredictedRealPlot(PlotPanel):
    """Points around the identity line, one colour and symbol per version.

    Where the real values are few, each version's points stand in a column of their own beside the value;
    the axis says so, and readout and CSV tell the true values.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "Predicted against real",
            "No row has both a prediction and its true value yet",
            "Points appear as labels arrive.",
            parent,
        )
        self._pairs: dict[str, Pairs] = {}
        self._clouds: dict[str, Cloud] = {}
        self._orders: dict[str, int] = {}
        self._unit = ""
        self._spread: Spread | None = None
        self._plot = self.add_plot(0, 0)
        self._identity = pg.InfiniteLine(pos=(0, 0), angle=45, movable=False)
        self._identity.setZValue(10)
        self._plot.addItem(self._identity, ignoreBounds=True)
        self.crosshairs.append(Crosshair(self._plot, self._read, self.readout.setText))
        self.dress()

    def show_pairs(
        self, pairs: Mapping[str, Pairs], orders: Mapping[str, int], *, target: str, unit: str = ""
    ) -> None:
        """Show each version's pairs; `orders` gives each version's order of registration."""
        self._drop_strangers(pairs, orders)
        spread = Spread.of(pairs)
        for name, one in pairs.items():
            if self._pairs.get(name) is not one or self._spread != spread:
                self._pairs[name] = one
                x = one.real if spread is None else spread.placed(name, one)
                self._cloud(name).set_data(DensityPyramid(x, one.predicted))
        self._spread = spread
        self._unit = unit
        self._name_real_axis(target)
        name_axis(self._plot, "left", f"Predicted {target}", unit)
        self.set_entries([self._entry(name) for name in self._pairs])
        for name, cloud in self._clouds.items():
            cloud.set_visible(visible=self.legend.is_shown(name))
        self.show_canvas(shown=any(cloud.pyramid.size for cloud in self._clouds.values()))
        self.fit()

    def extent(self, _plot: Any) -> Box:
        """All points, and as much of the identity line."""
        boxes = [cloud.pyramid.box for cloud in self._clouds.values() if cloud.pyramid.size]
        ends = [(min(box.left, box.bottom), max(box.right, box.top)) for box in boxes] or [(0.0, 1.0)]
        box = bounds(np.array(ends).ravel(), np.array(ends).ravel())
        return Box(box.left, box.right, box.left, box.right)

    def show_entry(self, key: str, *, shown: bool) -> None:
        """Show or hide a version's points."""
        self._clouds[key].set_visible(visible=shown)

    def csv_lines(self) -> Sequence[Sequence[str]]:
        """Version, real and predicted value of every point."""
        lines = [("version", "real", "predicted")]
        for name, pairs in self._pairs.items():
            values = zip(pairs.real.tolist(), pairs.predicted.tolist(), strict=True)
            lines += [(name, repr(real), repr(predicted)) for real, predicted in values]
        return lines

    def dress(self) -> None:
        """Wear the theme's colours."""
        super().dress()
        if hasattr(self, "_identity"):
            self._identity.setPen(line_pen(theme().colours.quiet, Qt.PenStyle.DashLine))

    def _drop_strangers(self, pairs: Mapping[str, Pairs], orders: Mapping[str, int]) -> None:
        """Take out versions that are gone, or whose style changed."""
        for name in list(self._clouds):
            if name not in pairs or orders.get(name) != self._orders.get(name):
                self._clouds.pop(name).remove()
                self._pairs.pop(name)
        self._orders = dict(orders)

    def _name_real_axis(self, target: str) -> None:
        """Say when points stand beside their values, and mark these."""
        axis, spread = self._plot.getAxis("bottom"), self._spread
        beside = "" if spread is None else ", versions side by side at each value"
        name_axis(self._plot, "bottom", f"Real {target}{beside}", self._unit)
        axis.setTicks(None if spread is None else [[(value, number(value)) for value in spread.values]])

    def _cloud(self, name: str) -> Cloud:
        if name not in self._clouds:
            self._clouds[name] = Cloud(self._plot, version_style(self._orders.get(name, 0)))
        return self._clouds[name]

    def _entry(self, name: str) -> LegendEntry:
        style = version_style(self._orders.get(name, 0))
        pairs = self._pairs[name]
        shown = int(pairs.real.size)
        rows = count(shown) if shown >= pairs.total else f"{count(shown)} of {count(pairs.total)}"
        return LegendEntry(name, f"{name}  {rows} rows", style.colour, symbol=style.symbol)

    def _read(self, x: float, y: float) -> tuple[str, float, float]:
        unit = f" {self._unit}" if self._unit else ""
        real = x if self._spread is None else self._spread.value(x)
        off = number(y - real, 3)
        return f"real {number(real)}{unit}   predicted {number(y)}{unit}   off by {off}{unit}", x, y
