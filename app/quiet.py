"""Keeps out of the output the one line that Qt writes for each window that is drawn without a display."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QMessageLogContext, QtMsgType, qFormatLogMessage, qInstallMessageHandler

KNOWN = "This plugin does not support propagateSizeHints()"
"""Said by the platform plug-in `offscreen`, which has no window manager that could be told of sizes."""


@contextmanager
def without_known_noise() -> Iterator[None]:
    """Hold back that line, and pass on all else that Qt says as Qt would write it."""

    def handle(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        if message != KNOWN:
            sys.stderr.write(qFormatLogMessage(kind, context, message) + "\n")

    before = qInstallMessageHandler(handle)
    try:
        yield
    finally:
        qInstallMessageHandler(before)
