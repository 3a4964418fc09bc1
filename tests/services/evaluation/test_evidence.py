"""Evidence of a change of champion: what it rests on, and what it says when there is little or nothing."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from services.evaluation.evidence import evidence_of, read_evidence
from services.evaluation.metrics.registry import REGRESSION_METRICS
from services.evaluation.model import Measure, ProjectView, RegressionMetrics, Span, VersionView
from services.evaluation.reader.reader import ProjectReader
from services.registry.model import (
    DataKind,
    Field,
    MetricValue,
    Mode,
    PolicyChoice,
    Project,
    Signature,
    Task,
    Version,
)

SIGNATURE = Signature((Field("ph", "ph"),), Field("quality", "quality"), Task.REGRESSION)
AT = datetime(2026, 11, 12, tzinfo=UTC)
A, B = (
    Version("wine", name, mode, SIGNATURE, name.lower() * 64, AT, order=order)
    for order, (name, mode) in enumerate({"A": Mode.CHAMPION, "B": Mode.CHALLENGER}.items())
)
WINE = Project("wine", "A", 1, PolicyChoice(), (A, B))


def measured(rows: int, rmse: float, r2: float | None = 0.5) -> VersionView:
    measures = {metric.key: Measure(r2) for metric in REGRESSION_METRICS}
    measures |= {"rmse": Measure(rmse), "mse": Measure(rmse * rmse), "mae": Measure(rmse / 2)}
    return VersionView(predictions=2 * rows, labelled=rows, metrics=RegressionMetrics(rows, measures))


def view(*, live: dict[str, VersionView], historical: dict[str, VersionView]) -> ProjectView:
    return ProjectView(WINE, AT, Span.ALL, 0, historical, live)


HISTORICAL = {"A": measured(300, 0.5), "B": measured(300, 0.4)}


def test_live_rows_count_where_both_versions_have_true_values() -> None:
    evidence = evidence_of(
        view(live={"A": measured(12, 0.6), "B": measured(10, 0.55)}, historical=HISTORICAL), "B"
    )
    assert evidence.note == ""
    assert [one.metric for one in evidence.values[::2]] == [metric.title for metric in REGRESSION_METRICS]
    assert evidence.values[:2] == (
        MetricValue("RMSE", "A", "a" * 64, DataKind.LIVE, 12, 0.6),
        MetricValue("RMSE", "B", "b" * 64, DataKind.LIVE, 10, 0.55),
    )


def test_the_training_set_counts_otherwise_and_the_note_says_what_is_missing() -> None:
    evidence = evidence_of(
        view(live={"A": measured(12, 0.6), "B": VersionView(10)}, historical=HISTORICAL), "B"
    )
    assert {(one.data, one.rows) for one in evidence.values} == {(DataKind.HISTORICAL, 300)}
    assert evidence.note == "No live row with a true value of the present revision of B."


def test_no_data_is_a_verdict_of_its_own() -> None:
    evidence = evidence_of(view(live={}, historical={"A": HISTORICAL["A"]}), "B")
    assert evidence.values == ()
    assert evidence.note.startswith("No data. No live row with a true value")


def test_an_undefined_metric_has_no_value() -> None:
    live = {"A": measured(2, 0.6, None), "B": measured(2, 0.6, None)}
    values = {one.metric: one.value for one in evidence_of(view(live=live, historical={}), "B").values}
    assert (values["R²"], values["RMSE"]) == (None, pytest.approx(0.6))


def test_a_version_that_is_gone_is_named() -> None:
    assert evidence_of(view(live={}, historical={}), "Z").note == "wine has no version Z."


def test_only_rows_of_the_desired_revisions_count_however_old_they_are(
    make_platform: Callable[..., Any], reader_tools: SimpleNamespace
) -> None:
    platform = make_platform(Task.REGRESSION)
    ids = reader_tools.ids_at(platform.now - np.arange(40) * 86_400.0, np.arange(40))
    writer = platform.writer("g1")
    for version, revision, rows in (
        ("A", "f" * 64, ids[:15]),
        ("A", "0" * 64, ids[15:]),
        ("B", "0" * 64, ids),
    ):
        writer.ship(platform.predictions(version, rows, revision=revision))
    writer.ship(platform.labels(ids, list(range(40)), at=platform.now))
    reader = ProjectReader(platform.store, platform.project, clock=platform.clock)
    evidence = read_evidence(reader, "B")
    assert {(one.version, one.revision, one.rows) for one in evidence.values} == {
        ("A", "0" * 64, 25),
        ("B", "0" * 64, 40),
    }
    wanted = reader_tools.metrics(platform, "A", ids[15:], list(range(15, 40)))
    assert evidence.values[0].value == wanted["rmse"].value
