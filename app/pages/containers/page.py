"""The page: the list of containers above, the selected one from the inside below."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from app.connection.link import LinkState
from app.context import Context
from app.pages.bar import ActionButton, row
from app.pages.containers.actions import ContainerActions
from app.pages.containers.details import ContainerDetails
from app.pages.containers.presenter import ContainersPresenter
from app.pages.engine_bar import EngineBanner, HostSwitcher
from app.pages.page import Page, PageCommand
from widgets.containers.table import ContainerTable
from widgets.panels.labels import Text
from widgets.theme import GRID, FontSize

FIRST_LIST, FIRST_DETAILS = 330, 270


class ContainersPage(Page):
    """Places the views; what they show is the presenter's, what is done the actions'."""

    export_requested = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._link = context.engine_link
        self.table = ContainerTable()
        self.details = ContainerDetails(context.tasks)
        self.hosts = HostSwitcher(context.hosts, self._link)
        self.banner = EngineBanner(self._link)
        self.deeds = ContainerActions(self.table, context)
        self.presenter = ContainersPresenter(self.table, self.details, context)
        self.panes = QSplitter(Qt.Orientation.Vertical)
        self._compose()
        self.table.export_requested.connect(self.export_requested)
        self.details.export_requested.connect(self.export_requested)
        self.table.activated.connect(lambda _identifier: self.details.tabs.setFocus())

    def enter(self) -> None:
        """Follow the engine."""
        self.banner.follow()
        self.presenter.enter()

    def leave(self) -> None:
        """Follow no longer what is only looked at."""
        self.banner.rest()
        self.presenter.leave()

    def refresh(self) -> None:
        """The list is live; ask the engine whether it is there."""
        self._link.retry()

    def refreshing(self) -> bool:
        """Whether the engine is being opened."""
        return self._link.state is LinkState.OPENING

    def escape(self) -> bool:
        """Esc empties the filter, then the selection."""
        if self.table.filter_field.text():
            self.table.filter_field.clear()
            return True
        chosen = bool(self.table.selected())
        self.table.view.clearSelection()
        return chosen

    def commands(self) -> list[PageCommand]:
        """What can be done with the selected containers."""
        return [
            PageCommand(action.text(), action.trigger, action.blocked, action.shortcut().toString())
            for action in self.deeds.actions.values()
        ]

    def _compose(self) -> None:
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(row(Text("Containers", size=FontSize.LARGE), None, self.hosts))
        buttons = (ActionButton(action) for action in self.deeds.actions.values())
        layout.addLayout(row(*buttons, None))
        self.panes.setChildrenCollapsible(False)
        for pane, share in ((self.table, 3), (self.details, 2)):
            self.panes.addWidget(pane)
            self.panes.setStretchFactor(self.panes.count() - 1, share)
        self.panes.setSizes([FIRST_LIST, FIRST_DETAILS])
        layout.addWidget(self.panes, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.banner)
        whole.addWidget(inside, 1)
