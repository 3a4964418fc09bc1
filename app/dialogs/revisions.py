"""The trained artifacts of one version, newest first, and which was used when; another can be used."""

from collections.abc import Sequence
from datetime import UTC, datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPushButton, QVBoxLayout, QWidget

from services.registry.model import Revision, RevisionChange
from widgets.actions import ExplainedAction
from widgets.formatting import clock, count, number, relative, short_revision
from widgets.tables.cells import Cell, Column, Row
from widgets.tables.history import HistoryTable
from widgets.tables.table import DataTable
from widgets.theme import GRID, FontSize, State, font

COLUMNS = (
    Column("use", "Use", width=88),
    Column("revision", "Revision", width=100),
    Column("trained", "Trained", width=110),
    Column("rows", "Rows", numeric=True, width=80),
    Column("window", "Trained on", width=160),
    Column("library", "Library", width=150),
    Column("metrics", "Metrics at training", width=240, stretch=True),
)


class RevisionsTable(DataTable):
    """One row a revision; keys are their sha256."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(COLUMNS, name="Revisions", parent=parent)
        self.set_empty("No revision is recorded", "Publishing or retraining a version makes one.")
        self._used = ""
        self.use_action = ExplainedAction("Use…", explanation="Load this revision everywhere", parent=self)
        self.add_action(self.use_action)
        self.selection_changed.connect(self._update_actions)
        self._update_actions()

    def show_revisions(self, revisions: Sequence[Revision], used: str) -> None:
        """Show these, newest first; `used` is the desired one."""
        self._used = used
        newest = sorted(revisions, key=lambda revision: revision.trained_at, reverse=True)
        self.set_rows([row_for(revision, used) for revision in newest])
        self._update_actions()

    def chosen(self) -> str:
        """The sha256 of the selected revision; empty when none is."""
        return next(iter(self.selected_keys()), "")

    def _update_actions(self) -> None:
        chosen = self.chosen()
        if not chosen:
            self.use_action.set_blocked("Select the revision to use.")
        elif chosen == self._used:
            self.use_action.set_blocked("This revision is in use already.")
        else:
            self.use_action.set_blocked("")


def row_for(revision: Revision, used: str) -> Row:
    """One revision as finished cells."""
    current = revision.sha256 == used
    metrics = ", ".join(f"{name} {number(value)}" for name, value in revision.metrics.items())
    now = datetime.now(UTC)
    return Row(
        revision.sha256,
        (
            Cell("in use", state=State.GOOD) if current else Cell("", export="no"),
            Cell(short_revision(revision.sha256), tooltip=revision.sha256, export=revision.sha256),
            Cell(
                relative(revision.trained_at, now),
                sort=revision.trained_at.timestamp(),
                tooltip=clock(revision.trained_at),
                export=revision.trained_at.isoformat(),
            ),
            Cell(count(revision.rows), sort=revision.rows, export=str(revision.rows)),
            Cell(revision.window or "first training", quiet=True),
            Cell(revision.library, quiet=True),
            Cell(metrics),
        ),
    )


class RevisionsDialog(QDialog):
    """Lists a version's revisions and their use so far; `use_requested` carries a sha256."""

    use_requested = Signal(str)

    def __init__(self, project: str, version: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Revisions of {version}")
        self.setModal(True)
        title = QLabel(f"Revisions of {version} of {project}")
        title.setTextFormat(Qt.TextFormat.PlainText)
        title.setFont(font(FontSize.LARGE))
        self.table = RevisionsTable()
        self.table.use_action.triggered.connect(self._use)
        self.history = HistoryTable(name="Changes of revision")
        self.history.filter_field.hide()
        self.button = QPushButton("Use…")
        self.button.clicked.connect(self.table.use_action.trigger)
        self.table.use_action.changed.connect(self._follow)
        self._follow()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.addButton(self.button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(title)
        layout.addWidget(self.table, 3)
        layout.addWidget(self.history, 2)
        layout.addWidget(buttons)
        self.resize(112 * GRID, 64 * GRID)
        self.finished.connect(self.deleteLater)

    def show_found(
        self, revisions: Sequence[Revision], used: str, changes: Sequence[RevisionChange]
    ) -> None:
        """Show the revisions, the desired one among them, and how that changed."""
        self.table.show_revisions(revisions, used)
        self.history.show_history(changes, {})

    def _follow(self) -> None:
        self.button.setEnabled(self.table.use_action.isEnabled())
        self.button.setToolTip(self.table.use_action.toolTip())

    def _use(self) -> None:
        self.use_requested.emit(self.table.chosen())
