"""Form fields with their label above and their error below, and forms made of them."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from widgets.panels.labels import Text
from widgets.theme import GRID, FontSize, State

Editor = QLineEdit | QPlainTextEdit | QSpinBox | QComboBox | QCheckBox


class FormField(QWidget):
    """A label, an editor, a hint, and the error of this field under it.

    Args:
        label: above the editor, and the editor's accessible name.
        editor: what is typed into or chosen from.
        hint: a quiet line under it; gives way to the error.
        required: whether an empty value is an error.
        beside: stands to the right of the editor, such as a button that chooses a file for it.
    """

    changed = Signal()

    def __init__(
        self,
        label: str,
        editor: Editor,
        *,
        hint: str = "",
        required: bool = False,
        beside: QWidget | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.label = label
        self.editor = editor
        self._hint = hint
        self._required = required
        title = f"{label} *" if required else label
        self._title = Text(title, size=FontSize.SMALL, quiet=True, parent=self)
        self._title.setBuddy(editor)
        self._note = Text(size=FontSize.SMALL, quiet=True, wrap=True)
        self._editor_named()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID // 2)
        layout.addWidget(self._title)
        self._title.setVisible(not isinstance(editor, QCheckBox))
        if beside is None:
            layout.addWidget(editor)
        else:
            line = QHBoxLayout()
            line.setSpacing(GRID)
            line.addWidget(editor, 1)
            line.addWidget(beside)
            layout.addLayout(line)
        layout.addWidget(self._note)
        self._listen()
        self.set_error("")

    def value(self) -> str:
        """The value as text: what is typed or chosen; `true` or `false` for a tick."""
        match self.editor:
            case QLineEdit():
                return self.editor.text().strip()
            case QPlainTextEdit():
                return self.editor.toPlainText().strip()
            case QSpinBox():
                return str(self.editor.value())
            case QComboBox():
                return self.editor.currentText()
            case QCheckBox():
                return str(self.editor.isChecked()).lower()

    def set_error(self, error: str) -> None:
        """Show this field's error; an empty one clears it."""
        self._note.setText(error or self._hint)
        self._note.setVisible(bool(error or self._hint))
        self._note.set_state(State.BAD if error else None)
        self.editor.setProperty("invalid", bool(error))
        self.editor.style().polish(self.editor)
        self.editor.setAccessibleDescription(error or self._hint)
        self._error = error

    def error(self) -> str:
        """The error shown; empty when there is none."""
        return self._error

    def check(self) -> bool:
        """Whether a required value is there; says so under the field when it is not."""
        if self._required and not self.value():
            self.set_error(f"{self.label} is needed.")
            return False
        return True

    def _editor_named(self) -> None:
        self.editor.setAccessibleName(self.label)
        if isinstance(self.editor, QPlainTextEdit):
            self.editor.setTabChangesFocus(True)
        if isinstance(self.editor, QSpinBox):
            self.editor.lineEdit().setTextMargins(GRID // 2, 0, 0, 0)
        if isinstance(self.editor, QCheckBox):
            self.editor.setText(self.label)

    def _listen(self) -> None:
        match self.editor:
            case QLineEdit() | QPlainTextEdit():
                self.editor.textChanged.connect(self._edited)
            case QSpinBox():
                self.editor.valueChanged.connect(self._edited)
            case QComboBox():
                self.editor.currentTextChanged.connect(self._edited)
            case QCheckBox():
                self.editor.toggled.connect(self._edited)

    def _edited(self) -> None:
        self.set_error("")
        self.changed.emit()


class Form(QWidget):
    """Fields under one another, 8 pixels apart; names them so that errors find their field."""

    changed = Signal()

    def __init__(self, fields: Sequence[tuple[str, FormField]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fields = dict(fields)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID + GRID // 2)
        for field in self._fields.values():
            layout.addWidget(field)
            field.changed.connect(self.changed)
        layout.addStretch()

    def field(self, name: str) -> FormField:
        """The field of that name."""
        return self._fields[name]

    def values(self) -> dict[str, str]:
        """Every field's value by name."""
        return {name: field.value() for name, field in self._fields.items()}

    def check(self) -> bool:
        """Whether every required value is there; the first field in error gets the focus."""
        wrong = [field for field in self._fields.values() if not field.check()]
        if wrong:
            wrong[0].editor.setFocus()
        return not wrong

    def show_errors(self, errors: dict[str, str]) -> None:
        """Show each error under its field; fields not named are cleared."""
        for name, field in self._fields.items():
            field.set_error(errors.get(name, ""))
        first = next((self._fields[name] for name in self._fields if errors.get(name)), None)
        if first is not None:
            first.editor.setFocus()
