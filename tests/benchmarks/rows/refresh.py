"""A refresh of Monitor with 2,000 new rows: at much against little history, and against recomputing."""

import tempfile
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
from sklearn.metrics import classification_report, roc_auc_score

from services.evaluation.model import ClassificationMetrics, ProjectView, Span
from services.evaluation.reader.reader import ProjectReader
from services.registry.model import Task
from services.store.sqlite import SqliteStore
from tests.benchmarks.row import Goal, Outcome, Row
from tests.benchmarks.timing import in_words
from tests.benchmarks.traffic import Traffic, joined

NEW_ROWS = 2_000
REFRESHES = 15
FEW, MANY = 100_000, 10_000_000
ROWS_PER_SECOND = 10.0


class Watched:
    """A project in a store of its own, and a reader that has read all of it."""

    def __init__(self, folder: Path, rows: int, stack: ExitStack) -> None:
        self.store = SqliteStore(folder)
        stack.callback(self.store.close)
        self.traffic = Traffic(
            self.store, "flowers", task=Task.CLASSIFICATION, inputs=4, batch=5_000, rate=ROWS_PER_SECOND,
            rows=rows + NEW_ROWS * (REFRESHES + 1),
        )  # fmt: skip
        self.traffic.write(rows)
        self.reader = ProjectReader(self.store, "flowers")
        self.reader.refresh(Span.ALL)

    def refresh(self) -> float:
        """Let 2,000 rows and their labels come, and time the refresh alone; it must have seen them."""
        self.traffic.write(NEW_ROWS)
        start = perf_counter()
        view = self.reader.refresh(Span.ALL)
        seconds = perf_counter() - start
        assert view.rows_read == 2 * NEW_ROWS
        return seconds


@cache
def refreshed(scale: float) -> tuple[float, float, float]:
    """Seconds of a refresh with few rows and with many, and of scikit-learn over the many."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="relevo-bench-")))
        few = Watched(folder / "few", int(FEW * scale), stack)
        many = Watched(folder / "many", int(MANY * scale), stack)
        few.refresh(), many.refresh()
        taken = [(few.refresh(), many.refresh()) for _ in range(REFRESHES)]
        few_seconds, many_seconds = (median(side) for side in zip(*taken, strict=True))
        peer_seconds = recompute(many.store, many.reader.refresh(Span.ALL))
    return few_seconds, many_seconds, peer_seconds


def recompute(store: SqliteStore, view: ProjectView) -> float:
    """Seconds of scikit-learn over all rows, already in memory, whose answer must be the view's."""
    scores, predicted, real = joined(entry.batch for entry in store.read("flowers", {}))
    start = perf_counter()
    report = classification_report(real, predicted, output_dict=True)
    auc = roc_auc_score(real, scores, multi_class="ovr")
    seconds = perf_counter() - start
    metrics = view.live["A"].metrics
    assert isinstance(metrics, ClassificationMetrics)
    np.testing.assert_allclose(metrics.macro["f1"].value, report["macro avg"]["f1-score"], rtol=1e-9)
    np.testing.assert_allclose(metrics["accuracy"].value, report["accuracy"], rtol=1e-9)
    assert abs(metrics.macro["auc"].value - auc) <= metrics.macro["auc"].error_bound + 1e-12
    return seconds


def against_little_history(scale: float) -> Outcome:
    """How much dearer a refresh is with a hundred times the history."""
    few, many, _ = refreshed(scale)
    return Outcome(
        many / few, in_words(many), in_words(few), note="store and log in SQLite, all rows in span"
    )


def against_recomputing(scale: float) -> Outcome:
    """How much cheaper a refresh is than scikit-learn over all rows."""
    _, many, peer = refreshed(scale)
    return Outcome(
        peer / many, in_words(many), in_words(peer), note="scikit-learn's rows are in memory already"
    )


ROWS = [
    Row(
        "refresh-history",
        "refresh with 2,000 new rows at 10 M rows; at 100,000",
        Goal(1.2, at_most=True),
        against_little_history,
    ),
    Row(
        "refresh-recompute",
        "refresh with 2,000 new rows at 10 M rows; scikit-learn over all",
        Goal(1000),
        against_recomputing,
    ),
]
