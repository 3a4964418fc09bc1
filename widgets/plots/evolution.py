"""A variable over the training set, then over live time."""

from services.evaluation.model import Evolution
from widgets.plots.panel import PlotPanel


class EvolutionPlot(PlotPanel):
    """Historical rows, a border, then live rows over time."""

    def show_evolution(self, evolution: Evolution) -> None:
        """Show it."""
