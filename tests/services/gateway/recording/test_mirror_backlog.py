"""Which rows of the log a challenger lacks, and how far a cursor may move meanwhile."""

from dataclasses import replace

import numpy as np
import pytest

from services.gateway.mirroring.backlog import Backlog
from services.registry.model import Mode
from services.store.batches import PredictionBatch
from services.store.identifiers import milliseconds
from services.store.interface import LogEntry

HOUR = 3_600_000
GRACE = 60.0


def _batch(version: str, numbers: list[int], *, made: int = 0, propensity: float = 1.0) -> PredictionBatch:
    """Rows whose ids were made at a Unix millisecond and tell their number."""
    ids = np.empty((len(numbers), 2), np.uint64)
    ids[:, 0] = np.uint64(made << 16 | 0x7000)
    ids[:, 1] = np.array(numbers, np.uint64) | np.uint64(1 << 63)
    count = len(numbers)
    return PredictionBatch(
        version,
        "r",
        Mode.CHAMPION,
        ids,
        {},
        np.zeros(count),
        None,
        np.zeros(count, np.float32),
        np.full(count, propensity, np.float32),
    )


def _entry(batch: PredictionBatch, advance: tuple[int, int] | None, writer: str = "w") -> LogEntry:
    return LogEntry(writer, 0, batch, advance)


@pytest.fixture
def backlog() -> Backlog:
    return Backlog("B", {}, 0, grace=GRACE)


def _due(backlog: Backlog, now: float, clock: int = 0) -> list[int]:
    return [missing.row for missing in backlog.due(now, clock, 1000)]


def test_the_cursor_stays_before_a_row_that_lacks_an_answer(backlog: Backlog) -> None:
    backlog.note_entry(_entry(_batch("A", [1, 2]), (0, 0)), 0.0)
    backlog.note_entry(_entry(_batch("A", [3]), (0, 1)), 0.0)
    backlog.note_entry(_entry(_batch("B", [1, 3]), (0, 2)), 0.0)
    assert backlog.safe_cursors() == {"w": (-1, -1)}
    assert backlog.read_cursors() == {"w": (0, 2)}
    backlog.note_entry(_entry(_batch("B", [2]), (0, 3)), 0.0)
    assert backlog.safe_cursors() == {"w": (0, 3)}
    assert len(backlog) == 0


def test_an_answer_read_before_its_row_counts(backlog: Backlog) -> None:
    backlog.note_entry(_entry(_batch("B", [1]), (0, 0)), 0.0)
    backlog.note_entry(_entry(_batch("A", [1]), (0, 1)), 0.0)
    assert len(backlog) == 0


def test_an_answer_in_another_writers_log_counts(backlog: Backlog) -> None:
    backlog.note_entry(_entry(_batch("A", [1]), (0, 0), "w"), 0.0)
    backlog.note_entry(_entry(_batch("B", [1]), (0, 0), "v"), 0.0)
    assert backlog.safe_cursors() == {"w": (0, 0), "v": (0, 0)}


def test_rows_of_a_packed_segment_hold_the_cursor_before_all_of_it(backlog: Backlog) -> None:
    backlog.note_entry(_entry(_batch("A", [1]), None), 0.0)
    backlog.note_entry(_entry(_batch("B", [1]), None), 0.0)
    assert backlog.safe_cursors() == {"w": (-1, -1)}
    backlog.note_entry(_entry(_batch("A", [2]), (4, 9)), 0.0)
    assert backlog.safe_cursors() == {"w": (-1, -1)}
    backlog.note_entry(_entry(_batch("B", [2]), (5, 0)), 0.0)
    assert backlog.safe_cursors() == {"w": (5, 0)}


def test_a_row_is_due_only_after_its_answer_had_time_to_come(backlog: Backlog) -> None:
    backlog.note_entry(_entry(_batch("A", [1]), (0, 0)), 100.0)
    assert _due(backlog, 100.0 + GRACE - 1) == []
    assert _due(backlog, 100.0 + GRACE) == [0]


def test_a_row_is_due_at_once_when_the_log_has_been_read_far_beyond_it(backlog: Backlog) -> None:
    backlog.note_entry(_entry(_batch("A", [1], made=HOUR), (0, 0)), 0.0)
    backlog.note_entry(_entry(_batch("A", [2], made=2 * HOUR), (0, 1)), 0.0)
    assert _due(backlog, 0.0, clock=2 * HOUR) == [0]


def test_a_row_of_long_ago_is_due_at_once(backlog: Backlog) -> None:
    backlog.note_entry(_entry(_batch("A", [1], made=HOUR), (0, 0)), 0.0)
    assert _due(backlog, 0.0, clock=2 * HOUR) == [0]


def test_ids_that_clients_brought_tell_no_time(backlog: Backlog) -> None:
    old = replace(_batch("A", [1], made=HOUR), brought=True)
    ahead = replace(_batch("A", [2], made=9 * HOUR), brought=True)
    backlog.note_entry(_entry(old, (0, 0)), 0.0)
    backlog.note_entry(_entry(ahead, (0, 1)), 0.0)
    assert _due(backlog, 0.0, clock=9 * HOUR) == []


def test_after_an_outage_nothing_is_due_until_what_is_on_its_way_had_time(backlog: Backlog) -> None:
    backlog.note_entry(_entry(_batch("A", [1]), (0, 0)), 0.0)
    backlog.wait_again(1000.0)
    assert _due(backlog, 1000.0 + GRACE - 1) == []
    assert _due(backlog, 1000.0 + GRACE) == [0]


def test_rows_of_the_shadow_and_rows_asked_by_name_are_not_wanted(backlog: Backlog) -> None:
    backlog.note_entry(_entry(_batch("C", [1], propensity=0.0), (0, 0)), 0.0)
    backlog.note_entry(_entry(_batch("A", [2], propensity=float("nan")), (0, 1)), 0.0)
    assert len(backlog) == 0
    assert backlog.safe_cursors() == {"w": (0, 1)}


def test_rows_asked_before_the_version_was_there_are_not_wanted() -> None:
    backlog = Backlog("B", {}, 2 * HOUR, grace=GRACE)
    backlog.note_entry(_entry(_batch("A", [1], made=HOUR), (0, 0)), 0.0)
    backlog.note_entry(_entry(_batch("A", [2], made=3 * HOUR), (0, 1)), 0.0)
    assert len(backlog) == 1


def test_skipped_rows_are_counted_once_the_cursor_has_passed_them(backlog: Backlog) -> None:
    backlog.note_entry(_entry(_batch("A", [1, 2]), (0, 0)), 0.0, np.array([True, False]))
    assert backlog.skipped == 0
    (missing,) = backlog.due(GRACE, 0, 10)
    backlog.refuse([missing.key])
    assert backlog.skipped == 2
    assert backlog.safe_cursors() == {"w": (0, 0)}


def test_the_ids_of_these_tests_tell_their_time() -> None:
    assert milliseconds(_batch("A", [1], made=HOUR).ids).tolist() == [HOUR]
