"""What pulls, pushes and builds report while they go on: a line of JSON at a time."""

import json
from collections.abc import Iterator
from typing import Any

from services.containers.interface import Progress


def reports(parts: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    """The reports of a stream, each a dictionary, as they come."""
    held = b""
    for part in parts:
        *whole, held = (held + part).split(b"\n")
        for text in whole:
            if text.strip():
                yield json.loads(text)
    if held.strip():
        yield json.loads(held)


class Layers:
    """How far the layers of one transfer are, added up."""

    def __init__(self, verb: str, progress: Progress) -> None:
        self._verb, self._progress = verb, progress
        self._sizes: dict[str, tuple[int, int]] = {}

    def report(self, found: dict[str, Any]) -> None:
        """Take one report and tell the whole; raises Cancelled if the work is to stop."""
        layer, detail = str(found.get("id", "")), found.get("progressDetail") or {}
        if layer and detail.get("total"):
            self._sizes[layer] = (int(detail.get("current", 0)), int(detail["total"]))
        done = sum(current for current, _ in self._sizes.values())
        total = sum(size for _, size in self._sizes.values())
        if total:
            text = f"{self._verb} {done / 1e6:.0f} of {total / 1e6:.0f} MB"
            self._progress(min(1.0, done / total), text)
        else:
            self._progress(None, f"{self._verb}: {found.get('status', '')}".rstrip(": "))
