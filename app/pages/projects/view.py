"""The views of the Projects page: all projects above, the selected one from the inside below."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.pages.projects.details_view import ProjectDetailsView
from app.pages.shared.notice import Notice
from widgets.actions import ExplainedAction
from widgets.panels.bar import ActionButton, row
from widgets.panels.empty import EmptyState
from widgets.panels.error import ErrorPanel
from widgets.panels.labels import Text
from widgets.panels.skeleton import Skeleton
from widgets.tables.projects import ProjectsTable
from widgets.theme import GRID, FontSize


class ProjectsView(QStackedWidget):
    """Places the views; what they show and do is the presenter's."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = ProjectsTable()
        self.details_view = ProjectDetailsView()
        self.no_selection = EmptyState(
            "Select a project",
            "Its champions, versions and revisions show here. Enter opens it in Monitor.",
        )
        self.empty = EmptyState("")
        self.notice = Notice()
        self.error = ErrorPanel()
        self.open = ExplainedAction(
            "Open in Monitor", explanation="Watch the selected project", parent=self
        )
        self.client = ExplainedAction(
            "C# client…", explanation="Save a typed client of the selected project, for .NET", parent=self
        )
        self.import_model = ExplainedAction(
            "From a model file…", explanation="A version from a model file of any maker", parent=self
        )
        self._lower = QStackedWidget()
        self._compose()

    def show_list(self) -> None:
        """Show the projects."""
        self.setCurrentWidget(self._body)

    def show_loading(self) -> None:
        """Grey bars until the projects are known."""
        self.setCurrentWidget(self._skeleton)

    def show_empty(self, text: str, hint: str, action: str = "") -> None:
        """Say why there is nothing, and what would fill it; `action` is the button's text."""
        self.empty.set_text(text, hint, action)
        self.setCurrentWidget(self.empty)

    def show_details(self, *, shown: bool) -> None:
        """Show the selected project from the inside, or the hint to select one."""
        self._lower.setCurrentWidget(self.details_view if shown else self.no_selection)

    def _compose(self) -> None:
        self._body = QWidget()
        layout = QVBoxLayout(self._body)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, GRID)
        layout.setSpacing(GRID)
        actions = (self.import_model, self.client, self.open)
        layout.addLayout(row(Text("Projects", size=FontSize.LARGE), None, *map(ActionButton, actions)))
        layout.addWidget(self.notice)
        layout.addWidget(self.error)
        self.panes = panes = QSplitter(Qt.Orientation.Vertical)
        panes.setChildrenCollapsible(False)
        self._lower.addWidget(self.no_selection)
        self._lower.addWidget(self.details_view)
        for pane, share in ((self.table, 3), (self._lower, 2)):
            panes.addWidget(pane)
            panes.setStretchFactor(panes.count() - 1, share)
        layout.addWidget(panes, 1)
        self.table.add_action(self.open)
        self.table.add_action(self.client)
        self._skeleton = Skeleton(12)
        for view in (self._skeleton, self._body, self.empty):
            self.addWidget(view)
