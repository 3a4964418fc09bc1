"""A variable over the training set, then, beyond a border, over live time."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from services.evaluation.model import Evolution, Series
from services.instants import EARLIEST, LATEST, instant
from widgets.formatting import clock, count, plural
from widgets.plots.axes import TimeAxis
from widgets.plots.crosshair import Crosshair
from widgets.plots.density import Box
from widgets.plots.legend import LegendEntry
from widgets.plots.panel import PlotPanel
from widgets.plots.series_item import SeriesItem
from widgets.plots.style import set_axis_title
from widgets.theme import Symbol, VersionStyle, theme

# Inputs belong to no version, so they wear none of the versions' colours.
HISTORICAL = VersionStyle("#8b93a0", Symbol.CIRCLE, Qt.PenStyle.SolidLine)
LIVE = VersionStyle("#6d82a2", Symbol.CIRCLE, Qt.PenStyle.SolidLine)
SHARES = (2, 3)
# A burst of requests within a second would leave an axis of fractions that tell nobody anything.
LEAST_SECONDS = 60.0


class EvolutionPlot(PlotPanel):
    """Two plots side by side with one height: the training set by row, live data by time.

    Single rows are points, since a line between them would tell of values that nobody saw; summarised
    rows are a line in the band of their range.

    Both keep an x of their own, because rows of a training set have no time; the border between them
    is where production began.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "Evolution",
            "This variable has no values yet",
            "Its course appears with the training set and the first requests.",
            parent,
        )
        self._evolution: Evolution | None = None
        left = self.add_plot(0, 0)
        right = self.add_plot(0, 1, bottom=TimeAxis("bottom"))
        right.setYLink(left)
        right.getAxis("left").setStyle(showValues=False)
        self.canvas.ci.layout.setSpacing(0)
        for column, share in enumerate(SHARES):
            self.canvas.ci.layout.setColumnStretchFactor(column, share)
        self._parts = {
            "historical": (left, SeriesItem(left, HISTORICAL, as_points=True)),
            "live": (right, SeriesItem(right, LIVE, as_points=True)),
        }
        self.crosshairs += [
            Crosshair(left, self._read_historical, self.readout.setText),
            Crosshair(right, self._read_live, self.readout.setText),
        ]
        set_axis_title(left, "bottom", "Row of the training set")
        set_axis_title(right, "bottom", "Time of the request")
        self.apply_theme()

    def show_evolution(self, evolution: Evolution) -> None:
        """Show it; the same items serve every refresh."""
        if self._evolution is not None and self._evolution.variable != evolution.variable:
            self.touched = False
        self._evolution = evolution
        shown = dict(zip(self._parts, on_common_lanes(evolution), strict=True))
        for key, series in shown.items():
            self._parts[key][1].show(series)
        set_axis_title(self.plots[0], "left", evolution.variable, evolution.unit)
        set_axis_title(self.plots[1], "left", evolution.variable, evolution.unit)
        self.set_entries(
            [
                legend_entry("historical", shown["historical"], HISTORICAL),
                legend_entry("live", shown["live"], LIVE),
            ]
        )
        self._show_lanes(shown["live"].categories)
        self._show_parts()
        self.show_canvas(shown=any(course.extent() for _, course in self._parts.values()))
        self.fit()

    def extent(self, plot: Any) -> Box:
        """The part's own x, and a y that both parts share."""
        boxes = [box for _, course in self._parts.values() if (box := course.extent())]
        own = next(course.extent() for one, course in self._parts.values() if one is plot)
        if not boxes:
            return Box(0.0, 1.0, 0.0, 1.0)
        low, high = min(box.bottom for box in boxes), max(box.top for box in boxes)
        margin = 0.0 if high > low else max(abs(low) * 0.05, 0.5)
        left, right = (own.left, own.right) if own else (0.0, 1.0)
        least = LEAST_SECONDS if plot is self.plots[1] else 1.0
        if right - left < least:
            middle = (left + right) / 2
            left, right = middle - least / 2, middle + least / 2
        return Box(left, right, low - margin, high + margin)

    def show_entry(self, key: str, *, shown: bool) -> None:
        """Show or hide the training set or live data."""
        del key, shown
        self._show_parts()

    def csv_lines(self) -> Sequence[Sequence[str]]:
        """Kind, row or time, and value of every sample."""
        if self._evolution is None:
            return [("data", "row or time", "value")]
        lines = [("data", "row or time", self._evolution.variable)]
        lines += [("historical", f"{x:.0f}", y) for x, y in samples(self._evolution.historical)]
        lines += [("live", _instant_text(x), y) for x, y in samples(self._evolution.live)]
        return lines

    def apply_theme(self) -> None:
        """Wear the theme's colours; the border is the live plot's left axis."""
        super().apply_theme()
        if len(self.plots) == 2:
            self.plots[1].getAxis("left").setPen(pg.mkPen(theme().colours.quiet, width=1))

    def _show_parts(self) -> None:
        """Hide an empty or hidden part; the left axis shows values where no part stands left of it."""
        seen = {
            key: bool(course.extent()) and self.legend.is_shown(key)
            for key, (_, course) in self._parts.items()
        }
        for key, (plot, _) in self._parts.items():
            plot.setVisible(seen[key])
            plot.setMaximumWidth(16777215 if seen[key] else 0)
        alone = not seen["historical"]
        axis = self.plots[1].getAxis("left")
        axis.setStyle(showValues=alone)
        axis.showLabel(show=alone)

    def _show_lanes(self, categories: tuple[str, ...]) -> None:
        ticks = [list(enumerate(categories))] if categories else None
        for plot in self.plots:
            plot.getAxis("left").setTicks(ticks)

    def _read_historical(self, x: float, _y: float) -> tuple[str, float, float] | None:
        found = self._parts["historical"][1].read(x)
        return found and (f"historical row {count(round(found[1]))}: {found[0]}{self._unit()}", *found[1:])

    def _read_live(self, x: float, _y: float) -> tuple[str, float, float] | None:
        found = self._parts["live"][1].read(x)
        if found is None:
            return None
        at = clock(instant(found[1]))
        return f"live, {at}: {found[0]}{self._unit()}", *found[1:]

    def _unit(self) -> str:
        return f" {self._evolution.unit}" if self._evolution and self._evolution.unit else ""


def legend_entry(key: str, series: Series, style: VersionStyle) -> LegendEntry:
    """A part's legend entry, with how many samples it draws."""
    size = int(series.x.size)
    summed = series.low is not None
    told = plural(size, "summary", "summaries") if summed else plural(size, "row")
    label = f"{key.capitalize()}  {told if size else 'no rows yet'}"
    points = not summed or bool(series.categories)
    symbol, dash = (style.symbol, None) if points else (None, style.dash)
    return LegendEntry(key, label, style.colour, dash=dash, symbol=symbol)


def _instant_text(seconds: float) -> str:
    """Unix seconds as ISO 8601; in words where no calendar has them."""
    at = instant(seconds)
    return at.isoformat() if EARLIEST < at < LATEST else clock(at)


def on_common_lanes(evolution: Evolution) -> tuple[Series, Series]:
    """Both parts with codes of one list of categories; as they are for numbers or where they agree."""
    first, second = evolution.historical, evolution.live
    if first.categories == second.categories:
        return first, second
    lanes = tuple(dict.fromkeys((*first.categories, *second.categories)))
    return recoded(first, lanes), recoded(second, lanes)


def recoded(series: Series, lanes: tuple[str, ...]) -> Series:
    """The series with its codes counted in another list of categories."""
    if not series.categories:
        return Series(series.x, series.y, lanes)
    codes = np.array([lanes.index(name) for name in series.categories], dtype=float)
    known = np.isfinite(series.y)
    y = np.full(series.y.shape, np.nan)
    y[known] = codes[series.y[known].astype(int)]
    return Series(series.x, y, lanes)


def samples(series: Series) -> list[tuple[float, str]]:
    """X and the value as text: a number in full, a category's name, nothing where it is missing."""
    found = []
    for x, y in zip(series.x.tolist(), series.y.tolist(), strict=True):
        text = "" if np.isnan(y) else (series.categories[int(y)] if series.categories else repr(y))
        found.append((x, text))
    return found
