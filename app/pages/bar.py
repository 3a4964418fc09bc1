"""Rows of buttons and fields above a view: the same everywhere in the window."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from widgets.theme import GRID


def button(action: QAction) -> QToolButton:
    """An action as a button with its text; says why it is blocked on hover."""
    made = QToolButton()
    made.setDefaultAction(action)
    made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    made.setObjectName("barButton")
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return made


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
