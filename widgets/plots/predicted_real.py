"""Predicted against real values of several versions."""

from collections.abc import Mapping

from services.evaluation.model import Pairs
from widgets.plots.panel import PlotPanel


class PredictedRealPlot(PlotPanel):
    """Points around the identity line, one colour and symbol per version."""

    def show_pairs(
        self, pairs: Mapping[str, Pairs], orders: Mapping[str, int], *, target: str, unit: str = ""
    ) -> None:
        """Show each version's pairs; `orders` gives each version's order of registration."""
