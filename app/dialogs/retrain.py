"""Asks which rows a retraining takes, and with which parameters."""

import json
from typing import Any

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.dialogs.base_dialog import GrowingDialog
from widgets.panels.form import Form, FormField
from widgets.theme import GRID, FontSize, font

ALL_ROWS, NEWEST_ROWS = "All rows", "The newest rows only"
MOST_ROWS, FIRST_ROWS = 100_000_000, 1000
THIN = QLocale(QLocale.Language.French, QLocale.Country.France)
"""Sets thousands apart by the thin space that all other numbers of the window have."""


class RetrainDialog(GrowingDialog):
    """`confirmed` carries the number of rows (None for all) and the parameters."""

    confirmed = Signal(object, object)

    def __init__(self, project: str, version: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Retrain {version}")
        self.setModal(True)
        title = QLabel(f"Train {version} of {project} again")
        title.setTextFormat(Qt.TextFormat.PlainText)
        title.setFont(font(FontSize.LARGE))
        text = QLabel(
            "It learns from the training set and the live rows whose true value is known. "
            f"{version} goes on answering meanwhile, and you can leave this page. "
            "The result is a new revision on the shelf: nothing changes until you use it."
        )
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setWordWrap(True)
        self.form = _form()
        self._rows = self.form.field("rows")
        self.form.field("window").changed.connect(self._window_changed)
        self._window_changed()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        start = self.buttons.addButton("Retrain", QDialogButtonBox.ButtonRole.AcceptRole)
        start.setDefault(True)
        self.buttons.accepted.connect(self._confirm)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        for widget in (title, text, self.form, self.buttons):
            layout.addWidget(widget)
        self.setMinimumWidth(60 * GRID)
        self.finished.connect(self.deleteLater)

    def _window_changed(self) -> None:
        self._rows.setVisible(self.form.field("window").value() == NEWEST_ROWS)

    def _confirm(self) -> None:
        parameters = parse_parameters(self.form.field("parameters").value())
        if parameters is None:
            hint = "Write one name = value a line, such as max_depth = 8."
            self.form.show_errors({"parameters": hint})
            return
        newest = self.form.field("window").value() == NEWEST_ROWS
        self.confirmed.emit(int(self._rows.value()) if newest else None, parameters)
        self.accept()


def parse_parameters(text: str) -> dict[str, Any] | None:
    """Parameters from lines of `name = value`, values as JSON or as texts; None if a line is not one."""
    found: dict[str, Any] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        name, sign, value = (part.strip() for part in line.partition("="))
        if not sign or not name.isidentifier() or not value:
            return None
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def _form() -> Form:
    window = QComboBox()
    window.addItems([ALL_ROWS, NEWEST_ROWS])
    rows = QSpinBox()
    rows.setRange(1, MOST_ROWS)
    rows.setValue(FIRST_ROWS)
    rows.setLocale(THIN)
    rows.setGroupSeparatorShown(True)
    parameters = QPlainTextEdit()
    parameters.setFixedHeight(9 * GRID)
    return Form(
        [
            ("window", FormField("Train on", window)),
            ("rows", FormField("How many rows", rows, hint="Counted back from the newest labelled row.")),
            (
                "parameters",
                FormField(
                    "Parameters",
                    parameters,
                    hint="One a line, such as max_depth = 8; empty uses the script's own.",
                ),
            ),
        ]
    )
