"""What a container used over the last minutes: processor, memory, network and disk on one time axis."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from services.containers.model import ContainerUsage
from services.instants import instant
from widgets.formatting import number, plural, size
from widgets.plots.axes import TimeAxis
from widgets.plots.crosshair import Crosshair
from widgets.plots.decimation import nearest_index
from widgets.plots.density import Box
from widgets.plots.legend import LegendEntry
from widgets.plots.panel import PlotPanel
from widgets.plots.style import line_pen, set_axis_title

Floats = NDArray[np.float64]
SPAN_SECONDS = 300.0
HEADROOM = 1.15
AXIS = 56
# Containers are not versions, so they wear none of the versions' colours.
FIRST, SECOND = "#64748b", "#b0762c"


@dataclass(frozen=True, slots=True)
class UsageMeasure:
    """One curve.

    Attributes:
        plot: which of the plots it is drawn in.
        least: what the plot's height shows at least, so that noise near zero does not fill it.
    """

    key: str
    label: str
    plot: int
    unit: str
    colour: str = FIRST
    dash: Qt.PenStyle = Qt.PenStyle.SolidLine
    least: float = 1.0


MEASURES = (
    UsageMeasure("processor", "Processor", 0, "%", least=5.0),
    UsageMeasure("memory", "Memory", 1, "MB", least=16.0),
    UsageMeasure("received", "Received", 2, "kB/s"),
    UsageMeasure("sent", "Sent", 2, "kB/s", SECOND, Qt.PenStyle.DashLine),
    UsageMeasure("read", "Read", 3, "kB/s"),
    UsageMeasure("written", "Written", 3, "kB/s", SECOND, Qt.PenStyle.DashLine),
)
TITLES = (
    ("Processor", "%"),
    ("Memory", "MB"),
    ("Network", "kB/s"),
    ("Disk", "kB/s"),
)


def courses(readings: Sequence[ContainerUsage]) -> tuple[Floats, dict[str, Floats]]:
    """Times in Unix seconds, shape (n,), and each measure's values, shape (n,), in its unit.

    Network and disk are told as totals; they become rates between one reading and the next, NaN for the
    first and where a total fell because the container had started again.
    """
    times = np.array([reading.at.timestamp() for reading in readings])
    values = {
        "processor": np.array([reading.processor for reading in readings]),
        "memory": np.array([reading.memory / 1e6 for reading in readings]),
    }
    for key in ("received", "sent", "read", "written"):
        values[key] = rates(times, np.array([float(getattr(reading, key)) for reading in readings])) / 1e3
    return times, values


def rates(times: Floats, totals: Floats) -> Floats:
    """Growth per second since the reading before; NaN where there is none, or it fell."""
    found = np.full(totals.shape, np.nan)
    if totals.size > 1:
        passed, grown = np.diff(times), np.diff(totals)
        right = (passed > 0) & (grown >= 0)
        found[1:][right] = grown[right] / passed[right]
    return found


class UsagePlot(PlotPanel):
    """Four plots with one time axis; the newest reading stands at the right edge. 100 % is one core."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "Usage", "Nothing measured yet", "A running container is measured once a second.", parent
        )
        self._times: Floats = np.empty(0)
        self._values: dict[str, Floats] = {}
        for place, (title, unit) in enumerate(TITLES):
            plot = self.add_plot(0, place, bottom=TimeAxis("bottom"))
            set_axis_title(plot, "left", title, unit)
            plot.getAxis("left").setWidth(AXIS)
            if place:
                plot.setXLink(self.plots[0])
            self.crosshairs.append(Crosshair(plot, self._reader(place), self.readout.setText))
        self._curves = {measure.key: self._curve(measure) for measure in MEASURES}
        self.set_entries(
            [
                LegendEntry(measure.key, measure.label, measure.colour, dash=measure.dash)
                for measure in MEASURES
                if measure.plot > 1
            ]
        )
        self.apply_theme()

    def show_usage(self, readings: Sequence[ContainerUsage]) -> None:
        """Show these readings, oldest first; the same items serve every time."""
        self._times, self._values = courses(readings)
        for key, curve in self._curves.items():
            curve.setData(self._times, self._values[key], connect="finite")
        self.show_canvas(shown=len(readings) > 0)
        self.fit()

    def extent(self, plot: Any) -> Box:
        """The last minutes, from zero to a little over the highest value."""
        place = self.plots.index(plot)
        newest = float(self._times[-1]) if self._times.size else 0.0
        oldest = max(newest - SPAN_SECONDS, float(self._times[0]) if self._times.size else 0.0)
        left = min(oldest, newest - SPAN_SECONDS / 5)
        seen = self._times >= left
        tops = [measure.least for measure in MEASURES if measure.plot == place]
        for measure in MEASURES:
            values = self._values.get(measure.key, np.empty(0))
            if measure.plot == place and values.size and np.isfinite(values[seen]).any():
                tops.append(float(np.nanmax(values[seen])))
        return Box(left, newest, 0.0, max(tops) * HEADROOM)

    def show_entry(self, key: str, *, shown: bool) -> None:
        """Show or hide a curve."""
        self._curves[key].setVisible(shown)

    def csv_lines(self) -> Sequence[Sequence[str]]:
        """Time and every measure, one reading a line."""
        head = ["time", *(f"{measure.key} ({measure.unit})" for measure in MEASURES)]
        lines = [head]
        for row, at in enumerate(self._times.tolist()):
            values = [self._values[measure.key][row] for measure in MEASURES]
            told = ["" if np.isnan(value) else repr(float(value)) for value in values]
            lines.append([instant(at).isoformat(), *told])
        return lines

    def _curve(self, measure: UsageMeasure) -> Any:
        pen = line_pen(measure.colour, measure.dash, width=1.5)
        item = pg.PlotCurveItem(pen=pen, antialias=True)
        self.plots[measure.plot].addItem(item)
        return item

    def _reader(self, place: int) -> Any:
        def read(x: float, _y: float) -> tuple[str, float, float] | None:
            row = nearest_index(self._times, x)
            if row is None:
                return None
            found = [m for m in MEASURES if m.plot == place and np.isfinite(self._values[m.key][row])]
            if not found:
                return None
            told = ", ".join(
                f"{m.label} {number(float(self._values[m.key][row]), 3)} {m.unit}" for m in found
            )
            at = instant(float(self._times[row])).astimezone()
            height = float(self._values[found[0].key][row])
            return f"{at:%H:%M:%S}: {told}", float(self._times[row]), height

        return read


def now_in_words(readings: Sequence[ContainerUsage]) -> str:
    """The newest reading in a line; empty without one."""
    if not readings:
        return ""
    newest = readings[-1]
    parts = [f"Processor {number(newest.processor, 3)} %", f"Memory {size(newest.memory)}"]
    if newest.memory_limit:
        parts[-1] += f" of {size(newest.memory_limit)}"
    parts.append(plural(newest.processes, "process", "processes"))
    parts += [f"received {size(newest.received)}", f"sent {size(newest.sent)}"]
    return " · ".join(parts)
