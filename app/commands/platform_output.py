"""How `relevo platform` tells what goes on, how a platform is, and what went wrong."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from services.containers.interface import Progress
from services.errors import Cancelled, RelevoError
from services.platform.status import PartStatus, PlatformStatus

_LAST_OUTPUT = 40
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


class ProgressPrinter:
    """Prints each new thing that a work does, once; builds are quiet unless they fail."""

    def __init__(self) -> None:
        self._last = ""
        self._output: list[str] = []

    def progress(self, fraction: float | None, text: str) -> None:
        """Print what is new."""
        what = text.partition(": step")[0]
        if what != self._last:
            self._last = what
            print(f"{'' if fraction is None else f'{fraction:4.0%}':>4}  {what}", flush=True)

    def output(self, text: str) -> None:
        """Take what a build prints."""
        self._output = [*self._output, text][-_LAST_OUTPUT:]


@contextmanager
def interruptible(printer: ProgressPrinter) -> Iterator[Progress]:
    """A progress that stops the work at the first interrupt from the keyboard, so that it ends in order."""
    asked = False

    def ask(*_: object) -> None:
        nonlocal asked
        asked = True

    def progress(fraction: float | None, text: str) -> None:
        if asked:
            raise Cancelled
        printer.progress(fraction, text)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield progress
    finally:
        signal.signal(signal.SIGINT, before)


def print_details(error: RelevoError) -> None:
    """Print what a developer or administrator wants to see beside the message."""
    if error.details:
        print(f"--\n{error.details}\n--", file=sys.stderr)


def describe(state: PlatformStatus) -> list[str]:
    """A platform's state as a table."""
    head = ("part", "state", "version", "address", "since", "memory")
    rows: list[tuple[str, ...]] = [head, *(_row(part) for part in (*state.parts, *state.models))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    used = sum(part.memory or 0 for part in (*state.parts, *state.models))
    messages = [f"  {part.name}: {part.message}" for part in (*state.parts, *state.models) if part.message]
    if state.request is None:
        messages.append(
            "  What was asked for is not known here, so these are the usual parts; it is found "
            f"beside the data by: relevo platform up --name {state.name}"
        )
    return [*lines, *messages, f"Memory used: {_megabytes(used)} in all"]


def _row(part: PartStatus) -> tuple[str, ...]:
    memory = ""
    if part.memory is not None and part.memory_limit is not None:
        memory = f"{_megabytes(part.memory)} of {_megabytes(part.memory_limit)}"
    return (part.name, part.state, part.version, part.address, _ago(part.since), memory)


def _ago(since: datetime | None) -> str:
    if since is None:
        return ""
    seconds = int((datetime.now(UTC) - since) / timedelta(seconds=1))
    size, unit = next(((size, unit) for size, unit in _UNITS if seconds >= size), (1, "s"))
    return f"{max(0, seconds) // size} {unit} ago"


def _megabytes(size: int) -> str:
    return f"{size / (1 << 20):,.0f} MB"
