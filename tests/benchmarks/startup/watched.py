"""Starts the window as a person does, and prints when its frame and its last seen data were painted.

Arguments: Unix time at which the parent started this process, a folder for the window's own files, and
`lazy` (as the program does) or `eager` (everything imported before the window is made).
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

EVERYTHING = (
    "numpy", "pandas", "scipy.stats", "sklearn.ensemble", "sklearn.svm", "pyqtgraph", "requests", "docker",
    "cassandra.cluster", "keyring", "openpyxl", "app.program", "services.store.sqlite",
    "services.store.cassandra",
)  # fmt: skip


def main(began: float, folder: Path, mode: str) -> None:
    """Show the window, print the two times in seconds since the process was started, and end."""
    if mode == "eager":
        from importlib import import_module

        for name in EVERYTHING:
            import_module(name)
    from PySide6.QtCore import QEvent, QObject, QTimer
    from PySide6.QtWidgets import QApplication

    from app.paths import AppPaths
    from app.startup import OpenRequest, Startup
    from widgets.tables.delegate import CellDelegate

    times: dict[str, float] = {}

    class WatchedFrame(QObject):
        """Notes the first paint of the frame."""

        def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
            if event.type() is QEvent.Type.Paint:
                times.setdefault("frame", time.time() - began)
            return False

    class WatchedCells(CellDelegate):
        """Notes when the first cell of the last seen metrics is painted, and ends."""

        def paint(self, *arguments: Any) -> None:
            if "useful" not in times:
                times["useful"] = time.time() - began
                QTimer.singleShot(0, application.quit)
            super().paint(*arguments)

    application = QApplication([])
    start = Startup(AppPaths(folder, folder, folder), OpenRequest(workspace=str(folder)))
    frame = WatchedFrame()
    start.shell.installEventFilter(frame)
    start.monitor.metrics.view.setItemDelegate(WatchedCells(start.monitor.metrics.view))
    start.shell.show()
    application.exec()
    start.shell.close()
    start.close()
    sys.stdout.write(json.dumps(times))


if __name__ == "__main__":
    main(float(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
