"""What one reader does: costs, faults, cancelling, spans, and where labels fall."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from services.errors import Cancelled, Conflict, NotFound, Unavailable
from services.evaluation.model import ClassificationMetrics, Span
from services.evaluation.reader.reader import ProjectReader
from services.registry.model import Task


def reader_of(platform: Any, **options: Any) -> ProjectReader:
    return ProjectReader(platform.store, platform.project, clock=platform.clock, **options)


@pytest.fixture
def platform(make_platform: Callable[..., Any]) -> Any:
    return make_platform()


def ids_before(platform: Any, tools: SimpleNamespace, *ages: float) -> np.ndarray:
    return tools.ids_at(platform.now - np.array(ages), np.arange(len(ages)))


def test_a_refresh_reads_only_what_is_new(platform: Any, reader_tools: SimpleNamespace) -> None:
    ids = ids_before(platform, reader_tools, *range(20))
    reader = reader_of(platform)
    platform.writer("g1").ship(platform.predictions("A", ids[:15]))
    assert reader.refresh(Span.HOUR).rows_read == 15
    platform.writer("g1").ship(platform.predictions("A", ids[15:]))
    view = reader.refresh(Span.HOUR)
    assert (view.rows_read, view.live["A"].predictions) == (5, 20)
    assert reader.refresh(Span.HOUR).rows_read == 0


def test_spans_count_requests_by_their_time(platform: Any, reader_tools: SimpleNamespace) -> None:
    ids = ids_before(platform, reader_tools, 60, 7_200, 2 * 86_400, 20 * 86_400)
    platform.writer("g1").ship(platform.predictions("A", ids))
    platform.writer("g1").ship(platform.labels(ids, [0, 1, 2, 0], at=platform.now))
    reader = reader_of(platform)
    views = {span: reader.refresh(span).live["A"] for span in Span}
    assert [view.predictions for view in views.values()] == [1, 2, 3, 4]
    assert [view.labelled for view in views.values()] == [1, 2, 3, 4]


def test_traffic_counts_as_a_view_does_and_reads_no_training_set(
    platform: Any, reader_tools: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = ids_before(platform, reader_tools, 60, 7_200, 2 * 86_400)
    platform.writer("g1").ship(platform.predictions("A", ids))
    platform.writer("g1").ship(platform.labels(ids[:2], [0, 1], at=platform.now))
    whole = reader_of(platform).refresh(Span.ALL)
    monkeypatch.setattr(type(platform.store), "training", None)
    traffic = reader_of(platform).traffic(whole.project)
    live = whole.live["A"]
    assert (traffic.predictions, traffic.labelled) == (live.predictions, live.labelled) == (3, 2)
    assert traffic.recent == 1
    assert traffic.newest_request == whole.newest_request


def test_time_that_passes_moves_requests_out_of_a_span(
    platform: Any, reader_tools: SimpleNamespace
) -> None:
    ids = ids_before(platform, reader_tools, 10, 1_800)
    platform.writer("g1").ship(platform.predictions("A", ids))
    reader = reader_of(platform)
    assert reader.refresh(Span.HOUR).live["A"].predictions == 2
    platform.now += 2_400
    assert reader.refresh(Span.HOUR).live["A"].predictions == 1
    platform.now += 9 * 86_400
    assert [reader.refresh(span).live["A"].predictions for span in Span] == [0, 0, 0, 2]


def test_a_label_of_an_unknown_class_is_counted_until_it_is_corrected(
    platform: Any, reader_tools: SimpleNamespace
) -> None:
    ids = ids_before(platform, reader_tools, 5, 6)
    reader = reader_of(platform)
    platform.writer("g1").ship(platform.predictions("A", ids))
    platform.writer("g1").ship(platform.labels(ids, [0, 9], at=1))
    metrics = reader.refresh(Span.ALL).live["A"].metrics
    assert isinstance(metrics, ClassificationMetrics)
    assert metrics.classes["unknown 9"].support == 1
    platform.writer("g1").ship(platform.labels(ids[1:], [1], at=2))
    metrics = reader.refresh(Span.ALL).live["A"].metrics
    assert isinstance(metrics, ClassificationMetrics)
    assert metrics.rows == 2
    assert "unknown 9" not in metrics.classes


def test_a_version_registered_while_the_reader_runs_is_counted(
    platform: Any, reader_tools: SimpleNamespace
) -> None:
    ids = ids_before(platform, reader_tools, 5)
    reader = reader_of(platform)
    reader.refresh(Span.ALL)
    platform.add_version("C")
    platform.writer("g1").ship(platform.predictions("C", ids))
    assert reader.refresh(Span.ALL).live["C"].predictions == 1


def test_a_cancelled_refresh_changes_nothing_and_can_be_asked_again(
    platform: Any, reader_tools: SimpleNamespace
) -> None:
    ids = ids_before(platform, reader_tools, 5, 6, 7)
    for row in range(3):
        platform.writer("g1").ship(platform.predictions("A", ids[row : row + 1]))
    reader = reader_of(platform)
    answers = iter([False, True])
    with pytest.raises(Cancelled):
        reader.refresh(Span.ALL, lambda: next(answers))
    view = reader.refresh(Span.ALL)
    assert (view.rows_read, view.live["A"].predictions) == (3, 3)


class Failing:
    """A store whose calls of one name fail for a while."""

    def __init__(self, store: Any, name: str) -> None:
        self._store, self._name, self.down = store, name, True

    def __getattr__(self, name: str) -> Any:
        if name == self._name and self.down:
            raise Unavailable("nobody answers")
        return getattr(self._store, name)


@pytest.mark.parametrize("call", ["read", "labels", "prediction_batches", "project"])
def test_a_store_that_fails_during_a_refresh_costs_no_row(
    platform: Any, reader_tools: SimpleNamespace, call: str
) -> None:
    ids = ids_before(platform, reader_tools, *range(40))
    platform.writer("g1").ship(platform.predictions("A", ids))
    first = reader_of(platform)
    first.follow()
    first.write_rollups(kept_rows=3)
    platform.writer("g1").ship(platform.labels(ids, [0] * 40, at=1))
    failing = Failing(platform.store, call)
    reader = ProjectReader(failing, platform.project, clock=platform.clock)
    with pytest.raises(Unavailable):
        reader.refresh(Span.ALL)
    failing.down = False
    view = reader.refresh(Span.ALL).live["A"]
    assert (view.predictions, view.labelled) == (40, 40)


def test_a_packed_segment_whose_chunks_end_early_is_read_whole_or_not_at_all(
    platform: Any, reader_tools: SimpleNamespace
) -> None:
    ids = ids_before(platform, reader_tools, *range(10))
    platform.writer("g1").ship(platform.predictions("A", ids))
    platform.writer("g1").ship(platform.labels(ids, [0] * 10, at=1))
    platform.writer("g1").close()
    platform.pack()

    class Broken(Failing):
        def read(self, *arguments: Any, **options: Any) -> Iterator[Any]:
            entries = self._store.read(*arguments, **options)
            yield next(entries)
            if self.down:
                raise Unavailable("nobody answers")
            yield from entries

    broken = Broken(platform.store, "")
    reader = ProjectReader(broken, platform.project, clock=platform.clock)
    with pytest.raises(Unavailable):
        reader.refresh(Span.ALL)
    broken.down = False
    view = reader.refresh(Span.ALL)
    assert (view.rows_read, view.live["A"].predictions, view.live["A"].labelled) == (20, 10, 10)


def test_rollups_that_are_broken_are_replaced_from_the_log(
    platform: Any, reader_tools: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    ids = ids_before(platform, reader_tools, 1, 2)
    platform.writer("g1").ship(platform.predictions("A", ids))
    platform.store.write_rollups(platform.project, 1, {"carry": b"rubbish"}, b"{}")
    reader = reader_of(platform)
    assert reader.refresh(Span.ALL).rows_read == 2
    assert "read from the start" in caplog.text
    reader.write_rollups()
    view = reader_of(platform).refresh(Span.ALL)
    assert (view.rows_read, view.live["A"].predictions) == (0, 2)


def test_a_reader_that_lost_the_race_for_a_generation_starts_from_the_winners(
    platform: Any, reader_tools: SimpleNamespace
) -> None:
    ids = ids_before(platform, reader_tools, 1, 2)
    platform.writer("g1").ship(platform.predictions("A", ids[:1]))
    first, second = reader_of(platform), reader_of(platform)
    first.follow(), second.follow()
    first.write_rollups()
    with pytest.raises(Conflict):
        second.write_rollups()
    platform.writer("g1").ship(platform.predictions("A", ids[1:]))
    assert second.refresh(Span.ALL).live["A"].predictions == 2
    assert second.write_rollups() == 2


def test_an_unknown_project_is_named(platform: Any) -> None:
    with pytest.raises(NotFound, match="'beer'"):
        ProjectReader(platform.store, "beer").refresh(Span.ALL)


def test_what_is_held_stays_within_its_bound(
    make_platform: Callable[..., Any], reader_tools: SimpleNamespace
) -> None:
    platform = make_platform(Task.REGRESSION)
    reader = reader_of(platform, held_rows=100)
    for start in range(0, 600, 60):
        numbers = np.arange(start, start + 60)
        ids = reader_tools.ids_at(platform.now - 600 + numbers, numbers)
        platform.writer("g1").ship(platform.predictions("A", ids))
        platform.writer("g1").ship(platform.labels(ids, numbers.tolist(), at=1))
        reader.follow()
        assert reader._state is not None
        assert reader._state.joiner.rows <= 125
    assert reader.refresh(Span.ALL).live["A"].labelled == 600
