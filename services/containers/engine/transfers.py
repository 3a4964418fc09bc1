"""What a stream of the engine reports, a line of JSON at a time, and how far a pull or push is."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from services.containers.engine.errors import engine_error
from services.containers.interface import Progress
from services.errors import NotFound, RelevoError

_MISSING = ("not found", "manifest unknown", "does not exist")

Report = Mapping[str, Any]


def reports(parts: Iterator[bytes]) -> Iterator[Report]:
    """The reports of a stream as they come."""
    held = b""
    for part in parts:
        *whole, held = (held + part).split(b"\n")
        for text in whole:
            if text.strip():
                yield json.loads(text)
    if held.strip():
        yield json.loads(held)


class Transfer:
    """How far the layers of one pull or push are, added up.

    Args:
        title: such as `Pulling cassandra:5.0`.
        progress: told after each report.
    """

    def __init__(self, title: str, progress: Progress) -> None:
        self._title, self._progress = title, progress
        self._sizes: dict[tuple[str, str], tuple[int, int]] = {}
        self._text = title
        self._fraction: float | None = None

    def update(self, found: Report) -> None:
        """Add one report.

        Raises:
            RelevoError: what it tells went wrong.
        """
        if "error" in found:
            raise _transfer_error(self._title, str(found["error"]))
        step, detail = (str(found.get("id", "")), str(found.get("status", ""))), found.get("progressDetail")
        if detail and detail.get("total"):
            self._sizes[step] = (int(detail.get("current", 0)), int(detail["total"]))
            self._count()

    def report_progress(self) -> None:
        """Report how far it is; raises Cancelled if the work is to stop."""
        self._progress(self._fraction, self._text)

    def _count(self) -> None:
        done = sum(min(sizes) for sizes in self._sizes.values())
        total = sum(size for _, size in self._sizes.values())
        # A layer that is only found later makes the whole larger; the bar never goes back for that.
        self._fraction = max(self._fraction or 0.0, done / total)
        self._text = f"{self._title}: {done / 1e6:.0f} of {total / 1e6:.0f} MB"


def _transfer_error(title: str, text: str) -> RelevoError:
    if any(said in text.lower() for said in _MISSING):
        return NotFound(
            f"{title}: there is no such image",
            remedy="Correct its name and tag, or sign in if it is not public.",
            details=text,
        )
    return engine_error(text)
