"""Panning and zooming plots of millions: frames from the change of the view to the painted pixels."""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QWidget

from services.evaluation.model import Evolution, Pairs, Series
from tests.benchmarks.row import Goal, Outcome, Row
from tests.benchmarks.timing import in_words
from widgets.plots import EvolutionPlot, PredictedRealPlot
from widgets.plots.decimated_line import DecimatedLine
from widgets.plots.decimation import MinMaxPyramid
from widgets.plots.density import DensityGrid, DensityPyramid
from widgets.theme import theme

Floats = NDArray[np.float64]
NONE = np.empty(0)
SIZE = (1280, 720)
FRAMES = 80
STEP = 0.01
ZOOM = 0.93


def measure_pan(scale: float) -> Outcome:
    """Frames while panning, to and fro."""
    return _course(scale, lambda box, number: box.translateBy(x=_step(box, number)))


def measure_zoom(scale: float) -> Outcome:
    """Frames while zooming, in and out."""
    return _course(scale, lambda box, number: box.scaleBy((ZOOM if number < FRAMES / 2 else 1 / ZOOM, 1)))


def measure_scatter(scale: float) -> Outcome:
    """A scatter of points, panned here and in pyqtgraph's own item with its default, fastest settings."""
    size = int(1_000_000 * scale)
    random = np.random.default_rng(2)
    real = random.normal(size=size)
    predicted = real + random.normal(size=size) * 0.5
    _check_counts(real, predicted)
    with _shown(PredictedRealPlot()) as plot:
        plot.show_pairs({"A": Pairs(real, predicted, size)}, {"A": 0}, target="quality")
        ours = _frames(plot.plots[0].getViewBox(), _pan, FRAMES)
    with _shown(pg.PlotWidget()) as peer:
        peer.addItem(pg.ScatterPlotItem(real, predicted, size=5, pen=None, brush="#1878be"))
        theirs = _frames(peer.getViewBox(), _pan, 6)
    mine, other = statistics.median(ours), statistics.median(theirs)
    return Outcome(
        figure=other / mine,
        ours=f"{in_words(mine)} a frame",
        peer=f"{in_words(other)} a frame",
        error="every point counted once; drawn as density in cells of two pixels",
        note="medians; zoomed in to 3,000 points or fewer, each is drawn by itself",
    )


def _course(scale: float, move: Callable[[Any, int], None]) -> Outcome:
    """The same values as a line and as points, which is how summaries and single rows are drawn."""
    size = int(10_000_000 * scale)
    random = np.random.default_rng(1)
    x = 1.7e9 + np.cumsum(random.random(size)) * 0.05
    y = np.cumsum(random.normal(size=size)) * 0.01 + random.normal(size=size)
    found = {}
    for drawn, show in (("line", _show_line), ("points", _show_points)):
        with _shown(EvolutionPlot()) as plot:
            show(plot, x, y)
            _check_extremes(plot, y)
            found[drawn] = [taken * 1e3 for taken in _frames(plot.plots[1].getViewBox(), move, FRAMES)]
    slow = {drawn: float(np.quantile(frames, 0.95)) for drawn, frames in found.items()}
    worse = max(slow, key=lambda drawn: slow[drawn])
    told = ", ".join(f"{drawn} {slow[drawn]:.1f}" for drawn in found)
    return Outcome(
        figure=slow[worse],
        ours=f"{slow[worse]:.1f} ms (median {statistics.median(found[worse]):.1f})",
        peer="one frame of a 60 Hz screen",
        error="none: every peak is drawn, every point counted",
        note=f"95th percentile of {FRAMES} frames at {SIZE[0]}×{SIZE[1]}, axes, grid and texts included, of"
        f" the slower: {told} ms",
    )


def _show_points(plot: EvolutionPlot, x: Floats, y: Floats) -> None:
    plot.show_evolution(Evolution("volatile acidity", "g/dm³", Series(NONE, NONE), Series(x, y)))


def _show_line(plot: EvolutionPlot, x: Floats, y: Floats) -> None:
    """In a plot whose view reaches from the first time to the last, and from the lowest value up."""
    _show_points(plot, x[[0, -1]], np.array([y.min(), y.max()]))
    curve = DecimatedLine(plot.plots[1])
    curve.set_colour("#64748b")
    curve.set_data(MinMaxPyramid(x, y))
    QApplication.processEvents()


def _pan(box: Any, number: int) -> None:
    box.translateBy(x=_step(box, number))


def _step(box: Any, number: int) -> float:
    """To the right in the first half of the frames, back in the second."""
    (left, right), _ = box.viewRange()
    return float((right - left) * (STEP if number % 40 < 20 else -STEP))


def _frames(box: Any, move: Callable[[Any, int], None], count: int) -> list[float]:
    """Seconds of each frame: the view changes, and everything due is painted."""
    taken = []
    move(box, 0)
    QApplication.processEvents()
    for number in range(count):
        start = time.perf_counter()
        move(box, number)
        QApplication.processEvents()
        taken.append(time.perf_counter() - start)
    return taken


def _check_extremes(plot: EvolutionPlot, y: np.ndarray) -> None:
    """The view of everything must hold the lowest and the highest value."""
    (low, high) = plot.plots[1].getViewBox().viewRange()[1]
    if not (low <= y.min() and high >= y.max()):
        raise AssertionError("a peak is out of view")


def _check_counts(real: np.ndarray, predicted: np.ndarray) -> None:
    scatter = DensityPyramid(real, predicted)
    picture = scatter.view(scatter.box, 640, 360, max_points=10)
    if not isinstance(picture, DensityGrid) or int(picture.counts.sum()) != real.size:
        raise AssertionError("the picture does not count every point once")


@contextmanager
def _shown(widget: QWidget) -> Iterator[Any]:
    widget.resize(*SIZE)
    widget.show()
    QApplication.processEvents()
    try:
        yield widget
    finally:
        widget.close()
        widget.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def _with_application(measure: Callable[[float], Outcome]) -> Callable[[float], Outcome]:
    """Run it inside an application without a display."""

    def measured(scale: float) -> Outcome:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        application = QApplication.instance() or QApplication([])
        theme().wear()
        outcome = measure(scale)
        del application
        return outcome

    return measured


ROWS = [
    Row(
        "plots-pan",
        "panning 10 M values, as a line and as points",
        Goal(16, "ms", at_most=True),
        _with_application(measure_pan),
    ),
    Row(
        "plots-zoom",
        "zooming 10 M values, as a line and as points",
        Goal(16, "ms", at_most=True),
        _with_application(measure_zoom),
    ),
    Row(
        "plots-scatter",
        "panning a scatter of 1 M points, against pyqtgraph's ScatterPlotItem",
        Goal(30),
        _with_application(measure_scatter),
    ),
]
