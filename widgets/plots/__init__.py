"""Plots, and the only door to pyqtgraph.

Lives here: the three plots of Monitor and that of a container's usage; the pure functions that reduce data
to what pixels can show (`decimation` for lines, `density` for points), and the items that draw it; axes,
legend, crosshair and export shared by all plots. A new plot is one module with a `PlotPanel`. Importing
this package loads pyqtgraph (a third of a second): import it after the window stands, and show a
`widgets.panels.PlotSnapshot` until then.
May not live here: fetching, or any figure that is not drawn.
"""

from widgets.plots.evolution import EvolutionPlot
from widgets.plots.panel import PlotPanel
from widgets.plots.predicted_real import PredictedRealPlot
from widgets.plots.roc import RocPlot

__all__ = ["EvolutionPlot", "PlotPanel", "PredictedRealPlot", "RocPlot"]
