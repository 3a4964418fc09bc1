"""ROC curves: a square per class, a line per version."""

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from services.evaluation.model import Measure, RocCurve
from widgets.plots import RocPlot
from widgets.plots.roc_subplot import decimated, rate_at
from widgets.theme import Appearance, version_style

ORDERS = {"A": 0, "B": 1}


@pytest.fixture
def plot(qtbot: QtBot) -> RocPlot:
    made = RocPlot()
    qtbot.addWidget(made)
    made.resize(800, 400)
    made.show()
    return made


def test_areas_stand_in_each_square_with_bound_and_dash_for_undefined(
    plot: RocPlot, curves: dict[str, list[RocCurve]], appearance: Appearance
) -> None:
    plot.show_curves(curves, ORDERS)
    assert plot.subplot("setosa").areas() == "A AUC 0.900\nB AUC 0.950"
    assert plot.subplot("virginica").areas() == "A AUC 0.800 ±0.0004\nB AUC –"
    assert not plot.grab().isNull()


def test_versions_differ_in_colour_and_dash(plot: RocPlot, curves: dict[str, list[RocCurve]]) -> None:
    plot.show_curves(curves, ORDERS)
    looks = [(entry.colour, entry.dash) for entry in plot.legend.entries()]
    assert looks == [(style.colour, style.dash) for style in (version_style(0), version_style(1))]


def test_the_legend_hides_a_version_in_every_square(
    plot: RocPlot, curves: dict[str, list[RocCurve]]
) -> None:
    plot.show_curves(curves, ORDERS)
    plot.legend.button("B").click()
    assert plot.subplot("setosa").areas() == "A AUC 0.900"
    assert plot.subplot("virginica").areas() == "A AUC 0.800 ±0.0004"
    plot.show_curves(curves, ORDERS)
    assert plot.subplot("setosa").areas() == "A AUC 0.900"


def test_a_version_may_know_other_classes(plot: RocPlot, curves: dict[str, list[RocCurve]]) -> None:
    plot.show_curves({"A": curves["A"][:1], "B": curves["B"][1:]}, ORDERS)
    assert plot.subplot("setosa").areas() == "A AUC 0.900"
    assert plot.subplot("virginica").areas() == "B AUC –"
    plot.show_curves({"A": curves["A"][:1]}, ORDERS)
    assert len(plot.plots) == 1


def test_a_class_named_like_markup_is_shown_as_it_is(
    plot: RocPlot, curves: dict[str, list[RocCurve]]
) -> None:
    one = curves["A"][0]
    odd = RocCurve("<b>x & y</b>", one.false_positive_rate, one.true_positive_rate, one.auc)
    plot.show_curves({"<i>A</i>": [odd]}, {"<i>A</i>": 0})
    assert plot.plots[0].titleLabel.item.toPlainText() == "<b>x & y</b>"


def test_no_curve_says_what_is_needed(plot: RocPlot) -> None:
    plot.show_curves({"A": []}, ORDERS)
    assert plot.is_empty()
    none = RocCurve("setosa", np.empty(0), np.empty(0), Measure(None, "one class only"))
    plot.show_curves({"A": [none]}, ORDERS)
    assert plot.is_empty()
    assert "two classes" in plot.empty.text()


def test_the_crosshair_reads_every_version_at_one_rate(
    plot: RocPlot, curves: dict[str, list[RocCurve]]
) -> None:
    plot.show_curves(curves, ORDERS)
    text, _, height = plot.subplot("setosa").read(0.1, 0.0) or ("", 0, 0)
    assert text == "setosa at 0.1 false positives: A 0.4   B 0.4"
    assert height == pytest.approx(0.4)
    assert plot.subplot("setosa").read(1.5, 0.0) is None


def test_the_csv_holds_every_point(plot: RocPlot, curves: dict[str, list[RocCurve]]) -> None:
    plot.show_curves(curves, ORDERS)
    lines = plot.to_csv().splitlines()
    assert lines[0] == "version,class,false positive rate,true positive rate"
    assert len(lines) == 1 + 2 * 2 * 3
    assert lines[2] == "A,setosa,0.2,0.8"


def test_a_long_curve_is_thinned_without_leaving_its_course_or_its_ends() -> None:
    x = np.linspace(0, 1, 100_000)
    y = np.sqrt(x)
    short_x, short_y = decimated(x, y, 1000)
    assert short_x.size <= 1000
    assert (short_x[0], short_y[-1]) == (0.0, 1.0)
    assert np.abs(np.interp(x, short_x, short_y) - y).max() < 2e-3


def test_a_rate_at_a_vertical_step_is_the_higher_one() -> None:
    step = RocCurve("x", np.array([0.0, 0.5, 0.5, 1.0]), np.array([0.0, 0.2, 0.9, 1.0]), Measure(0.5))
    assert rate_at(step, 0.5) == pytest.approx(0.9)
    assert rate_at(step, 0.0) == 0.0
    assert rate_at(step, 1.0) == 1.0
