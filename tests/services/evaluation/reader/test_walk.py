"""The way of a row through services/evaluation: in once, out once, no file entered twice."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import services.evaluation
from services.evaluation.model import Span
from services.evaluation.reader.reader import ProjectReader
from tests.walks import walk

VALUES = (
    "model.py", "exact_sums.py", "summaries/", "metrics/",
    "join/id_table.py", "join/rows.py", "join/outcomes.py",
)  # fmt: skip
"""What rows, sums and figures are made of: used on the whole way as arrays are, and, by the contracts in
pyproject.toml, without knowledge of it."""
IN = ["reader/ingest.py", "join/past_rows.py", "join/encoding.py", "join/joiner.py", "reader/buckets.py"]
"""A row's way from the log into the sums."""


@pytest.fixture
def platform(make_platform: Callable[..., Any]) -> Any:
    return make_platform()


@pytest.fixture
def ids(platform: Any, reader_tools: SimpleNamespace) -> np.ndarray:
    """Of forty requests, of which all but five were counted and labelled already."""
    ids: np.ndarray = reader_tools.ids_at(platform.now - np.arange(40.0), np.arange(40))
    platform.writer("g1").ship(platform.predictions("A", ids[5:]))
    platform.writer("g1").ship(platform.labels(ids[5:], [0] * 35, at=platform.now))
    return ids


def reader_of(platform: Any) -> ProjectReader:
    return ProjectReader(platform.store, platform.project, clock=platform.clock)


@pytest.mark.parametrize("variable", ["", "length"])
@pytest.mark.parametrize("span", [Span.HOUR, Span.ALL])
def test_a_refresh_of_new_rows_enters_no_file_twice(
    platform: Any, ids: np.ndarray, span: Span, variable: str
) -> None:
    reader = reader_of(platform)
    reader.refresh(span)
    platform.writer("g1").ship(platform.predictions("A", ids[:5]))
    platform.writer("g1").ship(platform.labels(ids[:6], [1] * 6, at=platform.now + 1))
    with walk(services.evaluation, beside=VALUES) as stops:
        view = reader.refresh(span, variable=variable)
    assert (view.rows_read, view.live["A"].labelled) == (11, 40)
    assert stops == ["reader/reader.py", "historical.py", "reader/state.py", *IN, "reader/views.py"]


def test_rows_that_the_store_is_asked_about_go_the_same_way(platform: Any, ids: np.ndarray) -> None:
    first = reader_of(platform)
    first.follow()
    first.write_rollups(kept_rows=3)
    reader = reader_of(platform)
    reader.refresh(Span.HOUR)
    platform.writer("g1").ship(platform.labels(ids[39:], [1], at=platform.now + 1))
    with walk(services.evaluation, beside=VALUES) as stops:
        view = reader.refresh(Span.HOUR)
    assert (view.rows_read, view.live["A"].labelled) == (1, 35)
    assert stops == ["reader/reader.py", "historical.py", "reader/state.py", *IN, "reader/views.py"]


def test_looks_of_other_kinds_enter_no_file_twice_either(platform: Any, ids: np.ndarray) -> None:
    reader = reader_of(platform)
    project = reader.refresh(Span.ALL).project
    looks: list[Callable[[], object]] = [
        reader.follow, reader.desired_revisions, lambda: reader.traffic(project)
    ]  # fmt: skip
    for row, look in enumerate(looks):
        platform.writer("g1").ship(platform.predictions("A", ids[row : row + 1]))
        with walk(services.evaluation, beside=VALUES) as stops:
            look()
        assert len(stops) == len(set(stops))
        assert [stop for stop in stops if stop in IN] == IN
