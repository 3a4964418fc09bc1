"""ROC curves: a subplot for a class or an average, a line for a version, so that versions are compared."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtWidgets import QWidget

from services.evaluation.model import RocCurve
from widgets.plots.crosshair import Crosshair
from widgets.plots.density import Box
from widgets.plots.legend import LegendEntry
from widgets.plots.panel import PlotPanel
from widgets.plots.roc_class_selector import RocClassSelector
from widgets.plots.roc_subplot import RocSubplot
from widgets.theme import version_style

ACROSS = 4


class RocPlot(PlotPanel):
    """Curves of all versions, AUC beside them, and the diagonal of chance.

    Up to four classes stand side by side at first; of more, the averages do. The person may choose a class.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "ROC curves",
            "No class has both a row of its own and one of another yet",
            "Curves appear as labels of at least two classes arrive.",
            parent,
        )
        self._curves: dict[str, tuple[RocCurve, ...]] = {}
        self._averages: dict[str, tuple[RocCurve, ...]] = {}
        self.chooser = RocClassSelector()
        self.chooser.picked.connect(self._redraw)
        self.add_ahead(self.chooser)
        self._orders: dict[str, int] = {}
        self._subplots: dict[str, RocSubplot] = {}

    def show_curves(
        self,
        curves: Mapping[str, Sequence[RocCurve]],
        orders: Mapping[str, int],
        averages: Mapping[str, Sequence[RocCurve]] | None = None,
    ) -> None:
        """Show each version's curves.

        Args:
            curves: by version, one for each class.
            orders: each version's order of registration.
            averages: by version, over all classes; named like classes.
        """
        self._curves = {name: tuple(some) for name, some in curves.items()}
        self._averages = {name: tuple(some) for name, some in (averages or {}).items()}
        self._orders = dict(orders)
        self.chooser.set_classes(_names(self._curves), _names(self._averages))
        self.set_entries([self._entry(name) for name in self._curves])
        self._redraw()

    def show_canvas(self, *, shown: bool) -> None:
        """The choice of a class goes with the plot."""
        super().show_canvas(shown=shown)
        if hasattr(self, "chooser"):
            self.chooser.setVisible(shown and self.chooser.count() > 1)

    def _redraw(self) -> None:
        names = self.chooser.shown()
        if names != list(self._subplots):
            self._lay_out(names)
        self._refill()
        self.show_canvas(shown=any(curve.true_positive_rate.size for _, curve in self._all()))
        self.fit()

    def extent(self, _plot: Any) -> Box:
        """Both rates go from 0 to 1; a little more, so that the label of 1 has room."""
        return Box(0.0, 1.04, 0.0, 1.0)

    def show_entry(self, key: str, *, shown: bool) -> None:
        """Show or hide a version's curves."""
        del key, shown
        self._refill()

    def csv_lines(self) -> Sequence[Sequence[str]]:
        """Version, class and both rates of every point of every curve."""
        lines = [("version", "class", "false positive rate", "true positive rate")]
        for name, curve in self._all():
            rates = zip(curve.false_positive_rate.tolist(), curve.true_positive_rate.tolist(), strict=True)
            lines += [(name, curve.class_name, repr(false), repr(true)) for false, true in rates]
        return lines

    def apply_theme(self) -> None:
        """Wear the theme's colours."""
        super().apply_theme()
        for subplot in getattr(self, "_subplots", {}).values():
            subplot.apply_theme()

    def subplot(self, class_name: str) -> RocSubplot:
        """The subplot of a class."""
        return self._subplots[class_name]

    def _all(self) -> list[tuple[str, RocCurve]]:
        return [
            (name, curve)
            for name, some in self._curves.items()
            for curve in (*some, *self._averages.get(name, ()))
        ]

    def _lay_out(self, classes: Sequence[str]) -> None:
        self.canvas.clear()
        self.plots.clear()
        self.crosshairs.clear()
        self._subplots = {}
        across = min(len(classes), ACROSS)
        for place, name in enumerate(classes):
            row, column = divmod(place, across)
            plot = self.add_plot(row, column)
            last = place + across >= len(classes)
            subplot = RocSubplot(plot, name, named_left=column == 0, named_below=last)
            self._subplots[name] = subplot
            self.crosshairs.append(Crosshair(plot, subplot.read, self.readout.setText))

    def _refill(self) -> None:
        for class_name, subplot in self._subplots.items():
            subplot.show_curves(
                {
                    name: (curve, version_style(self._orders.get(name, 0)))
                    for name, curve in self._all()
                    if curve.class_name == class_name and self.legend.is_shown(name)
                }
            )

    def _entry(self, name: str) -> LegendEntry:
        style = version_style(self._orders.get(name, 0))
        return LegendEntry(name, f"Version {name}", style.colour, dash=style.dash)


def _names(curves: Mapping[str, Sequence[RocCurve]]) -> list[str]:
    """What the curves are of, in the order in which they come."""
    return list(dict.fromkeys(curve.class_name for some in curves.values() for curve in some))
