"""The page: its views, and the presenter that decides what they show."""

from datetime import datetime

from PySide6.QtWidgets import QVBoxLayout

from app.context import Context
from app.layout_state import LayoutState
from app.pages.page import Page, PageCommand
from app.pages.projects.presenter import ProjectsPresenter
from app.pages.projects.view import ProjectsView


class ProjectsPage(Page):
    """Puts views and presenter together, and answers to the shell."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.view = view = ProjectsView()
        self.table, self.details_view, self.notice, self.panes = (
            view.table,
            view.details_view,
            view.notice,
            view.panes,
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(view)
        self.presenter = ProjectsPresenter(view, context)
        self.presenter.export_made.connect(self.export_requested)
        for table in (
            self.table,
            self.details_view.history,
            self.details_view.versions,
            self.details_view.revisions,
        ):
            table.export_requested.connect(self.export_requested)

    def enter(self) -> None:
        """Load, if it is time to."""
        self.presenter.enter()

    def leave(self) -> None:
        """Load no longer."""
        self.presenter.leave()

    def refresh(self) -> None:
        """Load now."""
        self.presenter.refresh()

    def next_refresh(self) -> datetime | None:
        """When it loads again by itself."""
        return self.presenter.next_refresh_at

    def refreshing(self) -> bool:
        """Whether it is loading now."""
        return self.presenter.is_loading

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
        actions = (self.view.open, self.view.client, self.view.import_model)
        return [PageCommand(one.text(), one.trigger, one.blocked) for one in actions]

    def keep_layout(self, layouts: LayoutState) -> None:
        """All four tables, and the panes."""
        tables = {
            "projects": self.table,
            "history": self.details_view.history,
            "versions": self.details_view.versions,
            "revisions": self.details_view.revisions,
        }
        for key, table in tables.items():
            layouts.keep_table(key, table)
        layouts.keep_panes("projects", self.panes)

    def select_first(self) -> None:
        """Select the first project."""
        self.presenter.select_first()
