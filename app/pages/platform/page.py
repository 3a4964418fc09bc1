"""The page: which platform, what can be done, its parts, and below them a part's log and build output."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QSplitter, QTabWidget, QVBoxLayout, QWidget

from app.connection.link import LinkState
from app.context import Context
from app.pages.bar import ActionButton, row
from app.pages.engine_bar import EngineBanner, HostSwitcher
from app.pages.page import Page, PageCommand
from app.pages.platform.actions import PlatformActions
from app.pages.platform.launching import Launching
from app.pages.platform.presenter import PlatformPresenter
from app.pages.platform.swarm_tab import SwarmTab
from widgets.actions import ExplainedAction
from widgets.logs.pane import LogPane
from widgets.panels.error import ErrorPanel
from widgets.panels.labels import Text
from widgets.tables.parts import PartsTable
from widgets.theme import GRID, FontSize

FIRST_LIST, FIRST_DETAILS = 340, 260


class PlatformPage(Page):
    """Places the views; what they show is the presenter's, what is done the actions'."""

    export_requested = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._link = context.engine_link
        self.table = PartsTable()
        self.log, self.output = LogPane(), LogPane()
        self.error = ErrorPanel()
        self.hosts = HostSwitcher(context.hosts, self._link)
        self.banner = EngineBanner(self._link)
        self.choice = QComboBox()
        self.presenter = PlatformPresenter(self.table, self.log, context)
        self.deeds = PlatformActions(self.table, self.output, self.error, self.presenter, context)
        self.launching = Launching(self.deeds, self.presenter, context)
        self.swarm = SwarmTab(self.deeds, self.presenter, context)
        self.tabs = QTabWidget()
        self.panes = QSplitter(Qt.Orientation.Vertical)
        self._compose()
        self.log.begin("log", "Select a part", "What it writes shows here.")
        self.output.begin("output", "Nothing built yet", "What builds print shows here.")
        self.choice.activated.connect(lambda place: self.presenter.choose(self.choice.itemText(place)))
        self.presenter.looked.connect(self._show_names)
        self.deeds.output_began.connect(lambda: self.tabs.setCurrentWidget(self.output))
        tables = (self.swarm.services, self.swarm.tasks, self.swarm.machines)
        for part in (self.table, self.log, self.output, *tables):
            part.export_requested.connect(self.export_requested)

    @property
    def offered(self) -> tuple[ExplainedAction, ...]:
        """All of the page, in the order of the bar."""
        setup, *others = self.deeds.actions
        return (setup, *self.launching.actions, *others)

    def enter(self) -> None:
        """Look at the engine."""
        self.banner.follow()
        self.presenter.enter()

    def leave(self) -> None:
        """Look no longer."""
        self.banner.rest()
        self.presenter.leave()

    def refresh(self) -> None:
        """F5."""
        self._link.retry()
        self.presenter.refresh()

    def refreshing(self) -> bool:
        """Whether the engine is being opened, or asked for the first time."""
        return self._link.state is LinkState.OPENING or self.presenter.looking

    def escape(self) -> bool:
        """Esc puts the last error away, then the selection."""
        if self.error.isVisible():
            self.error.hide()
            return True
        chosen = self.table.chosen() is not None
        self.table.view.clearSelection()
        return chosen

    def commands(self) -> list[PageCommand]:
        """What can be done with the platform."""
        return [
            PageCommand(action.text(), action.trigger, action.blocked, action.shortcut().toString())
            for action in self.offered
        ]

    def _show_names(self) -> None:
        self._show_swarm()
        names = self.presenter.names()
        if [self.choice.itemText(place) for place in range(self.choice.count())] != names:
            self.choice.clear()
            self.choice.addItems(names)
        self.choice.setCurrentText(self.presenter.name)
        self.choice.setVisible(bool(names))

    def _show_swarm(self) -> None:
        self.tabs.setTabVisible(self.tabs.indexOf(self.swarm), self.swarm.there)

    def _compose(self) -> None:
        self.choice.setAccessibleName("Platform")
        self.choice.setMinimumWidth(18 * GRID)
        self.choice.hide()
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(row(Text("Platform", size=FontSize.LARGE), self.choice, None, self.hosts))
        layout.addLayout(row(*(ActionButton(action) for action in self.offered), None))
        layout.addWidget(self.error)
        self.error.hide()
        self.tabs.addTab(self.log, "Log")
        self.tabs.addTab(self.output, "Output")
        self.tabs.addTab(self.swarm, "Swarm")
        self._show_swarm()
        self.panes.setChildrenCollapsible(False)
        for pane, share in ((self.table, 3), (self.tabs, 2)):
            self.panes.addWidget(pane)
            self.panes.setStretchFactor(self.panes.count() - 1, share)
        self.panes.setSizes([FIRST_LIST, FIRST_DETAILS])
        layout.addWidget(self.panes, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.banner)
        whole.addWidget(inside, 1)
