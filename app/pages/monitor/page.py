"""The page's views and where they stand; shows `MonitorViewModel`, tells what the person did."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.pages.monitor.selectors import SOURCES, SPANS, KeyComboBox, SegmentedControl
from app.pages.monitor.view_model import MonitorViewModel
from app.pages.page import Page, PageCommand
from app.pages.shared.notice import Notice
from widgets.actions import ExplainedAction
from widgets.panels.bar import ActionButton, row
from widgets.panels.coverage import CoverageLabel
from widgets.panels.empty import EmptyState
from widgets.panels.error import ErrorPanel
from widgets.panels.labels import Text
from widgets.panels.skeleton import Skeleton
from widgets.panels.snapshot import PlotSnapshot
from widgets.panels.versions import VersionList
from widgets.tables.metrics import MetricsTable
from widgets.theme import GRID

LIST_WIDTH = 32 * GRID


class MonitorPage(Page):
    """Passive but for what a presenter connects; useful before there is one.

    Attributes:
        next_refresh_at: when the presenter loads again by itself.
        is_loading: whether it is loading now.
    """

    page_entered = Signal()
    page_left = Signal()
    refresh_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.project = KeyComboBox("Project", searchable=True)
        self.task = Text(quiet=True)
        self.span = SegmentedControl(SPANS, "day")
        self.variable = KeyComboBox("Variable")
        self.sources = SegmentedControl(SOURCES, "live")
        self.versions = VersionList()
        self.metrics = MetricsTable()
        self.coverage = CoverageLabel()
        self.age = Text(quiet=True)
        self.notice = Notice()
        self.error = ErrorPanel()
        self.snapshot = PlotSnapshot()
        self.plots = QStackedWidget()
        self.empty = EmptyState("")
        self.retrain = self._action("&Retrain…", "Train the selected version again", "retrain")
        self.promote = self._action("To &champion…", "Make the selected version the champion", "champion")
        self.back = self._action("&Back…", "Make the version before the champion again", "back")
        self.revisions = self._action("Re&visions…", "Trained artifacts of the selected version", "history")
        self.view_model = MonitorViewModel()
        self.next_refresh_at: datetime | None = None
        self.is_loading = False
        self._stack = QStackedWidget()
        self._compose()
        self.block_actions("Starting…")

    def show_view_model(self, view_model: MonitorViewModel) -> None:
        """Show a state of the project; selections stay, but for another project."""
        another = view_model.project != self.view_model.project
        self.view_model = view_model
        self.project.set_choices([(name, name) for name in view_model.projects], view_model.project)
        self.task.setText(view_model.task)
        self.span.set_current(view_model.span)
        self.variable.set_choices(view_model.variables, view_model.variable)
        self.sources.setVisible(not view_model.variable)
        self.versions.set_versions(view_model.versions)
        if another:
            self._choose_challenger()
        self.metrics.set_columns(view_model.columns)
        self.metrics.set_rows(view_model.rows)
        self.coverage.set_coverage(
            view_model.labelled,
            view_model.predictions,
            view_model.skipped,
            rebuilt=view_model.rebuilt,
            lost=view_model.lost,
        )
        self._stack.setCurrentWidget(self._body)

    def show_plot(self, plot: QWidget, stops: Sequence[QWidget] = ()) -> None:
        """Put a plot, or the picture of one, in its place; Tab goes through its stops."""
        if self.plots.indexOf(plot) < 0:
            self.plots.addWidget(plot)
        self.plots.setCurrentWidget(plot)
        for before, after in pairwise((self.variable, *self.sources.buttons(), *stops)):
            QWidget.setTabOrder(before, after)

    def show_loading(self) -> None:
        """Grey bars, when there is nothing last seen to show."""
        self._stack.setCurrentWidget(self._skeleton)

    def show_empty(self, text: str, hint: str, action: str = "") -> None:
        """Say why there is nothing, and what would fill it."""
        self.empty.set_text(text, hint, action)
        self._stack.setCurrentWidget(self.empty)

    def block_actions(self, reason: str) -> None:
        """Block every action for one reason; an empty one frees them."""
        for action in self.page_actions():
            action.set_blocked(reason)

    def page_actions(self) -> tuple[ExplainedAction, ...]:
        """The page's actions, in the order of the bar."""
        return (self.retrain, self.promote, self.back, self.revisions)

    def enter(self) -> None:
        """Tell the presenter."""
        self.page_entered.emit()

    def leave(self) -> None:
        """Tell the presenter."""
        self.page_left.emit()

    def refresh(self) -> None:
        """Tell the presenter."""
        self.refresh_wanted.emit()

    def next_refresh(self) -> datetime | None:
        """When it loads again by itself."""
        return None if self.is_loading else self.next_refresh_at

    def refreshing(self) -> bool:
        """Whether it is loading now."""
        return self.is_loading

    def commands(self) -> list[PageCommand]:
        """The bar's actions, and every variable."""
        actions = [
            PageCommand(action.text().replace("&", ""), action.trigger, action.blocked)
            for action in self.page_actions()
        ]
        variables = [
            PageCommand(f"Show {title}", partial(self.variable.key_activated.emit, key))
            for key, title in self.view_model.variables
        ]
        return actions + variables

    def escape(self) -> bool:
        """Esc closes the notice."""
        shown = self.notice.isVisible()
        self.notice.hide()
        return shown

    def _action(self, text: str, explanation: str, icon_name: str) -> ExplainedAction:
        return ExplainedAction(text, explanation=explanation, icon_name=icon_name, parent=self)

    def _choose_challenger(self) -> None:
        champion = self.view_model.champion
        others = [entry.name for entry in self.view_model.versions if entry is not champion]
        if others:
            self.versions.select(others[0])

    def _compose(self) -> None:
        self._body = QWidget()
        layout = QVBoxLayout(self._body)
        layout.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(row(self.project, self.task, None, self.age, self.span))
        layout.addLayout(row(*(ActionButton(action) for action in self.page_actions()), None))
        layout.addWidget(self.notice)
        layout.addWidget(self.error)
        layout.addWidget(self._panes(), 1)
        self._skeleton = Skeleton(12)
        for page in (self._skeleton, self._body, self.empty):
            self._stack.addWidget(page)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)
        for action in self.page_actions():
            self.versions.add_action(action)
        self.plots.addWidget(self.snapshot)

    def _panes(self) -> QSplitter:
        left = QWidget()
        plot = QVBoxLayout(left)
        plot.setContentsMargins(0, 0, 0, 0)
        plot.setSpacing(GRID)
        plot.addLayout(row(Text("Variable", quiet=True), self.variable, None, self.sources))
        plot.addWidget(self.plots, 1)
        self.versions.setFixedWidth(LIST_WIDTH)
        upper = QWidget()
        beside = QHBoxLayout(upper)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(2 * GRID)
        beside.addWidget(left, 1)
        beside.addWidget(self.versions)
        lower = QWidget()
        table = QVBoxLayout(lower)
        table.setContentsMargins(0, GRID, 0, 0)
        table.setSpacing(GRID // 2)
        table.addWidget(self.coverage)
        table.addWidget(self.metrics, 1)
        self.panes = QSplitter(Qt.Orientation.Vertical)
        self.panes.setChildrenCollapsible(False)
        for half, share in ((upper, 3), (lower, 2)):
            self.panes.addWidget(half)
            self.panes.setStretchFactor(self.panes.count() - 1, share)
        self.panes.setSizes([300, 200])
        return self.panes
