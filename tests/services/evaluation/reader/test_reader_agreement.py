"""Every reader agrees, whatever it read when: from rows or from rollups, in one go or in many."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.evaluation.join.joiner import HELD_ROWS
from services.evaluation.model import Span
from services.evaluation.reader.reader import ProjectReader
from services.registry.model import Mode, Task

IDS = 18
AGES = (5, 70, 600, 4_000, 50_000, 100_000, 700_000)  # seconds: from this bucket to days

some_ids = st.lists(st.integers(0, IDS - 1), min_size=1, max_size=6, unique=True)
writer_names = st.sampled_from(["g1", "g2"])
actions = st.one_of(
    st.tuples(st.just("predict"), writer_names, some_ids, st.sampled_from("AB"), st.booleans()),
    st.tuples(st.just("label"), writer_names, some_ids, st.integers(0, 3), st.integers(0, 3)),
    st.tuples(st.just("again"), writer_names, some_ids, st.sampled_from("AB")),
    st.tuples(st.just("close"), writer_names),
    st.tuples(st.just("pack")),
    st.tuples(st.just("half"), writer_names),
    st.tuples(st.just("refresh"), st.integers(0, 1)),
    st.tuples(st.just("rollup"), st.integers(0, 1)),
    st.tuples(st.just("restart"), st.integers(0, 1)),
    st.tuples(st.just("wait"), st.sampled_from([10, 400, 90_000])),
)
"""What may happen, in any order; two readers look on, and are restarted."""


class History:
    """Carries actions out, and remembers what should be counted."""

    def __init__(self, platform: Any, ids: np.ndarray) -> None:
        self.platform, self.ids = platform, ids
        self.predicted: dict[str, set[int]] = {"A": set(), "B": set()}
        self.labels: dict[int, tuple[Any, int]] = {}
        self.batches: dict[tuple[str, int], Any] = {}
        self.unlogged: list[tuple[Any, Any, Any]] = []
        self.readers = [self.reader(6), self.reader(HELD_ROWS)]

    def reader(self, held_rows: int) -> ProjectReader:
        return ProjectReader(
            self.platform.store, self.platform.project, clock=self.platform.clock, held_rows=held_rows
        )

    def predict(self, writer: str, rows: list[int], version: str, late: bool) -> None:
        rows = [row for row in rows if row not in self.predicted[version]]
        if rows:
            mode = Mode.CHAMPION if version == "A" else Mode.CHALLENGER
            # Even ids were brought by clients, and may come again.
            for brought in (True, False):
                chosen = [row for row in rows if (row % 2 == 0) is brought]
                if chosen:
                    batch = self.platform.predictions(
                        version, self.ids[chosen], mode=mode, late=late, brought=brought
                    )
                    self.batches.update(
                        {(version, row): (batch, place) for place, row in enumerate(chosen)}
                    )
                    self.platform.writer(writer).ship(batch)
            self.predicted[version].update(rows)

    def again(self, writer: str, rows: list[int], version: str) -> None:
        for row in rows:
            if row % 2 == 0 and (version, row) in self.batches:
                batch, place = self.batches[version, row]
                self.platform.writer(writer).ship(batch.take(np.array([place])))

    def label(self, writer: str, rows: list[int], value: int, at: int) -> None:
        values = [(value + row) % 4 for row in rows]
        shipped = self.platform.labels(self.ids[rows], values, at=1_700_000_000 + at)
        position = self.platform.writer(writer).write_live(shipped)
        self.platform.writer(writer).log(shipped, position)
        for row, label in zip(rows, values, strict=True):
            key = (at, position)
            if row not in self.labels or key >= self.labels[row][0]:
                self.labels[row] = (key, label)

    def close(self, writer: str) -> None:
        if not any(unlogged[0].name == writer for unlogged in self.unlogged):
            self.platform.writer(writer).close()

    def pack(self) -> None:
        self.platform.pack()

    def half(self, writer: str) -> None:
        """A late shadow stands in the live table a while before it stands in the log."""
        waiting = sorted(set(range(IDS)) - self.predicted["B"])[:2]
        if waiting and not any(unlogged[0].name == writer for unlogged in self.unlogged):
            batch = self.platform.predictions("B", self.ids[waiting], mode=Mode.CHALLENGER, late=True)
            shipper = self.platform.writer(writer)
            self.unlogged.append((shipper, batch, shipper.write_live(batch)))
            self.predicted["B"].update(waiting)

    def refresh(self, reader: int) -> None:
        self.readers[reader].refresh(Span.HOUR)

    def rollup(self, reader: int) -> None:
        self.readers[reader].follow()
        newest = self.platform.store.rollups(self.platform.project)
        state = self.readers[reader]._state
        if state is not None and (newest[0] if newest else 0) == state.generation:
            self.readers[reader].write_rollups(kept_rows=4)

    def restart(self, reader: int) -> None:
        self.readers[reader] = self.reader([6, HELD_ROWS][reader])

    def wait(self, seconds: int) -> None:
        self.platform.now += seconds

    def finish(self) -> None:
        for shipper, batch, position in self.unlogged:
            shipper.log(batch, position)


@pytest.mark.parametrize("task", list(Task))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(actions, min_size=4, max_size=30))
def test_readers_agree_with_each_other_and_with_the_history(
    make_platform: Callable[..., Any], reader_tools: Any, task: Task, history: list[tuple[Any, ...]]
) -> None:
    platform = make_platform(task)
    ages = np.array([AGES[number % len(AGES)] for number in range(IDS)])
    played = History(platform, reader_tools.ids_at(platform.now - ages, np.arange(IDS)))
    for name, *arguments in history:
        getattr(played, name)(*arguments)
    played.finish()
    readers = [*played.readers, played.reader(HELD_ROWS), played.reader(5), reader_of_rows(played)]
    for span in Span:
        views = [reader_tools.plain(reader.refresh(span).live) for reader in readers]
        assert all(view == views[0] for view in views)
    final = readers[0].refresh(Span.ALL).live
    for version, rows in played.predicted.items():
        labelled = [row for row in rows if row in played.labels]
        assert final[version].predictions == len(rows)
        assert final[version].labelled == len(labelled)
        expected = [played.labels[row][1] for row in labelled]
        assert reader_tools.plain(final[version].metrics) == reader_tools.plain(
            reader_tools.metrics(platform, version, played.ids[labelled], expected) if labelled else None
        )


def reader_of_rows(played: History) -> ProjectReader:
    """A reader that starts at the first row although there are rollups."""
    from services.evaluation.reader.state import ReaderState

    reader = played.reader(HELD_ROWS)
    reader._state = ReaderState()
    return reader
