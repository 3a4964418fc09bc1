"""The joins that happen rarely, each on its own: what comes early, late, twice or corrected."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from services.evaluation.model import RegressionMetrics, Span
from services.evaluation.reader.reader import ProjectReader
from services.registry.model import Mode, Task


@pytest.fixture
def platform(make_platform: Callable[..., Any]) -> Any:
    return make_platform(Task.REGRESSION)


@pytest.fixture
def ids(platform: Any, reader_tools: SimpleNamespace) -> Any:
    return reader_tools.ids_at(platform.now - np.arange(40.0), np.arange(40))


def reader_of(platform: Any, held_rows: int = 1_000) -> ProjectReader:
    return ProjectReader(platform.store, platform.project, clock=platform.clock, held_rows=held_rows)


def counts(reader: ProjectReader, version: str = "A") -> tuple[int, int]:
    view = reader.refresh(Span.ALL).live[version]
    return view.predictions, view.labelled


def real_values(reader: ProjectReader, version: str = "A") -> list[float]:
    """The true values that count now, by what the metrics and the pairs say."""
    view = reader.refresh(Span.ALL).live[version]
    assert isinstance(view.metrics, RegressionMetrics)
    assert view.pairs is not None
    assert view.metrics.rows == len(view.pairs.real)
    return sorted(view.pairs.real.tolist())


def forget(platform: Any, reader: ProjectReader) -> ProjectReader:
    """A reader from rollups that carry next to nothing: all that came before is past."""
    reader.follow()
    reader.write_rollups(kept_rows=1)
    return reader_of(platform)


def test_a_label_before_its_prediction_can_be_corrected_after_it(platform: Any, ids: Any) -> None:
    reader = reader_of(platform)
    platform.writer("g1").ship(platform.labels(ids[:1], [5], at=1))
    reader.follow()
    platform.writer("g1").ship(platform.predictions("A", ids[:1]))
    assert real_values(reader) == [5]
    platform.writer("g1").ship(platform.labels(ids[:1], [7], at=2))
    assert real_values(reader) == [7]


def test_the_latest_label_wins_although_it_came_first(platform: Any, ids: Any) -> None:
    reader = reader_of(platform)
    platform.writer("g1").ship(platform.predictions("A", ids[:1]))
    platform.writer("g2").ship(platform.labels(ids[:1], [9], at=2))
    assert real_values(reader) == [9]
    platform.writer("g1").ship(platform.labels(ids[:1], [4], at=1))
    assert real_values(reader) == [9]


def test_labels_of_the_same_instant_are_settled_by_their_place_in_the_log(platform: Any, ids: Any) -> None:
    together, apart = reader_of(platform), reader_of(platform)
    platform.writer("g1").ship(platform.predictions("A", ids))
    for writer, value, expected in (("g2", 2, 2), ("g1", 1, 2), ("g3", 3, 3), ("g1", 9, 3)):
        platform.writer(writer).ship(platform.labels(ids[-1:], [value], at=1))
        apart = forget(platform, apart) if writer == "g2" else apart
        assert real_values(apart) == [expected]
    assert real_values(together) == [3]


def test_a_later_instant_counts_whatever_the_writer_is_called(platform: Any, ids: Any) -> None:
    reader = reader_of(platform)
    platform.writer("g1").ship(platform.predictions("A", ids[:1]))
    platform.writer("g3").ship(platform.labels(ids[:1], [3], at=1))
    platform.writer("g2").ship(platform.labels(ids[:1], [2], at=2))
    assert real_values(reader) == [2]


def test_a_past_label_is_corrected_by_key(platform: Any, ids: Any) -> None:
    platform.writer("g1").ship(platform.predictions("A", ids))
    platform.writer("g1").ship(platform.predictions("B", ids, mode=Mode.CHALLENGER))
    platform.writer("g1").ship(platform.labels(ids, [1] * 40, at=1))
    reader = forget(platform, reader_of(platform))
    platform.writer("g1").ship(platform.labels(ids[20:21], [8], at=2))
    assert real_values(reader) == real_values(reader, "B") == [1] * 39 + [8]


def test_a_shadow_hours_late_finds_its_label_by_key(platform: Any, ids: Any) -> None:
    platform.writer("g1").ship(platform.predictions("A", ids))
    platform.writer("g1").ship(platform.labels(ids, list(range(40)), at=1))
    reader = forget(platform, reader_of(platform))
    platform.writer("g2").ship(platform.predictions("B", ids, mode=Mode.CHALLENGER, late=True))
    assert real_values(reader, "B") == list(range(40))


def test_a_shadow_between_live_table_and_log_is_counted_once_through_corrections(
    platform: Any, ids: Any
) -> None:
    platform.writer("g1").ship(platform.predictions("A", ids))
    platform.writer("g1").ship(platform.labels(ids, [1] * 40, at=1))
    reader = forget(platform, reader_of(platform))
    shadow = platform.predictions("B", ids[20:21], mode=Mode.CHALLENGER, late=True)
    position = platform.writer("g2").write_live(shadow)
    for at, value in ((2, 5), (3, 6)):
        platform.writer("g1").ship(platform.labels(ids[20:21], [value], at=at))
        reader.follow()
    platform.writer("g2").log(shadow, position)
    assert real_values(reader, "B") == [6]
    assert counts(reader, "B") == (1, 1)


@pytest.mark.parametrize("known_since", ["the same reading", "an earlier reading", "the rollups"])
def test_a_retry_through_another_gateway_counts_once(platform: Any, ids: Any, known_since: str) -> None:
    batch = platform.predictions("A", ids, brought=True)
    reader = reader_of(platform)
    platform.writer("g1").ship(batch)
    if known_since == "an earlier reading":
        reader.follow()
    elif known_since == "the rollups":
        reader = forget(platform, reader)
    platform.writer("g2").ship(batch)
    platform.writer("g1").ship(platform.labels(ids, [1] * 40, at=1))
    assert counts(reader) == (40, 40)


def test_a_retry_of_a_past_id_counts_once(platform: Any, ids: Any) -> None:
    """The id is older than all that is held when it is met first, and comes again after that."""
    platform.writer("g1").ship(platform.predictions("A", ids[:20]))
    reader = forget(platform, reader_of(platform))
    old = platform.predictions("A", ids[30:], brought=True)
    platform.writer("g1").ship(old)
    platform.writer("g1").ship(platform.labels(ids[30:], [1] * 10, at=1))
    assert counts(reader) == (30, 10)
    platform.writer("g2").ship(old)
    assert counts(reader) == (30, 10)
    assert counts(forget(platform, reader)) == (30, 10)


def test_a_label_nobody_predicted_waits(platform: Any, ids: Any) -> None:
    reader = reader_of(platform)
    platform.writer("g1").ship(platform.labels(ids[:1], [5], at=1))
    assert counts(reader) == (0, 0)
    reader = forget(platform, reader)
    platform.writer("g1").ship(platform.predictions("A", ids[:1]))
    assert real_values(reader) == [5]


def test_two_copies_of_a_row_of_the_past_are_counted_once_whatever_they_say_of_themselves(
    platform: Any, ids: Any
) -> None:
    platform.writer("g1").ship(platform.predictions("A", ids))
    reader = forget(platform, reader_of(platform))
    for writer, late in (("g1", False), ("g2", True)):
        platform.writer(writer).ship(platform.predictions("B", ids[20:22], mode=Mode.CHALLENGER, late=late))
        reader.follow()
    assert counts(reader, "B") == (2, 0)


def test_a_batch_all_of_whose_rows_were_brought_by_another_writer_counts_nothing(
    platform: Any, ids: Any
) -> None:
    platform.writer("g1").ship(platform.predictions("A", ids))
    platform.writer("g1").ship(platform.predictions("A", ids[:0]))
    platform.writer("g1").ship(platform.predictions("B", ids[:0], mode=Mode.CHALLENGER))
    reader = reader_of(platform)
    assert counts(reader) == (40, 0)
    assert counts(reader, "B") == (0, 0)
