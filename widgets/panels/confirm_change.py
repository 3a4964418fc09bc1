"""Says before a change of champion what it will do, shows the evidence, and asks for a reason."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from services.registry.model import Evidence
from widgets.evidence import evidence_basis, evidence_rows
from widgets.panels.form import FormField
from widgets.panels.labels import Text
from widgets.panels.version_entry import VersionEntry
from widgets.panels.versions import VersionBadge
from widgets.theme import GRID, FontSize, State

REASON_LIMIT = 500
SHOWN_METRICS = 8
UNNAMED = "none"


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """A change about to be made.

    Attributes:
        project: whose champion changes.
        before, after: the champion now, and the one to be; `before` is None for the first.
        consequences: what will happen, one sentence each.
        evidence: what was measured of both; None while it is being measured.
    """

    project: str
    before: VersionEntry | None
    after: VersionEntry
    consequences: Sequence[str] = ()
    evidence: Evidence | None = None


class ConfirmChangePanel(QWidget):
    """Before → after, consequences, evidence, a required reason, and the button that does it."""

    confirmed = Signal(str)
    """Carries the reason."""
    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = Text(size=FontSize.LARGE)
        self._change = QHBoxLayout()
        self._change.setSpacing(GRID)
        self._consequences = Text(wrap=True)
        self._evidence = QGridLayout()
        self._evidence.setHorizontalSpacing(3 * GRID)
        self._evidence.setVerticalSpacing(GRID // 2)
        self._note = Text(size=FontSize.SMALL, quiet=True, wrap=True)
        self._line = QLineEdit()
        self._line.setMaxLength(REASON_LIMIT)
        self._line.setPlaceholderText("Lower error on this week's batches")
        self.reason = FormField("Reason", self._line, hint="Kept in the project's history.", required=True)
        self._unanswered = Text(wrap=True)
        self._unanswered.set_state(State.BAD)
        self.anyway = QCheckBox()
        self.anyway.toggled.connect(self._unanswered_error_gone)
        self._confirm = QPushButton("Make champion")
        self._confirm.setDefault(True)
        self._confirm.clicked.connect(self._try)
        self._cancel = QPushButton("Cancel")
        self._cancel.setAutoDefault(False)  # or Enter would cancel while the change is under way
        self._cancel.clicked.connect(self.cancelled)
        self._line.returnPressed.connect(self._try)
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self.cancelled.emit).setContext(
            Qt.ShortcutContext.WidgetWithChildrenShortcut
        )
        self._changed_versions = (UNNAMED, UNNAMED)
        self._compose()

    def show_change(self, change: PlannedChange) -> None:
        """Show what is about to change; the reason starts empty and has the focus."""
        self._title.setText(f"Change the champion of {change.project}")
        self._show_versions(change)
        self._consequences.setText("\n".join(f"•  {text}" for text in change.consequences))
        self._consequences.setVisible(bool(change.consequences))
        self._changed_versions = (change.before.name if change.before else UNNAMED, change.after.name)
        self.show_evidence(change.evidence)
        self._confirm.setText(f"Make {change.after.name} champion")
        self._line.clear()
        self.show_answering()
        self.set_busy(False)
        self.setAccessibleName(self._title.text())
        self._line.setFocus()

    def show_evidence(self, evidence: Evidence | None) -> None:
        """Show what was measured, at most its first metrics; None while it is being measured."""
        clear(self._evidence)
        rows = evidence_rows(evidence, *self._changed_versions)[:SHOWN_METRICS] if evidence else []
        lines = [("Evidence", *self._changed_versions), *rows] if rows else []
        for row, line in enumerate(lines):
            for column, text in enumerate(line):
                label = Text(text, quiet=row == 0)
                side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
                self._evidence.addWidget(label, row, column, side)
        self._evidence.setColumnStretch(3, 1)
        note = evidence_basis(evidence) if evidence else "Reading what was measured…"
        self._note.setText(note)
        self._note.setVisible(bool(note))

    def show_unanswered(self, why: str) -> None:
        """The version to be champion does not answer: ask for a tick beside the reason.

        Args:
            why: it does not, as a sentence.
        """
        name = self._changed_versions[1]
        self._unanswered.setText(
            f"{name} does not answer now: applications would get no predictions. {why}"
        )
        self.anyway.setText(f"Make {name} champion although it does not answer")
        self._unanswered.show()
        self.anyway.show()

    def show_answering(self) -> None:
        """The version to be champion answers, as far as is known: no tick is asked for."""
        self.anyway.setChecked(False)
        self._unanswered.hide()
        self.anyway.hide()

    @property
    def forced(self) -> bool:
        """Whether the person ticked that the version shall be champion although it does not answer."""
        return not self.anyway.isHidden() and self.anyway.isChecked()

    def set_busy(self, busy: bool) -> None:
        """While the change is under way nothing can be pressed twice."""
        self._confirm.setEnabled(not busy)
        self._line.setEnabled(not busy)
        self.anyway.setEnabled(not busy)

    def show_error(self, error: str) -> None:
        """Why it was not done, under the reason; it may be tried again."""
        self.set_busy(False)
        self.reason.set_error(error)

    def sizeHint(self) -> QSize:
        """Wide enough for a sentence a line."""
        return QSize(60 * GRID, super().sizeHint().height())

    def _compose(self) -> None:
        buttons = QDialogButtonBox()
        buttons.addButton(self._confirm, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(self._cancel, QDialogButtonBox.ButtonRole.RejectRole)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(self._title)
        layout.addLayout(self._change)
        layout.addWidget(self._consequences)
        layout.addLayout(self._evidence)
        layout.addWidget(self._note)
        layout.addWidget(self.reason)
        layout.addWidget(self._unanswered)
        layout.addWidget(self.anyway)
        layout.addStretch()
        layout.addWidget(buttons)
        QWidget.setTabOrder(self._line, self.anyway)
        QWidget.setTabOrder(self.anyway, self._confirm)
        QWidget.setTabOrder(self._confirm, self._cancel)

    def _show_versions(self, change: PlannedChange) -> None:
        clear(self._change)
        if change.before is not None:
            self._change.addWidget(VersionBadge(change.before))
            self._change.addWidget(Text("→", size=FontSize.LARGE, quiet=True))
        self._change.addWidget(VersionBadge(change.after))
        self._change.addStretch()

    def _unanswered_error_gone(self) -> None:
        self.reason.set_error("")

    def _try(self) -> None:
        if not self.anyway.isHidden() and not self.anyway.isChecked():
            self.reason.set_error("Tick below that it shall be champion although it does not answer.")
            self.anyway.setFocus()
        elif self.reason.check():
            self.set_busy(True)
            self.confirmed.emit(self.reason.value())
        else:
            self._line.setFocus()


def clear(layout: QHBoxLayout | QGridLayout) -> None:
    """Take everything out of a layout, and its widgets out of the world."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.deleteLater()
