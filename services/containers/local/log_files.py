"""Log files of local processes: the last lines of one, and how long one may grow."""

import os
from pathlib import Path

_LIMIT = 5_000_000
_BLOCK = 65_536


def last_lines(file: Path, lines: int) -> str:
    """The last lines (one at least) of a log in UTF-8; empty where there is none.

    Only the end of the file is read, however long it is.
    """
    try:
        log = file.open("rb")
    except FileNotFoundError:
        return ""
    tail = b""
    with log:
        start = log.seek(0, os.SEEK_END)
        while start > 0 and tail.count(b"\n") <= lines:
            length = min(_BLOCK, start)
            start = log.seek(start - length)
            tail = log.read(length) + tail
    return "\n".join(tail.decode("utf-8", "replace").splitlines()[-lines:])


def shorten(file: Path) -> None:
    """Keep one older log beside the current one once it has grown large."""
    if file.exists() and file.stat().st_size > _LIMIT:
        file.replace(file.with_suffix(".log.1"))
