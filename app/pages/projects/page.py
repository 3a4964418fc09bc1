"""The page: all projects above, the selected one from the inside below."""

from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.context import Context
from app.pages.bar import ActionButton, row
from app.pages.notice import Notice
from app.pages.page import Page, PageCommand
from app.pages.projects.detail import ProjectDetail
from app.pages.projects.presenter import ProjectsPresenter
from widgets.actions import ExplainedAction
from widgets.panels.empty import EmptyState
from widgets.panels.error import ErrorPanel
from widgets.panels.labels import Text
from widgets.panels.skeleton import Skeleton
from widgets.tables.projects import ProjectsTable
from widgets.theme import GRID, FontSize


class ProjectsPage(Page):
    """Places the views; what they show and do is the presenter's."""

    export_requested = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.table = ProjectsTable()
        self.detail = ProjectDetail()
        self.nothing = EmptyState(
            "Select a project",
            "Its champions, versions and revisions show here. Enter opens it in Monitor.",
        )
        self.empty = EmptyState("")
        self.notice = Notice()
        self.error = ErrorPanel()
        self.open = ExplainedAction(
            "Open in Monitor", explanation="Watch the selected project", parent=self
        )
        self._stack = QStackedWidget()
        self._lower = QStackedWidget()
        self._compose()
        self.presenter = ProjectsPresenter(self, context)
        for table in (self.table, self.detail.history, self.detail.versions, self.detail.revisions):
            table.export_requested.connect(self.export_requested)

    def enter(self) -> None:
        """Look, if it is time to."""
        self.presenter.enter()

    def leave(self) -> None:
        """Look no longer."""
        self.presenter.leave()

    def refresh(self) -> None:
        """Look now."""
        self.presenter.refresh()

    def next_refresh(self) -> datetime | None:
        """When it looks again by itself."""
        return self.presenter.due

    def refreshing(self) -> bool:
        """Whether it is looking now."""
        return self.presenter.busy

    def escape(self) -> bool:
        """Esc closes the notice, then the selected project."""
        if self.notice.isVisible():
            self.notice.hide()
            return True
        chosen = bool(self.table.selected_keys())
        self.table.view.clearSelection()
        return chosen

    def commands(self) -> list[PageCommand]:
        """What can be done with the selected project."""
        return [PageCommand(self.open.text(), self.open.trigger, self.open.blocked)]

    def show_list(self) -> None:
        """Show the projects."""
        self._stack.setCurrentWidget(self._body)

    def show_waiting(self) -> None:
        """Grey bars until the projects are known."""
        self._stack.setCurrentWidget(self._waiting)

    def show_empty(self, text: str, hint: str) -> None:
        """Say why there is nothing, and what would fill it."""
        self.empty.set_text(text, hint)
        self._stack.setCurrentWidget(self.empty)

    def show_detail(self, *, shown: bool) -> None:
        """Show the selected project from the inside, or the hint to select one."""
        self._lower.setCurrentWidget(self.detail if shown else self.nothing)

    def _compose(self) -> None:
        self._body = QWidget()
        layout = QVBoxLayout(self._body)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(row(Text("Projects", size=FontSize.LARGE), None, ActionButton(self.open)))
        layout.addWidget(self.notice)
        layout.addWidget(self.error)
        self.panes = panes = QSplitter(Qt.Orientation.Vertical)
        panes.setChildrenCollapsible(False)
        self._lower.addWidget(self.nothing)
        self._lower.addWidget(self.detail)
        for pane, share in ((self.table, 3), (self._lower, 2)):
            panes.addWidget(pane)
            panes.setStretchFactor(panes.count() - 1, share)
        layout.addWidget(panes, 1)
        self.table.add_action(self.open)
        self._waiting = Skeleton(12)
        for view in (self._waiting, self._body, self.empty):
            self._stack.addWidget(view)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)
