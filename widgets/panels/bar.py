"""Rows of buttons and fields above a view: the same everywhere in the window."""

from collections.abc import Sequence

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QToolButton, QWidget

from widgets.theme import GRID, icon

GAP = "\N{THIN SPACE}"


class ActionButton(QPushButton):
    """An action as a button: its whole text, its state, and why it is blocked on hover."""

    def __init__(self, action: QAction) -> None:
        super().__init__()
        self._action = action
        self.setAutoDefault(False)
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        action = self._action
        # Qt leaves four pixels between icon and text, half of what stands between everything else.
        self.setText(f"{GAP if not action.icon().isNull() else ''}{action.text()}")
        self.setAccessibleName(action.text().replace("&", ""))
        self.setIcon(action.icon())
        self.setEnabled(action.isEnabled())
        self.setToolTip(action.toolTip())
        self.setAccessibleDescription(action.toolTip())


def more_button(name: str, explanation: str, actions: Sequence[QAction]) -> QToolButton:
    """Three dots that open a menu of what is wanted less often; why an action is blocked shows on hover."""
    more = QToolButton()
    more.setIcon(icon("more"))
    more.setToolTip(explanation)
    more.setAccessibleName(name)
    more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    menu = QMenu(more)
    menu.setToolTipsVisible(True)
    menu.addActions(actions)
    more.setMenu(menu)
    return more


def row(*parts: QWidget | None) -> QHBoxLayout:
    """Widgets beside one another; None is the room that gives way."""
    made = QHBoxLayout()
    made.setSpacing(GRID)
    for part in parts:
        if part is None:
            made.addStretch(1)
        else:
            made.addWidget(part)
    return made
