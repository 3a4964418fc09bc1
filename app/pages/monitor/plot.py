"""The plots of Monitor: which one is shown follows from the variable and the task.

To add one, write its `MonitorPlotKind` and put it into `KINDS`.
"""

from abc import ABC, abstractmethod

from PySide6.QtCore import QObject, Signal

from app.pages.monitor.page import MonitorPage
from app.pages.monitor.query import MonitorData
from app.pages.monitor.view_model_builder import compared_versions
from services.evaluation.model import ProjectView, Span, VersionView
from services.registry.model import Task
from widgets.formatting import count
from widgets.plots import EvolutionPlot, PlotPanel, PredictedRealPlot, RocPlot


class MonitorPlotKind(ABC):
    """One kind of plot; its panel lives as long as the page and is fed again at each refresh."""

    panel: PlotPanel

    @staticmethod
    @abstractmethod
    def applies(view: ProjectView) -> bool:
        """Whether it is the plot for what is chosen."""

    @abstractmethod
    def update(self, view: ProjectView, source: str) -> None:
        """Draw it; `source` is `historical` or `live`."""


class EvolutionKind(MonitorPlotKind):
    """An input over the training set, then over live rows."""

    def __init__(self) -> None:
        self.panel = self._plot = EvolutionPlot()

    @staticmethod
    def applies(view: ProjectView) -> bool:
        """When an input is chosen."""
        return view.evolution is not None

    def update(self, view: ProjectView, source: str) -> None:
        """Both kinds of data stand in one plot."""
        del source
        if view.evolution is not None:
            self._plot.show_evolution(view.evolution)


class RocKind(MonitorPlotKind):
    """ROC curves of every class, for classification."""

    def __init__(self) -> None:
        self.panel = self._plot = RocPlot()

    @staticmethod
    def applies(view: ProjectView) -> bool:
        """When the output is chosen."""
        return view.project.task is Task.CLASSIFICATION

    def update(self, view: ProjectView, source: str) -> None:
        """Versions without a curve are left out."""
        views = compared_views(view, source)
        curves = {name: version.roc for name, version in views.items() if version.roc}
        averages = {name: views[name].roc_averages for name in curves}
        if curves:
            self._plot.show_curves(curves, _orders(view), averages)
        else:
            self._plot.set_empty(*empty_plot_text(view, source))


class PredictedRealKind(MonitorPlotKind):
    """Predicted against real values, for regression."""

    def __init__(self) -> None:
        self.panel = self._plot = PredictedRealPlot()

    @staticmethod
    def applies(view: ProjectView) -> bool:
        """When the output is chosen."""
        return view.project.task is Task.REGRESSION

    def update(self, view: ProjectView, source: str) -> None:
        """Versions without a pair are left out."""
        pairs = {
            name: version.pairs
            for name, version in compared_views(view, source).items()
            if version.pairs is not None and version.pairs.total
        }
        if pairs:
            target = view.project.versions[0].signature.target
            self._plot.show_pairs(pairs, _orders(view), target=target.name, unit=target.unit)
        else:
            self._plot.set_empty(*empty_plot_text(view, source))


KINDS: tuple[type[MonitorPlotKind], ...] = (EvolutionKind, RocKind, PredictedRealKind)
"""The first that applies is shown."""


class MonitorPlot(QObject):
    """Shows the plot that applies; each is made when it is first needed."""

    export_requested = Signal(object)

    def __init__(self, page: MonitorPage) -> None:
        super().__init__(page)
        self._page = page
        self._plots: dict[type[MonitorPlotKind], MonitorPlotKind] = {}
        self.current: PlotPanel | None = None

    def show(self, data: MonitorData, source: str) -> None:
        """Draw a project; `source` is `historical` or `live`."""
        if data.view is None:
            return
        plot = self._plot_for(data.view)
        plot.update(data.view, source)
        self.current = plot.panel
        self._page.show_plot(plot.panel, plot.panel.tab_stops())

    def _plot_for(self, view: ProjectView) -> MonitorPlotKind:
        kind = next(kind for kind in KINDS if kind.applies(view))
        if kind not in self._plots:
            self._plots[kind] = kind()
            self._plots[kind].panel.export_requested.connect(self.export_requested)
        return self._plots[kind]


def compared_views(view: ProjectView, source: str) -> dict[str, VersionView]:
    """The views of the versions that are compared, in the order of registration."""
    views = view.historical if source == "historical" else view.live
    return {v.name: views[v.name] for v in compared_versions(view) if v.name in views}


def _orders(view: ProjectView) -> dict[str, int]:
    return {version.name: version.order for version in view.project.versions}


def empty_plot_text(view: ProjectView, source: str) -> tuple[str, str]:
    """Why no version can be drawn, and what would fill the plot."""
    if source == "historical":
        return (
            "No version has predictions on the training set",
            "Publishing a version writes them beside the training set.",
        )
    rows = view.live[view.project.champion].predictions if view.project.champion in view.live else 0
    longer = "" if view.span is Span.ALL else ", or choose a longer span"
    if not rows:
        within = "yet" if view.span is Span.ALL else "in this span"
        return (
            f"Nobody asked {view.project.name} {within}",
            f"Send rows to the gateway, and their true values once they are known{longer}.",
        )
    whose = f"None of the {count(rows)} live rows has" if rows > 1 else "The one live row does not have"
    return f"{whose} its true value yet", f"Send true values to the gateway as labels{longer}."
