"""Qt's one known line without a display is held back, and nothing else."""

from typing import Any

import pytest
from PySide6.QtCore import qInstallMessageHandler, qWarning

from app.screenshots import SIZE_WARNING, suppressed_size_warning


def test_only_the_known_line_is_held_back(capsys: pytest.CaptureFixture[str]) -> None:
    with suppressed_size_warning():
        qWarning(SIZE_WARNING)
        qWarning("a pixmap is null")
    assert capsys.readouterr().err == "a pixmap is null\n"


def test_whoever_listened_before_listens_again() -> None:
    heard: list[str] = []

    def listen(_kind: Any, _context: Any, message: str) -> None:
        heard.append(message)

    before = qInstallMessageHandler(listen)
    try:
        with suppressed_size_warning():
            qWarning("inside")
        qWarning("after")
    finally:
        qInstallMessageHandler(before)
    assert heard == ["after"]
