"""One class's ROC curves in one subplot."""

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt

from services.evaluation.model import Measure, RocCurve
from widgets.formatting import UNDEFINED, fixed, number
from widgets.plots.style import apply_theme, line_pen, set_axis_title
from widgets.theme import FontSize, VersionStyle, font, theme

Floats = NDArray[np.float64]
POINTS = 1000
WIDTH = 2.0
MAX_LABEL_CHARACTERS = 12

Shown = Mapping[str, tuple[RocCurve, VersionStyle]]


class RocSubplot:
    """Curves of all versions for one class; their AUCs stand in the corner that good curves leave free."""

    def __init__(self, plot: Any, class_name: str, *, named_left: bool, named_below: bool) -> None:
        self._plot = plot
        self._class_name = class_name
        self._named = {"left": named_left, "bottom": named_below}
        self._curves: dict[str, Any] = {}
        self._shown: dict[str, tuple[RocCurve, VersionStyle]] = {}
        self._chance = pg.PlotCurveItem([0.0, 1.0], [0.0, 1.0])
        self._areas = pg.TextItem(anchor=(1, 1))
        self._areas.setPos(1.0, 0.02)
        plot.setLimits(xMin=-0.05, xMax=1.1, yMin=-0.05, yMax=1.05)
        for item in (self._chance, self._areas):
            plot.addItem(item, ignoreBounds=True)
        self.apply_theme()

    def apply_theme(self) -> None:
        """Wear the theme's colours."""
        colours = theme().colours
        self._chance.setPen(line_pen(colours.quiet, Qt.PenStyle.DotLine))
        self._plot.setTitle(
            escape(self._class_name), color=colours.text, size=f"{points(FontSize.NORMAL)}pt"
        )
        if self._named["left"]:
            set_axis_title(self._plot, "left", "True positive rate")
        if self._named["bottom"]:
            set_axis_title(self._plot, "bottom", "False positive rate")
        apply_theme(self._plot)
        self._write()

    def show_curves(self, shown: Shown) -> None:
        """Draw these versions' curves, reusing their items."""
        for name in [name for name in self._curves if name not in shown]:
            self._plot.removeItem(self._curves.pop(name))
        for name, (curve, style) in shown.items():
            if name not in self._curves:
                self._curves[name] = pg.PlotCurveItem(antialias=True)
                self._plot.addItem(self._curves[name], ignoreBounds=True)
            x, y = decimated(curve.false_positive_rate, curve.true_positive_rate, POINTS)
            self._curves[name].setData(x, y, pen=line_pen(style.colour, style.dash, WIDTH))
        self._shown = dict(shown)
        self._write()

    def areas(self) -> str:
        """The AUCs as plain text, as shown in the corner."""
        return "\n".join(f"{name} AUC {area(curve.auc)}" for name, (curve, _) in self._shown.items())

    def read(self, x: float, _y: float) -> tuple[str, float, float] | None:
        """Every version's true positive rate at this false positive rate; lines meet on the first."""
        rates = {name: rate_at(curve, x) for name, (curve, _) in self._shown.items()}
        known = {name: rate for name, rate in rates.items() if rate is not None}
        if not known or not 0 <= x <= 1:
            return None
        told = "   ".join(f"{name} {number(rate, 3)}" for name, rate in known.items())
        return (
            f"{self._class_name} at {number(x, 3)} false positives: {told}",
            x,
            next(iter(known.values())),
        )

    def _write(self) -> None:
        ink = theme().colours.text
        lines = [
            f'<span style="color:{style.colour}">■</span> '
            f'<span style="color:{ink}">{escape(shortened(name))}&nbsp; AUC {area(curve.auc)}</span>'
            for name, (curve, style) in self._shown.items()
        ]
        size = points(FontSize.SMALL)
        text = "<br>".join(lines)
        self._areas.setHtml(f'<div style="font-size:{size}pt; text-align:right">{text}</div>')


def points(size: FontSize) -> str:
    """A font size for HTML, in points."""
    return f"{font(size).pointSizeF():.1f}"


def shortened(name: str) -> str:
    """A name that leaves the corner to the curves; the legend has more of it."""
    return (
        name
        if len(name) <= MAX_LABEL_CHARACTERS
        else f"{name[: MAX_LABEL_CHARACTERS // 2]}…{name[1 - MAX_LABEL_CHARACTERS // 2 :]}"
    )


def area(auc: Measure) -> str:
    """An AUC with its error bound; `–` where it is undefined."""
    if auc.value is None:
        return UNDEFINED
    bound = f" ±{number(auc.error_bound, 1)}" if auc.error_bound else ""
    return fixed(auc.value, 3) + bound


def decimated(x: Floats, y: Floats, limit: int) -> tuple[Floats, Floats]:
    """At most so many points of a curve, evenly along its own length, both ends kept."""
    if x.size <= limit:
        return x, y
    length = np.cumsum(np.abs(np.diff(x, prepend=x[:1])) + np.abs(np.diff(y, prepend=y[:1])))
    picked = np.unique(np.searchsorted(length, np.linspace(0, length[-1], limit)).clip(0, x.size - 1))
    return x[picked], y[picked]


def rate_at(curve: RocCurve, x: float) -> float | None:
    """The true positive rate reached at a false positive rate; None without a curve."""
    if curve.false_positive_rate.size == 0:
        return None
    place = int(np.searchsorted(curve.false_positive_rate, x, side="right")) - 1
    if place < 0 or place + 1 >= curve.false_positive_rate.size:
        return float(curve.true_positive_rate[max(0, min(place, curve.true_positive_rate.size - 1))])
    return float(np.interp(x, curve.false_positive_rate, curve.true_positive_rate))
