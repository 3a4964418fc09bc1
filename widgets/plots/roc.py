"""ROC curves of several versions."""

from collections.abc import Mapping, Sequence

from services.evaluation.model import RocCurve
from widgets.plots.panel import PlotPanel


class RocPlot(PlotPanel):
    """One curve per version and class, AUC in the legend."""

    def show_curves(self, curves: Mapping[str, Sequence[RocCurve]], orders: Mapping[str, int]) -> None:
        """Show each version's curves; `orders` gives each version's order of registration."""
