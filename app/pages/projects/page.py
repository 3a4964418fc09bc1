"""The page: its views, and the presenter that decides what they show."""

from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout

from app.context import Context
from app.pages.page import Page, PageCommand
from app.pages.projects.presenter import ProjectsPresenter
from app.pages.projects.view import ProjectsView


class ProjectsPage(Page):
    """Puts views and presenter together, and answers to the shell."""

    export_requested = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.view = view = ProjectsView()
        self.table, self.detail, self.notice, self.panes = view.table, view.detail, view.notice, view.panes
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(view)
        self.presenter = ProjectsPresenter(view, context)
        self.presenter.export_made.connect(self.export_requested)
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
        actions = (self.view.open, self.view.client, self.view.bring)
        return [PageCommand(one.text(), one.trigger, one.blocked) for one in actions]
