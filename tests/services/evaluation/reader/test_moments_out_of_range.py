"""Rows whose id or label lies outside the calendar or before 1970: counted, and told, on every store.

Gateways refuse such ids; logs that were written before they did, or by others, hold them.
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from itertools import count
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from services.evaluation.model import Span
from services.evaluation.reader.reader import ProjectReader
from services.instants import instant
from services.store.interface import Store

_PROJECTS = count()
_GREGORIAN_TICKS = 0x01B21DD213814000  # from 1582-10-15 to 1970-01-01
ODD = {
    "the first that an id can tell": (1, 0),
    "just before 1970": (1, _GREGORIAN_TICKS - 10_000_000),
    "the last that version 1 can tell": (1, (1 << 60) - 1),
    "the year 10889": (7, (1 << 48) - 1),
}
"""Version of an id, and its moment: in ticks of 100 ns since 1582, or in Unix milliseconds."""


def id_of(version: int, moment: int) -> tuple[int, int]:
    """An id's halves."""
    if version == 7:
        return moment << 16 | 0x7000, 1 << 63 | 5
    low, middle, high = moment & 0xFFFFFFFF, moment >> 32 & 0xFFFF, moment >> 48
    made = uuid.UUID(fields=(low, middle, high | 0x1000, 0x80, 5, 7))
    assert (made.version, made.time) == (1, moment)
    return made.int >> 64, made.int & 0xFFFFFFFFFFFFFFFF


@pytest.fixture
def platform(store: Store, make_platform_on: Callable[..., Any]) -> Any:
    return make_platform_on(store, f"odd{next(_PROJECTS)}")


def reader_of(platform: Any) -> ProjectReader:
    return ProjectReader(platform.store, platform.project, clock=platform.clock)


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_requests_of_any_time_are_counted_and_leave_the_window_seeing(
    platform: Any, reader_tools: SimpleNamespace, odd: tuple[int, int]
) -> None:
    known = reader_tools.ids_at(platform.now - np.arange(3.0), np.arange(3))
    ids = np.concatenate([known, np.array([id_of(*odd)], dtype=np.uint64)])
    platform.writer("g1").ship(platform.predictions("A", ids))
    platform.writer("g1").ship(platform.labels(ids, [0, 1, 2, 0], at=platform.now))
    reader = reader_of(platform)
    views = {span: reader.refresh(span, variable="length") for span in Span}
    assert [view.live["A"].predictions for view in views.values()][-1] == 4
    for view in views.values():
        assert view.newest_request is not None
        assert view.newest_request.astimezone() >= instant(platform.now)
        assert view.evolution is not None
    assert reader.traffic(views[Span.ALL].project).newest_request == views[Span.ALL].newest_request
    reader.write_rollups(kept_rows=2)
    platform.writer("g1").ship(platform.labels(ids[3:], [1], at=platform.now + 1))
    again = reader_of(platform)
    for span in Span:
        assert reader_tools.plain(again.refresh(span).live) == reader_tools.plain(reader.refresh(span).live)
    assert again.refresh(Span.ALL).live["A"].labelled == 4
    assert not again.refresh(Span.ALL).rebuilt


@pytest.mark.parametrize("at", [-9e12, -5.0, 3e11, 9e12])
def test_labels_of_any_time_are_counted_and_shown(
    platform: Any, reader_tools: SimpleNamespace, at: float
) -> None:
    ids = reader_tools.ids_at(platform.now - np.arange(2.0), np.arange(2))
    platform.writer("g1").ship(platform.predictions("A", ids))
    platform.writer("g1").ship(platform.labels(ids, [0, 1], at=at))
    view = reader_of(platform).refresh(Span.ALL)
    assert view.live["A"].labelled == 2
    assert (view.newest_label is None) is (at < 0)
    shown = platform.store.newest(platform.project, "A", 5)["labelled_at"]
    assert [isinstance(instant, datetime) for instant in shown] == [True, True]
