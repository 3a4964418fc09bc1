"""Predicted against real values of several versions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from services.evaluation.model import Pairs
from widgets.formatting import count, number
from widgets.plots.crosshair import Crosshair
from widgets.plots.density import Box, DensityPyramid, bounds
from widgets.plots.density_scatter import DensityScatter
from widgets.plots.dodge import Dodge
from widgets.plots.legend import LegendEntry
from widgets.plots.panel import PlotPanel
from widgets.plots.style import line_pen, set_axis_title
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
        self._scatters: dict[str, DensityScatter] = {}
        self._orders: dict[str, int] = {}
        self._unit = ""
        self._dodge: Dodge | None = None
        self._plot = self.add_plot(0, 0)
        self._identity = pg.InfiniteLine(pos=(0, 0), angle=45, movable=False)
        self._identity.setZValue(10)
        self._plot.addItem(self._identity, ignoreBounds=True)
        self.crosshairs.append(Crosshair(self._plot, self._read, self.readout.setText))
        self.apply_theme()

    def show_pairs(
        self, pairs: Mapping[str, Pairs], orders: Mapping[str, int], *, target: str, unit: str = ""
    ) -> None:
        """Show each version's pairs; `orders` gives each version's order of registration."""
        self._drop_strangers(pairs, orders)
        dodge = Dodge.of(pairs)
        for name, one in pairs.items():
            if self._pairs.get(name) is not one or self._dodge != dodge:
                self._pairs[name] = one
                x = one.real if dodge is None else dodge.placed(name, one)
                self._scatter(name).set_data(DensityPyramid(x, one.predicted))
        self._dodge = dodge
        self._unit = unit
        self._name_real_axis(target)
        set_axis_title(self._plot, "left", f"Predicted {target}", unit)
        self.set_entries([self._entry(name) for name in self._pairs])
        for name, scatter in self._scatters.items():
            scatter.set_visible(visible=self.legend.is_shown(name))
        self.show_canvas(shown=any(scatter.pyramid.size for scatter in self._scatters.values()))
        self.fit()

    def extent(self, _plot: Any) -> Box:
        """All points, and as much of the identity line."""
        boxes = [scatter.pyramid.box for scatter in self._scatters.values() if scatter.pyramid.size]
        ends = [(min(box.left, box.bottom), max(box.right, box.top)) for box in boxes] or [(0.0, 1.0)]
        box = bounds(np.array(ends).ravel(), np.array(ends).ravel())
        return Box(box.left, box.right, box.left, box.right)

    def show_entry(self, key: str, *, shown: bool) -> None:
        """Show or hide a version's points."""
        self._scatters[key].set_visible(visible=shown)

    def csv_lines(self) -> Sequence[Sequence[str]]:
        """Version, real and predicted value of every point."""
        lines = [("version", "real", "predicted")]
        for name, pairs in self._pairs.items():
            values = zip(pairs.real.tolist(), pairs.predicted.tolist(), strict=True)
            lines += [(name, repr(real), repr(predicted)) for real, predicted in values]
        return lines

    def apply_theme(self) -> None:
        """Wear the theme's colours."""
        super().apply_theme()
        if hasattr(self, "_identity"):
            self._identity.setPen(line_pen(theme().colours.quiet, Qt.PenStyle.DashLine))

    def _drop_strangers(self, pairs: Mapping[str, Pairs], orders: Mapping[str, int]) -> None:
        """Take out versions that are gone, or whose style changed."""
        for name in list(self._scatters):
            if name not in pairs or orders.get(name) != self._orders.get(name):
                self._scatters.pop(name).remove()
                self._pairs.pop(name)
        self._orders = dict(orders)

    def _name_real_axis(self, target: str) -> None:
        """Say when points stand beside their values, and mark these."""
        axis, dodge = self._plot.getAxis("bottom"), self._dodge
        beside = "" if dodge is None else ", versions side by side at each value"
        set_axis_title(self._plot, "bottom", f"Real {target}{beside}", self._unit)
        axis.setTicks(None if dodge is None else [[(value, number(value)) for value in dodge.values]])

    def _scatter(self, name: str) -> DensityScatter:
        if name not in self._scatters:
            self._scatters[name] = DensityScatter(self._plot, version_style(self._orders.get(name, 0)))
        return self._scatters[name]

    def _entry(self, name: str) -> LegendEntry:
        style = version_style(self._orders.get(name, 0))
        pairs = self._pairs[name]
        shown = int(pairs.real.size)
        rows = count(shown) if shown >= pairs.total else f"{count(shown)} of {count(pairs.total)}"
        return LegendEntry(name, f"{name}  {rows} rows", style.colour, symbol=style.symbol)

    def _read(self, x: float, y: float) -> tuple[str, float, float]:
        unit = f" {self._unit}" if self._unit else ""
        real = x if self._dodge is None else self._dodge.value(x)
        off = number(y - real, 3)
        return f"real {number(real)}{unit}   predicted {number(y)}{unit}   off by {off}{unit}", x, y
