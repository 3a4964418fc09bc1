"""The page: which platform, what can be done, its parts, and below them a part's log and build output."""

from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox, QTabWidget

from app.context import Context
from app.layout_state import LayoutState
from app.pages.platform.actions import PlatformActions
from app.pages.platform.backup_actions import BackupActions
from app.pages.platform.launch_actions import LaunchActions
from app.pages.platform.presenter import PlatformPresenter
from app.pages.platform.swarm_tab import SwarmTab
from app.pages.shared.engine.page import EnginePage
from widgets.actions import ExplainedAction
from widgets.logs.pane import LogPane
from widgets.tables.platform_parts import PartsTable
from widgets.theme import GRID

FIRST_SIZES = (340, 260)


class PlatformPage(EnginePage):
    """Places the views; what they show is the presenter's, what is done the actions'."""

    presenter: PlatformPresenter

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.table = PartsTable()
        self.log, self.output = LogPane(), LogPane()
        self.choice = QComboBox()
        self.presenter = PlatformPresenter(self.table, self.log, context)
        self.operations = PlatformActions(self.table, self.output, self.error, self.presenter, context)
        self.launches = LaunchActions(self.operations, self.presenter, context)
        self.backups = BackupActions(self.operations, self.presenter, context)
        self.swarm = SwarmTab(self.operations, self.presenter, context)
        self.tabs = QTabWidget()
        self._fill()
        self.compose("Platform", self.table, self.tabs, FIRST_SIZES, self.choice)
        self._connect()

    @property
    def bar_actions(self) -> Sequence[ExplainedAction]:
        """What can be done with the platform."""
        operations = self.operations
        return (
            operations.setup,
            *self.launches.actions,
            operations.restart,
            operations.upgrade,
            self.backups.save,
        )

    @property
    def menu_actions(self) -> Sequence[ExplainedAction]:
        """What is seldom wanted."""
        return (self.backups.restore, self.operations.down, self.operations.delete)

    def refresh(self) -> None:
        """F5."""
        super().refresh()
        self.presenter.refresh()

    def refreshing(self) -> bool:
        """Whether the engine is being opened, or asked for the first time."""
        return super().refreshing() or self.presenter.looking

    def escape(self) -> bool:
        """Esc puts the last error away, then the selection."""
        if super().escape():
            return True
        chosen = self.table.chosen() is not None
        self.table.view.clearSelection()
        return chosen

    def keep_layout(self, layouts: LayoutState) -> None:
        """The parts' columns, and the panes."""
        layouts.keep_table("parts", self.table)
        layouts.keep_panes("platform", self.panes)

    def _fill(self) -> None:
        self.choice.setAccessibleName("Platform")
        self.choice.setMinimumWidth(18 * GRID)
        self.choice.hide()
        for part, title in ((self.log, "Log"), (self.output, "Output"), (self.swarm, "Swarm")):
            self.tabs.addTab(part, title)
        self._show_swarm()
        self.log.begin("log", "Select a part", "What it writes shows here.")
        self.output.begin("output", "Nothing built yet", "What builds print shows here.")

    def _connect(self) -> None:
        self.choice.activated.connect(lambda place: self.presenter.choose(self.choice.itemText(place)))
        self.presenter.looked.connect(self._show_names)
        self.operations.output_began.connect(lambda: self.tabs.setCurrentWidget(self.output))
        tables = (self.swarm.services, self.swarm.tasks, self.swarm.machines)
        for part in (self.table, self.log, self.output, *tables):
            part.export_requested.connect(self.export_requested)

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
