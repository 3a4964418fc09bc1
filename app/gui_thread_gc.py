"""Garbage is collected on the GUI thread only, for as long as there are widgets.

Python collects cycles on whichever thread happens to allocate. A widget in such a cycle is then destroyed
on that thread while the GUI thread may hold a lock of Qt and wait for the interpreter's: neither goes on.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject, QTimer

COLLECT_MILLISECONDS = 1000


@contextmanager
def collecting_on_this_thread(parent: QObject | None = None) -> Iterator[None]:
    """Collect on this thread's event loop, and on no thread by itself; afterwards as it was before.

    Args:
        parent: owns the timer; the application, usually.
    """
    automatic = gc.isenabled()
    gc.disable()
    timer = QTimer(parent)
    timer.timeout.connect(collect_due)
    timer.start(COLLECT_MILLISECONDS)
    try:
        yield
    finally:
        timer.stop()
        timer.deleteLater()
        if automatic:
            gc.enable()


def collect_due() -> None:
    """Collect the oldest generation that Python would collect by now, with those younger than it."""
    counts, thresholds = gc.get_count(), gc.get_threshold()
    for generation in (2, 1, 0):
        if counts[generation] > thresholds[generation]:
            gc.collect(generation)
            return
