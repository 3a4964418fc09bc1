"""One project from the inside: what was changed when, its versions, their revisions."""

from PySide6.QtCore import QDateTime, Signal
from PySide6.QtWidgets import QComboBox, QDateTimeEdit, QHBoxLayout, QTabWidget, QVBoxLayout, QWidget

from app.dialogs.revisions import RevisionsTable
from app.pages.projects.query import ProjectDetails
from app.pages.projects.versions import VersionsTable
from services.instants import instant
from widgets.formatting import clock
from widgets.panels.bar import ActionButton, row
from widgets.panels.labels import Text
from widgets.tables.history import HistoryTable
from widgets.theme import GRID, FontSize


class ProjectDetailsView(QWidget):
    """Shows one `ProjectDetails`; tells what the person wants by signals."""

    use_requested = Signal(str, str)
    """Version and revision."""
    retire_requested = Signal(str, bool)
    """Version, and whether it is to be retired."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = Text(size=FontSize.LARGE)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setAccessibleName("History, versions or revisions")
        self.history = HistoryTable()
        self.history.filter_field.hide()
        self.moment = QDateTimeEdit(QDateTime.currentDateTime())
        self.moment.setCalendarPopup(True)
        self.moment.setDisplayFormat("yyyy-MM-dd HH:mm:ss")
        self.moment.setAccessibleName("Moment")
        self.moment.dateTimeChanged.connect(self._show_champion_at)
        self.champion_at = Text(wrap=True)
        self.versions = VersionsTable()
        self.versions.retire_action.triggered.connect(self._retire)
        self.version = QComboBox()
        self.version.setAccessibleName("Version")
        self.version.currentTextChanged.connect(self._show_revisions)
        self.revisions = RevisionsTable()
        self.revisions.use_action.triggered.connect(self._use)
        self.details: ProjectDetails | None = None
        self._compose()

    def show_details(self, details: ProjectDetails) -> None:
        """Show a project; tab, version and selections stay where they still exist."""
        other = self.details is None or self.details.project.name != details.project.name
        self.details = details
        project = details.project
        self.title.setText(project.name)
        orders = {version.name: version.order for version in project.versions}
        self.history.show_history((*details.history, *details.revision_changes), orders)
        self.versions.show_versions(project)
        if other:
            self.moment.setDateTime(QDateTime.currentDateTime())
        names = [version.name for version in project.versions]
        if [self.version.itemText(row) for row in range(self.version.count())] != names:
            self.version.clear()
            self.version.addItems(names)
        self._show_champion_at()
        self._show_revisions()

    def _show_champion_at(self) -> None:
        if self.details is None:
            return
        moment = instant(self.moment.dateTime().toSecsSinceEpoch())
        change = self.details.champion_at(moment)
        if change is None:
            self.champion_at.setText("Nobody: the project was not registered yet.")
        else:
            self.champion_at.setText(
                f"{change.champion}, made champion by {change.who} on {clock(change.at)}: {change.reason}"
            )

    def _show_revisions(self) -> None:
        name = self.version.currentText()
        version = self.details.project.version(name) if self.details is not None else None
        if self.details is not None and version is not None:
            self.revisions.show_revisions(self.details.revisions.get(name, ()), version.revision)

    def _use(self) -> None:
        self.use_requested.emit(self.version.currentText(), self.revisions.chosen())

    def _retire(self) -> None:
        chosen = self.versions.selected_version()
        if chosen is not None:
            self.retire_requested.emit(chosen.name, not self.versions.retired(chosen))

    def _compose(self) -> None:
        asked = row(Text("Champion at", quiet=True), self.moment, self.champion_at)
        asked.setStretch(2, 1)
        self.tabs.addTab(_tab(asked, self.history), "History")
        self.tabs.addTab(
            _tab(row(ActionButton(self.versions.retire_action), None), self.versions), "Versions"
        )
        use = ActionButton(self.revisions.use_action)
        self.tabs.addTab(_tab(row(self.version, use, None), self.revisions), "Revisions")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, GRID, 0, 0)
        layout.setSpacing(GRID)
        layout.addWidget(self.title)
        layout.addWidget(self.tabs, 1)


def _tab(bar: QHBoxLayout, table: QWidget) -> QWidget:
    tab = QWidget()
    layout = QVBoxLayout(tab)
    layout.setContentsMargins(0, GRID, 0, 0)
    layout.setSpacing(GRID)
    layout.addLayout(bar)
    layout.addWidget(table, 1)
    return tab
