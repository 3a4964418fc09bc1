"""The plot of Monitor: which one it is follows from the variable and the task."""

from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from app.pages.monitor.page import MonitorPage
from app.pages.monitor.query import Look
from app.pages.monitor.view_model import measured_versions
from services.evaluation.model import ProjectView, Span, VersionView
from services.registry.model import Task
from widgets.formatting import count
from widgets.plots import EvolutionPlot, PlotPanel, PredictedRealPlot, RocPlot

Plot = TypeVar("Plot", bound=PlotPanel)


class MonitorPlot(QObject):
    """Feeds the plots; one of each kind lives as long as the page and is fed again at each refresh."""

    export_requested = Signal(object)

    def __init__(self, page: MonitorPage) -> None:
        super().__init__(page)
        self._page = page
        self._evolution: EvolutionPlot | None = None
        self._roc: RocPlot | None = None
        self._pairs: PredictedRealPlot | None = None
        self.current: PlotPanel | None = None

    def show(self, look: Look, source: str) -> None:
        """Draw a look at a project; `source` is `historical` or `live`."""
        if look.view is None:
            return
        if look.evolution is not None:
            self._evolution = self._evolution or self._made(EvolutionPlot())
            self._evolution.show_evolution(look.evolution)
            self._place(self._evolution)
        elif look.view.project.task is Task.CLASSIFICATION:
            self._show_roc(look.view, source)
        else:
            self._show_pairs(look.view, source)

    def _show_roc(self, view: ProjectView, source: str) -> None:
        self._roc = plot = self._roc or self._made(RocPlot())
        shown = _shown(view, source)
        curves = {name: version.roc for name, version in shown.items() if version.roc}
        averages = {name: shown[name].roc_averages for name in curves}
        if curves:
            plot.show_curves(curves, _orders(view), averages)
        else:
            plot.set_empty(*why_empty(view, source))
        self._place(plot)

    def _show_pairs(self, view: ProjectView, source: str) -> None:
        self._pairs = plot = self._pairs or self._made(PredictedRealPlot())
        pairs = {
            name: shown.pairs
            for name, shown in _shown(view, source).items()
            if shown.pairs is not None and shown.pairs.total
        }
        if pairs:
            target = view.project.versions[0].signature.target
            plot.show_pairs(pairs, _orders(view), target=target.name, unit=target.unit)
        else:
            plot.set_empty(*why_empty(view, source))
        self._place(plot)

    def _made(self, plot: Plot) -> Plot:
        plot.export_requested.connect(self.export_requested)
        return plot

    def _place(self, plot: PlotPanel) -> None:
        self.current = plot
        self._page.show_plot(plot, plot.tab_stops())


def _shown(view: ProjectView, source: str) -> dict[str, VersionView]:
    """The views of the versions that are measured, in the order of registration."""
    views = view.historical if source == "historical" else view.live
    return {v.name: views[v.name] for v in measured_versions(view) if v.name in views}


def _orders(view: ProjectView) -> dict[str, int]:
    return {version.name: version.order for version in view.project.versions}


def why_empty(view: ProjectView, source: str) -> tuple[str, str]:
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
