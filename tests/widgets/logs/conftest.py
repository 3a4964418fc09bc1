"""Lines as a container writes them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from pytestqt.qtbot import QtBot

from services.containers.model import LogLine
from widgets.logs.pane import LogPane

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
Lines = Callable[..., list[LogLine]]


@pytest.fixture
def lines() -> Lines:
    """So many numbered lines, from a number on."""

    def made(count: int, first: int = 0, text: str = "line {}") -> list[LogLine]:
        return [
            LogLine(START + timedelta(milliseconds=n), text.format(n)) for n in range(first, first + count)
        ]

    return made


@pytest.fixture
def pane(qtbot: QtBot) -> LogPane:
    """A pane that is seen."""
    shown = LogPane()
    qtbot.addWidget(shown)
    shown.resize(800, 300)
    shown.show()
    return shown
