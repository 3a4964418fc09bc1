"""Starts the window as a person does, and prints when its frame and its last seen data were painted.

Arguments: Unix time at which the parent started this process, a folder for the window's own files, and
`lazy` (as the program does) or `eager` (everything imported before the window is made).
"""

import json
import sys
import time
from pathlib import Path

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

    from app.places import Places
    from app.window import Start, Wanted

    class Watch(QObject):
        """Notes the first paint of the frame and of the table of last seen metrics."""

        def __init__(self) -> None:
            super().__init__()
            self.times: dict[str, float] = {}

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
            if event.type() is QEvent.Type.Paint:
                name = "frame" if watched is start.shell else "useful"
                self.times.setdefault(name, time.time() - began)
                if name == "useful":
                    QTimer.singleShot(0, application.quit)
            return False

    application = QApplication([])
    start = Start(Places(folder, folder, folder), Wanted(workspace=str(folder)))
    watch = Watch()
    start.shell.installEventFilter(watch)
    start.monitor.metrics.view.viewport().installEventFilter(watch)
    start.shell.show()
    application.exec()
    start.shell.close()
    start.close()
    sys.stdout.write(json.dumps(watch.times))


if __name__ == "__main__":
    main(float(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
