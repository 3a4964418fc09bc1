"""Plots, and the only door to pyqtgraph.

Lives here: the three plots of Monitor, the pure functions that thin data to what pixels can show, and
axes, legend, crosshair and export shared by all plots. Importing this package loads pyqtgraph (a third
of a second): import it after the window stands, and show a `widgets.panels.PlotSnapshot` until then.
May not live here: fetching, or any figure that is not drawn.
"""

from widgets.plots.evolution import EvolutionPlot
from widgets.plots.panel import PlotPanel
from widgets.plots.predicted_real import PredictedRealPlot
from widgets.plots.roc import RocPlot

__all__ = ["EvolutionPlot", "PlotPanel", "PredictedRealPlot", "RocPlot"]
