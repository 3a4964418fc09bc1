"""Timing two things fairly, and times in words."""

import statistics
import time
from collections.abc import Callable


def interleaved(*sides: Callable[[], object], repeats: int) -> list[float]:
    """Median seconds of each side, all taking turns so that the machine's moods hit them alike."""
    times: list[list[float]] = [[] for _ in sides]
    for _ in range(repeats):
        for side, taken in zip(sides, times, strict=True):
            start = time.perf_counter()
            side()
            taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in times]


def in_words(seconds: float) -> str:
    """Three digits and the unit that fits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"
