"""Ends a process when its parent does, however that ended, on every system: a held pipe."""

import os
import sys
import threading
from collections.abc import Callable


def watch_parent(on_end: Callable[[], None]) -> threading.Thread:
    """Call `on_end`, once and from a thread of its own, when standard input reaches its end.

    The parent keeps the other end of that pipe open and writes nothing; the operating system closes it
    when the parent is gone, even if it was killed.
    """
    descriptor = sys.stdin.fileno()

    def wait() -> None:
        # Not through the buffered reader: its lock, held here, would abort an interpreter that shuts down.
        while os.read(descriptor, 1):
            pass
        on_end()

    thread = threading.Thread(target=wait, name="held-by-parent", daemon=True)
    thread.start()
    return thread
