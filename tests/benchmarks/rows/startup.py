"""The window's start: its frame, and Monitor with what was last seen, from the start of the process."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QImage

from app.pages.monitor.last_seen import LastSeenFiles
from app.pages.monitor.view_model import MonitorViewModel
from services.registry.model import Mode
from tests.benchmarks.row import Goal, Outcome, Row
from tests.benchmarks.timing import in_words
from widgets.panels.version_entry import VersionEntry
from widgets.tables.cells import Cell, Column
from widgets.tables.cells import Row as TableRow

REPEATS = 7


def _remember(folder: Path) -> None:
    """Leave what a window leaves behind: a table of ten metrics of two versions, and a plot."""
    columns = tuple(Column(name, name, numeric=name != "metric") for name in ("metric", "a", "b", "c", "d"))
    rows = tuple(
        TableRow(str(line), (Cell(f"metric {line}"), *(Cell("0.123", sort=0.123) for _ in range(4))))
        for line in range(10)
    )
    versions = tuple(VersionEntry(name, order, Mode.CHALLENGER) for order, name in enumerate("AB"))
    content = MonitorViewModel(
        ("wine",), "wine", "regression", versions=versions, columns=columns, rows=rows, labelled=312,
        predictions=400, seen_at=time.time(),
    )  # fmt: skip
    image = QImage(900, 400, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFF)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stubs want bytes, Qt wants text
    LastSeenFiles.of(folder, str(folder.resolve())).write(content, bytes(buffer.data().data()), dark=False)


def _started(folder: Path, mode: str) -> dict[str, float]:
    script = Path(__file__).parents[1] / "startup" / "watched.py"
    root = Path(__file__).parents[3]
    output = subprocess.run(
        [sys.executable, str(script), str(time.time()), str(folder), mode],
        capture_output=True, text=True, check=True, cwd=root,
        env=_environment(folder, root),
    ).stdout  # fmt: skip
    times: dict[str, float] = json.loads(output)
    return times


def _environment(folder: Path, root: Path) -> dict[str, str]:
    """As installed: modules are compiled once, and found; the checkout gets no bytecode."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    bytecode = {"PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    return {**kept, **bytecode, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(root)}


@cache
def measured() -> dict[str, dict[str, float]]:
    """Median seconds to each paint, lazy and eager taking turns, after a first start of each."""
    taken: dict[str, list[dict[str, float]]] = {"lazy": [], "eager": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _remember(folder)
        for _ in range(REPEATS + 1):
            for mode, times in taken.items():
                times.append(_started(folder, mode))
    return {
        mode: {what: statistics.median(t[what] for t in times[1:]) for what in ("frame", "useful")}
        for mode, times in taken.items()
    }


def frame(_scale: float) -> Outcome:
    """Seconds to the frame."""
    lazy, eager = measured()["lazy"]["frame"], measured()["eager"]["frame"]
    return Outcome(lazy, in_words(lazy), in_words(eager), note="offscreen")


def useful_paint(_scale: float) -> Outcome:
    """Seconds to Monitor with the last seen data."""
    lazy, eager = measured()["lazy"]["useful"], measured()["eager"]["useful"]
    return Outcome(lazy, in_words(lazy), in_words(eager), note="offscreen")


def sooner(_scale: float) -> Outcome:
    """How many times sooner than with everything imported up front."""
    lazy, eager = measured()["lazy"]["useful"], measured()["eager"]["useful"]
    return Outcome(eager / lazy, in_words(lazy), in_words(eager), note="peer: all imports first")


ROWS = [
    Row("start-frame", "window's frame after process start", Goal(0.25, "s", at_most=True), frame),
    Row("start-paint", "Monitor with last seen data", Goal(0.4, "s", at_most=True), useful_paint),
    Row("start-sooner", "first useful paint against importing all up front", Goal(8), sooner),
]
