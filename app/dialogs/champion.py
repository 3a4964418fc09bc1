"""Asks before a change of champion: what will change, on what evidence, and why."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.dialogs.base_dialog import GrowingDialog
from widgets.panels.confirm_change import ConfirmChangePanel, PlannedChange


class ChampionDialog(GrowingDialog):
    """Stays open until the change is done or given up; `confirmed` carries the reason."""

    confirmed = Signal(str)

    def __init__(self, change: PlannedChange, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Change of champion")
        self.setModal(True)
        self.panel = ConfirmChangePanel()
        self.panel.show_change(change)
        self.panel.confirmed.connect(self.confirmed)
        self.panel.cancelled.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.panel)
        self.finished.connect(self.deleteLater)
