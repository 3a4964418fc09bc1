"""From two classes to an alphabet: what is shown at first, and what the person may choose."""

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from services.evaluation.model import Measure, RocCurve
from widgets.plots import RocPlot
from widgets.plots.legend import Legend, LegendEntry

AVERAGES = ("Macro average", "Micro average")


def curve(name: str) -> RocCurve:
    return RocCurve(name, np.array([0.0, 0.3, 1.0]), np.array([0.0, 0.7, 1.0]), Measure(0.7))


def show(plot: RocPlot, classes: int, *, averages: bool = True) -> None:
    curves = [curve(f"class {number}") for number in range(classes)]
    over_all = [curve(name) for name in AVERAGES] if averages else []
    plot.show_curves({"A": curves, "B": curves}, {"A": 0, "B": 1}, {"A": over_all, "B": over_all})


def choose(plot: RocPlot, title: str) -> None:
    plot.chooser.setCurrentText(title)
    plot.chooser.activated.emit(plot.chooser.currentIndex())


def titles(plot: RocPlot) -> list[str]:
    return [one.titleLabel.item.toPlainText() for one in plot.plots]


@pytest.fixture
def plot(qtbot: QtBot) -> RocPlot:
    made = RocPlot()
    qtbot.addWidget(made)
    made.resize(800, 300)
    made.show()
    return made


@pytest.mark.parametrize(
    ("classes", "shown", "offered"),
    [(3, 3, True), (4, 4, True), (5, 2, True), (8, 2, True), (10, 2, False), (26, 2, False)],
)
def test_few_classes_stand_side_by_side_and_many_are_averaged(
    plot: RocPlot, classes: int, shown: int, offered: bool
) -> None:
    show(plot, classes)
    assert len(plot.plots) == shown
    assert (plot.chooser.findText("All classes") >= 0) is offered
    assert plot.chooser.count() == classes + 1 + offered


def test_a_class_is_chosen_and_stays_chosen_as_rows_come(plot: RocPlot) -> None:
    show(plot, 26)
    assert titles(plot) == list(AVERAGES)
    choose(plot, "class 17")
    assert titles(plot) == ["class 17"]
    show(plot, 26)
    assert titles(plot) == ["class 17"]
    assert plot.subplot("class 17").areas() == "A AUC 0.700\nB AUC 0.700"


def test_another_projects_classes_begin_anew(plot: RocPlot) -> None:
    show(plot, 26)
    choose(plot, "class 2")
    show(plot, 3)
    assert titles(plot) == ["class 0", "class 1", "class 2"]


def test_all_of_eight_classes_can_be_asked_for(plot: RocPlot) -> None:
    show(plot, 8)
    choose(plot, "All classes")
    assert len(plot.plots) == 8


def test_one_class_leaves_nothing_to_choose(plot: RocPlot) -> None:
    show(plot, 1, averages=False)
    assert not plot.chooser.isVisible()
    plot.set_empty("No labels", "")
    assert not plot.chooser.isVisible()


def test_the_csv_has_the_averages_too(plot: RocPlot) -> None:
    show(plot, 2)
    assert "A,Macro average,0.3,0.7" in plot.to_csv().splitlines()


def test_a_legend_of_many_long_names_takes_more_lines_not_more_width(qtbot: QtBot) -> None:
    legend = Legend()
    qtbot.addWidget(legend)
    legend.set_entries(
        [LegendEntry(str(n), f"a_version_of_forty_characters_{n:010}", "#0000ff") for n in range(9)]
    )
    assert legend.minimumSizeHint().width() < 400
    one_line = legend.heightForWidth(10_000)
    assert legend.heightForWidth(500) >= 4 * one_line
    legend.resize(500, legend.heightForWidth(500))
    legend.show()
    places = [legend.button(str(n)).geometry() for n in range(9)]
    assert all(legend.rect().contains(place) for place in places)
    assert not any(a.intersects(b) for a in places for b in places if a is not b)
