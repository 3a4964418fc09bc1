"""The metrics table: side by side, the better one marked, the undefined explained."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from services.evaluation.metrics.definitions import MetricRow, metric_rows
from services.evaluation.metrics.registry import CLASS_METRICS, REGRESSION_METRICS
from services.evaluation.model import (
    ClassificationMetrics,
    ClassMetrics,
    Measure,
    RegressionMetrics,
    VersionView,
)
from widgets.tables.cells import Role
from widgets.tables.metrics import MetricsTable, VersionColumn

VERSIONS = (VersionColumn("A", 0), VersionColumn("B", 1))


def regression(rmse: float | None, r2: float | None = 0.5, bound: float = 0.0) -> VersionView:
    def measure(value: float | None) -> Measure:
        return Measure(value, "" if value is not None else "all true values are equal", bound)

    measures = {
        metric.key: measure(r2 if metric.higher_is_better else rmse) for metric in REGRESSION_METRICS
    }
    return VersionView(metrics=RegressionMetrics(10, measures))


@pytest.fixture
def table(qtbot: QtBot) -> MetricsTable:
    made = MetricsTable()
    qtbot.addWidget(made)
    made.show()
    return made


def cells(table: MetricsTable, line: int, role: int = Qt.ItemDataRole.DisplayRole) -> list[object]:
    model = table.view.model()
    return [model.index(line, column).data(role) for column in range(model.columnCount())]


def heads(table: MetricsTable) -> list[object]:
    model = table.view.model()
    columns = range(model.columnCount())
    return [model.headerData(column, Qt.Orientation.Horizontal) for column in columns]


def test_versions_stand_side_by_side_historical_then_live(table: MetricsTable) -> None:
    rows = metric_rows(
        {"A": regression(0.6), "B": regression(0.62)}, {"A": regression(0.66), "B": regression(0.58)}
    )
    table.show_metrics(rows, VERSIONS)
    assert heads(table) == ["Metric", "historical A", "historical B", "live A", "live B"]
    assert cells(table, 0) == ["RMSE", "▲ 0.600", "0.620", "0.660", "▲ 0.580"]


def test_lower_is_better_for_errors_and_higher_for_shares_and_words_say_so(table: MetricsTable) -> None:
    table.show_metrics(metric_rows({"A": regression(1.0, 0.2), "B": regression(2.0, 0.4)}, {}), VERSIONS)
    assert cells(table, 0, Role.STRONG) == [False, True, False, False, False]
    assert cells(table, 3, Role.STRONG) == [False, False, True, False, False]
    assert "better than A" in str(cells(table, 3, Qt.ItemDataRole.ToolTipRole)[2])


def test_equal_values_have_no_better_one(table: MetricsTable) -> None:
    table.show_metrics(metric_rows({"A": regression(1.0), "B": regression(1.0)}, {}), VERSIONS)
    assert not any(cells(table, 0, Role.STRONG))


def test_values_that_differ_late_are_shown_with_the_digits_that_differ(table: MetricsTable) -> None:
    table.show_metrics(metric_rows({"A": regression(0.50001), "B": regression(0.50002)}, {}), VERSIONS)
    assert cells(table, 0)[1:3] == ["▲ 0.50001", "0.50002"]


def test_the_undefined_is_a_dash_with_its_reason(table: MetricsTable) -> None:
    table.show_metrics(metric_rows({"A": regression(0.5, None), "B": regression(0.4)}, {}), VERSIONS)
    assert cells(table, 3)[1] == "–"
    tooltips = cells(table, 3, Qt.ItemDataRole.ToolTipRole)
    assert tooltips[1] == "Undefined: all true values are equal"
    assert tooltips[3] == "Not measured on live data."


def test_an_approximate_value_shows_its_bound(table: MetricsTable) -> None:
    table.show_metrics(metric_rows({"A": regression(0.5, bound=0.0004)}, {}), VERSIONS[:1])
    assert cells(table, 0)[1] == "0.500 ±0.0004"
    assert cells(table, 0, Role.EXPORT)[1] == "0.5"


def test_units_stand_with_the_metrics_that_have_one() -> None:
    names = [row.name for row in metric_rows({"A": regression(1.0)}, {}, unit="°C")]
    assert names[:4] == ["RMSE (°C)", "MAE (°C)", "MSE (°C²)", "R²"]


def test_classification_lists_every_class_of_any_version_and_leaves_out_what_one_lacks() -> None:
    def view(*classes: str) -> VersionView:
        one = ClassMetrics(5, {metric.key: Measure(0.5) for metric in CLASS_METRICS})
        named = dict.fromkeys(classes, one)
        return VersionView(
            metrics=ClassificationMetrics(
                10, {"accuracy": Measure(0.9)}, named, one, one, np.eye(2, dtype=np.int64)
            )
        )

    rows = {row.name: row for row in metric_rows({"A": view("x"), "B": view("x", "y")}, {"A": view("x")})}
    assert len(rows) == 1 + 4 * len(CLASS_METRICS)  # overall, two averages, two classes
    assert set(rows["AUC of y"].historical) == {"B"}
    assert rows["AUC of y"].live == {}
    assert rows["Accuracy"].higher_is_better is True


def test_nothing_measured_says_what_is_needed(table: MetricsTable) -> None:
    table.show_metrics(metric_rows({"A": VersionView()}, {}), VERSIONS)
    assert table.empty.isVisible()
    assert "true values" in table.empty.text()


def test_a_third_version_gets_its_columns_and_remembered_widths_stay(table: MetricsTable) -> None:
    table.show_metrics([metric("RMSE", A=1.0)], VERSIONS)
    remembered = table.save_layout()
    table.show_metrics([metric("RMSE", A=1.0, C=2.0)], (*VERSIONS, VersionColumn("C", 2)))
    assert heads(table)[3] == "historical C"
    assert table.restore_layout(remembered)


def metric(name: str, **values: float) -> MetricRow:
    measures = {version: Measure(value) for version, value in values.items()}
    return MetricRow(name, "", higher_is_better=False, historical=measures, live={})
