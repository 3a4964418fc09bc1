"""The page: the images of an engine above, the chosen one's history, build output and registry below."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from app.connection.link import LinkState
from app.context import Context
from app.pages.bar import ActionButton, row
from app.pages.engine_bar import EngineBanner, HostSwitcher
from app.pages.images.actions import ImageActions
from app.pages.images.details import ImageDetails
from app.pages.images.presenter import ImagesPresenter
from app.pages.page import Page, PageCommand
from widgets.panels.error import ErrorPanel
from widgets.panels.labels import Text
from widgets.tables.images import ImagesTable
from widgets.theme import GRID, FontSize

FIRST_LIST, FIRST_DETAILS = 360, 240


class ImagesPage(Page):
    """Places the views; what they show is the presenter's, what is done the actions'."""

    export_requested = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._link = context.engine_link
        self.table = ImagesTable()
        self.details = ImageDetails(context)
        self.error = ErrorPanel()
        self.hosts = HostSwitcher(context.hosts, self._link)
        self.banner = EngineBanner(self._link)
        self.presenter = ImagesPresenter(self.table, self.details, context)
        self.deeds = ImageActions(self.table, self.details, self.presenter, self.error, context)
        self.panes = QSplitter(Qt.Orientation.Vertical)
        self._compose()
        self.table.export_requested.connect(self.export_requested)
        self.details.export_requested.connect(self.export_requested)

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
        """Whether the engine is being opened or asked."""
        return self._link.state is LinkState.OPENING or self.presenter.looking

    def escape(self) -> bool:
        """Esc puts the last error away, empties the filter, then the selection."""
        if self.error.isVisible():
            self.error.hide()
            return True
        if self.table.filter_field.text():
            self.table.filter_field.clear()
            return True
        chosen = bool(self.table.chosen())
        self.table.view.clearSelection()
        return chosen

    def commands(self) -> list[PageCommand]:
        """What can be done with images."""
        return [
            PageCommand(action.text(), action.trigger, action.blocked, action.shortcut().toString())
            for action in self.deeds.actions
        ]

    def _compose(self) -> None:
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(row(Text("Images", size=FontSize.LARGE), None, self.hosts))
        layout.addLayout(row(*(ActionButton(action) for action in self.deeds.actions), None))
        layout.addWidget(self.error)
        self.error.hide()
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
