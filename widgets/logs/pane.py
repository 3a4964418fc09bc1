"""A log with its bar: search, follow, times, wrapping, save."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from services.containers.model import LogLine
from widgets.exports import Export
from widgets.formatting import count
from widgets.logs.view import LogView
from widgets.panels.empty import EmptyState
from widgets.panels.labels import Text
from widgets.theme import GRID, FontSize, icon

TYPING_MILLISECONDS = 150


class LogPane(QWidget):
    """Shows one log; Ctrl+F searches, Enter or F3 goes to the next match, Shift with it to the previous."""

    export_requested = Signal(object)
    """A `widgets.exports.Export` to be saved where the person says."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = "log"
        self.view = LogView()
        self.empty = EmptyState("")
        self.field = _SearchField()
        self.found = Text(size=FontSize.SMALL, quiet=True)
        self.follow = QCheckBox("Follow")
        self.stamps = QCheckBox("Times")
        self.wrap = QCheckBox("Wrap")
        self.save = QPushButton("Save…")
        self.state = Text(size=FontSize.SMALL, quiet=True)
        self._stack = QStackedWidget()
        self._typed = QTimer(self)
        self._typed.setSingleShot(True)
        self._typed.setInterval(TYPING_MILLISECONDS)
        self._compose()
        self._connect()
        self.begin("log", "Nothing written yet")

    def begin(self, name: str, empty: str, hint: str = "") -> None:
        """Another log: its name for a saved file, and what is said while it is empty."""
        self.name = name
        self.view.clear()
        self.view.set_follow(True)
        self.empty.set_text(empty, hint)
        self.set_state("")
        self._tell()

    def append(self, lines: Sequence[LogLine]) -> None:
        """Add the newest lines."""
        self.view.append(lines)
        self._tell()

    def set_empty(self, text: str, hint: str = "") -> None:
        """What is said while there are no lines."""
        self.empty.set_text(text, hint)

    def set_state(self, text: str) -> None:
        """A quiet word beside the bar, such as that the log is complete."""
        self.state.setText(text)
        self.state.setVisible(bool(text))

    def go(self, *, forward: bool) -> None:
        """Go to the next or previous match of what is typed."""
        if self._typed.isActive():
            self._search()
        self.view.step(forward=forward)
        self._tell()

    def _search(self) -> None:
        self._typed.stop()
        self.view.look_for(self.field.text())
        self._tell()

    def _tell(self) -> None:
        """How many lines match and which is the present one; whether there are lines at all."""
        search = self.view.search
        if not search.text:
            words = ""
        elif not search.found:
            words = "no match"
        else:
            words = f"{count(search.place)} of {count(len(search.found))}"
        self.found.setText(words)
        for button in (self._previous, self._next):
            button.setEnabled(bool(search.found))
        held = len(self.view.buffer)
        self.save.setEnabled(bool(held))
        self._stack.setCurrentWidget(self.view if held else self.empty)

    def _compose(self) -> None:
        self._previous = _button("chevron-up", "Previous match (Shift+Enter)")
        self._next = _button("chevron-down", "Next match (Enter)")
        self.found.setMinimumWidth(10 * GRID)
        self.follow.setChecked(True)
        self.follow.setToolTip("Keep the newest line in sight")
        self.stamps.setToolTip("Show when each line was written")
        self.wrap.setToolTip("Break long lines")
        self.save.setToolTip("Save the lines that are held")
        self.save.setAutoDefault(False)
        bar = QHBoxLayout()
        bar.setSpacing(GRID)
        bar.addWidget(self.field, 1)
        parts: list[QWidget] = [self._previous, self._next, self.found]
        for part in parts:
            bar.addWidget(part)
        bar.addStretch()
        for part in (self.state, self.follow, self.stamps, self.wrap, self.save):
            bar.addWidget(part)
        for page in (self.empty, self.view):
            self._stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, GRID, 0, 0)
        layout.setSpacing(GRID)
        layout.addLayout(bar)
        layout.addWidget(self._stack, 1)

    def _connect(self) -> None:
        self.field.textChanged.connect(self._typed.start)
        self.field.stepped.connect(lambda forward: self.go(forward=forward))
        self._typed.timeout.connect(self._search)
        self._previous.clicked.connect(lambda: self.go(forward=False))
        self._next.clicked.connect(lambda: self.go(forward=True))
        self.follow.toggled.connect(self.view.set_follow)
        self.view.follow_changed.connect(self.follow.setChecked)
        self.stamps.toggled.connect(self.view.set_stamps)
        self.wrap.toggled.connect(self.view.set_wrap)
        self.save.clicked.connect(self._request_export)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._show_menu)
        keys = (
            (QKeySequence(QKeySequence.StandardKey.Find), self.field.begin),
            (QKeySequence("F3"), lambda: self.go(forward=True)),
            (QKeySequence("Shift+F3"), lambda: self.go(forward=False)),
        )
        for sequence, run in keys:
            shortcut = QShortcut(sequence, self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(run)

    def context_menu(self) -> QMenu:
        """Copy, select all, save."""
        menu = QMenu(self.view)
        copy = menu.addAction("Copy")
        copy.setEnabled(not self.view.selection.empty)
        copy.triggered.connect(self.view.selection.copy)
        menu.addAction("Select all").triggered.connect(self.view.selection.select_all)
        menu.addSeparator()
        menu.addAction("Save…").triggered.connect(self._request_export)
        return menu

    def _show_menu(self, at: QPoint) -> None:
        menu = self.context_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.view.viewport().mapToGlobal(at))

    def _request_export(self) -> None:
        content = self.view.text(stamps=self.stamps.isChecked()).encode()
        self.export_requested.emit(Export(f"{self.name}.log", "Log (*.log *.txt)", content))


class _SearchField(QLineEdit):
    """Enter and Shift+Enter step through the matches; Esc empties it first."""

    stepped = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.setPlaceholderText("Search the log")
        self.setAccessibleName("Search the log")
        self.setClearButtonEnabled(True)
        self.setMaximumWidth(40 * GRID)

    def begin(self) -> None:
        """Type over what was searched last."""
        self.setFocus()
        self.selectAll()

    def event(self, event: QEvent) -> bool:
        """Keep Esc from leaving the page while there is something to empty."""
        escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if escape and event.type() is QEvent.Type.ShortcutOverride and self.text():
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step, empty or type."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.stepped.emit(not event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        elif event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


def _button(icon_name: str, words: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(icon(icon_name))
    button.setToolTip(words)
    button.setAccessibleName(words)
    button.setEnabled(False)
    return button
