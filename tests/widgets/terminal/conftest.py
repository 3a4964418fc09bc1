"""A terminal that is seen, with a program that listens."""

import pytest
from PySide6.QtTest import QSignalSpy
from pytestqt.qtbot import QtBot

from widgets.terminal.view import TerminalView


@pytest.fixture
def view(qtbot: QtBot) -> TerminalView:
    """Some rows and columns."""
    shown = TerminalView()
    qtbot.addWidget(shown)
    shown.resize(640, 320)
    shown.show()
    shown.set_live(True)
    shown.setFocus()
    return shown


@pytest.fixture
def typed(view: TerminalView) -> QSignalSpy:
    """What went to the program."""
    return QSignalSpy(view.typed)
