"""What a person chooses on Monitor: a project out of many, a span of time, a variable."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QCompleter,
    QHBoxLayout,
    QLineEdit,
    QToolButton,
    QWidget,
)

from widgets.plain_text import plain_tooltip

MIN_CONTENTS_LENGTH, MAX_CONTENTS_LENGTH = 20, 40
SOURCES = (
    ("historical", "historical", "Plot the training set"),
    ("live", "live", "Plot labelled live rows"),
)
SPANS = (
    ("hour", "Last hour", "Rows asked in the last hour"),
    ("day", "24 h", "Rows asked in the last 24 hours"),
    ("week", "7 days", "Rows asked in the last seven days"),
    ("all", "All", "All rows ever asked"),
)


class KeyComboBox(QComboBox):
    """A list of keys with their titles; typing a few letters finds one among hundreds.

    `key_activated` carries the key when the person, not the program, chose.
    """

    key_activated = Signal(str)

    def __init__(self, name: str, *, searchable: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(MIN_CONTENTS_LENGTH)
        self.setMaxVisibleItems(20)
        if searchable:
            self._make_searchable()
        self.activated.connect(lambda row: self.key_activated.emit(str(self.itemData(row))))

    def set_choices(self, choices: Sequence[tuple[str, str]], current: str) -> None:
        """Offer these keys and titles, with one of them shown; nothing is told."""
        with QSignalBlocker(self):
            if [(self.itemData(row), self.itemText(row)) for row in range(self.count())] != list(choices):
                self.clear()
                for key, title in choices:
                    self.addItem(title, key)
                    self.setItemData(self.count() - 1, plain_tooltip(title), Qt.ItemDataRole.ToolTipRole)
            longest = max((len(title) for _, title in choices), default=0)
            self.setMinimumContentsLength(min(max(longest, MIN_CONTENTS_LENGTH), MAX_CONTENTS_LENGTH))
            row = next((i for i, (key, _) in enumerate(choices) if key == current), -1)
            if row != self.currentIndex():
                self.setCurrentIndex(row)
            if (line := self.lineEdit()) is not None:
                line.setCursorPosition(0)
        self.setToolTip(plain_tooltip(self.currentText()))

    def _make_searchable(self) -> None:
        line = QLineEdit()
        line.setFrame(False)
        line.setStyleSheet("border: none; padding: 0; background: transparent;")
        self.setEditable(True)
        self.setLineEdit(line)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        completer = QCompleter(self.model(), self)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setCompleter(completer)
        line.setPlaceholderText("Find a project")
        line.editingFinished.connect(lambda: self._restore_text(line))

    def _restore_text(self, line: QLineEdit) -> None:
        """What was typed and names nothing gives way to what is chosen."""
        if self.findText(line.text()) < 0:
            line.setText(self.itemText(self.currentIndex()))


class SegmentedControl(QWidget):
    """Buttons side by side, one pressed; `key_activated` carries its key when a person pressed it.

    Tab goes to the pressed one, arrows from one to the next.

    Args:
        choices: key, title and hint of each.
        current: the key of the one that is pressed at first.
    """

    key_activated = Signal(str)

    def __init__(
        self, choices: Sequence[tuple[str, str, str]], current: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QToolButton] = {}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for key, title, hint in choices:
            button = QToolButton()
            button.setText(title)
            button.setToolTip(hint)
            button.setAccessibleName(hint)
            button.setCheckable(True)
            self._group.addButton(button)
            self._buttons[key] = button
            layout.addWidget(button)
        self._group.buttonClicked.connect(lambda _button: self.key_activated.emit(self.current()))
        self.set_current(current)

    def current(self) -> str:
        """The key of the button that is pressed."""
        return next(key for key, button in self._buttons.items() if button.isChecked())

    def set_current(self, key: str) -> None:
        """Press one, telling nobody."""
        self._buttons[key].setChecked(True)
        for name, button in self._buttons.items():
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus if name == key else Qt.FocusPolicy.NoFocus)

    def buttons(self) -> list[QToolButton]:
        """All of them, from left to right."""
        return list(self._buttons.values())
