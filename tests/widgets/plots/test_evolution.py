"""The course of a variable: training set, border, live time."""

import csv
import io

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from pytestqt.qtbot import QtBot

from services.evaluation.model import Evolution, Series
from widgets.plots import EvolutionPlot
from widgets.theme import Appearance

NONE = Series(np.empty(0), np.empty(0))


@pytest.fixture
def plot(qtbot: QtBot) -> EvolutionPlot:
    made = EvolutionPlot()
    qtbot.addWidget(made)
    made.resize(800, 400)
    made.show()
    return made


def labels(plot: EvolutionPlot) -> list[str]:
    return [entry.label for entry in plot.legend.entries()]


def test_both_parts_share_the_height_and_keep_an_x_of_their_own(
    plot: EvolutionPlot, evolution: Evolution, appearance: Appearance
) -> None:
    plot.show_evolution(evolution)
    left, right = (one.getViewBox().viewRange() for one in plot.plots)
    assert left[1] == right[1]
    assert left[0][1] < 200
    assert right[0][0] > 1.7e9
    assert labels(plot) == ["Historical  100 rows", "Live  60 rows"]
    assert plot.plots[0].getAxis("left").labelText == "volatile acidity (g/dm³)"
    assert not plot.grab().isNull()


def test_without_live_rows_the_training_set_fills_the_plot(
    plot: EvolutionPlot, evolution: Evolution
) -> None:
    plot.show_evolution(Evolution("x", "", evolution.historical, NONE))
    assert [one.isVisible() for one in plot.plots] == [True, False]
    assert labels(plot)[1] == "Live  no rows yet"


def test_without_a_training_set_the_live_axis_shows_its_values(
    plot: EvolutionPlot, evolution: Evolution
) -> None:
    plot.show_evolution(Evolution("x", "", NONE, evolution.live))
    assert [one.isVisible() for one in plot.plots] == [False, True]
    assert plot.plots[1].getAxis("left").style["showValues"]
    plot.show_evolution(evolution)
    assert [one.isVisible() for one in plot.plots] == [True, True]
    assert not plot.plots[1].getAxis("left").style["showValues"]


def test_nothing_at_all_says_what_would_fill_it(plot: EvolutionPlot) -> None:
    plot.show_evolution(Evolution("x", "", NONE, Series(np.arange(3.0), np.full(3, np.nan))))
    assert plot.is_empty()
    assert "first requests" in plot.empty.text()


def test_texts_become_lanes_and_differing_lists_of_texts_are_brought_together(plot: EvolutionPlot) -> None:
    historical = Series(np.arange(3.0), np.array([0.0, 1.0, 0.0]), ("Acme", "Norte"))
    live = Series(1.79e9 + np.arange(3.0), np.array([0.0, np.nan, 1.0]), ("Norte", "Sur"))
    plot.show_evolution(Evolution("supplier", "", historical, live))
    ticks = plot.plots[0].getAxis("left")._tickLevels
    assert ticks == [[(0, "Acme"), (1, "Norte"), (2, "Sur")]]
    lines = list(csv.reader(io.StringIO(plot.to_csv())))
    assert [line[2] for line in lines[1:]] == ["Acme", "Norte", "Acme", "Norte", "", "Sur"]
    assert read(plot, 1, 1.79e9 + 2).endswith(": Sur")


def test_going_from_texts_back_to_numbers_takes_the_lanes_away(
    plot: EvolutionPlot, evolution: Evolution
) -> None:
    plot.show_evolution(Evolution("s", "", Series(np.arange(2.0), np.zeros(2), ("Acme",)), NONE))
    plot.show_evolution(evolution)
    assert plot.plots[0].getAxis("left")._tickLevels is None
    assert read(plot, 0, 3.0).startswith("historical row 3: ")


def test_summarised_points_tell_their_range(plot: EvolutionPlot) -> None:
    x, y = 1.79e9 + np.arange(0, 7200.0, 3600), np.array([1.0, 2.0])
    plot.show_evolution(Evolution("pH", "", NONE, Series(x, y, (), y - 0.5, y + 0.5)))
    assert labels(plot)[1] == "Live  2 summaries"
    assert read(plot, 1, float(x[1])).endswith(": 2 (from 1.5 to 2.5)")
    (_, _), (low, high) = plot.plots[1].getViewBox().viewRange()
    assert low < 0.5
    assert high > 2.5


@pytest.mark.parametrize(
    ("seconds", "told", "exported"),
    [
        (-12_219_292_800.0, "1582", "1582-10-15T00:00:00+00:00"),
        (281_474_976_710.0, "after the year 9999", "after the year 9999"),
        (-62_200_000_000.0, "before the year 1", "before the year 1"),
    ],
)
def test_samples_of_any_time_are_drawn_told_and_exported(
    plot: EvolutionPlot, seconds: float, told: str, exported: str
) -> None:
    x = np.sort(np.array([seconds, 1.79e9]))
    plot.show_evolution(Evolution("pH", "", NONE, Series(x, np.array([3.0, 4.0]))))
    assert not plot.grab().isNull()
    assert told in read(plot, 1, seconds)
    assert exported in [line[1] for line in csv.reader(io.StringIO(plot.to_csv()))]


def test_the_crosshair_reads_the_nearest_sample(plot: EvolutionPlot, evolution: Evolution) -> None:
    plot.show_evolution(evolution)
    box = plot.plots[0].getViewBox()
    plot.canvas.scene().sigMouseMoved.emit(box.mapViewToScene(QPointF(10.4, 0.0)))
    assert plot.readout.text().startswith("historical row 10: ")
    assert plot.readout.text().endswith("g/dm³")


def test_another_variable_is_shown_whole_though_the_last_was_zoomed(
    plot: EvolutionPlot, evolution: Evolution
) -> None:
    plot.show_evolution(evolution)
    plot.zoom(0.1)
    plot.show_evolution(Evolution("pH", "", evolution.historical, evolution.live))
    assert plot.plots[0].getViewBox().viewRange()[0][1] > 90


def test_a_single_row_and_a_constant_are_in_view(plot: EvolutionPlot) -> None:
    plot.show_evolution(Evolution("x", "", Series(np.array([5.0]), np.array([7.0])), NONE))
    (left, right), (low, high) = plot.plots[0].getViewBox().viewRange()
    assert left < 5 < right
    assert low < 7 < high


def test_many_summaries_are_drawn_with_a_few_thousand(plot: EvolutionPlot) -> None:
    size = 20_000
    y = np.random.default_rng(0).normal(size=size)
    live = Series(1.7e9 + np.arange(float(size)), y, low=y - 1, high=y + 1)
    plot.show_evolution(Evolution("x", "", NONE, live))
    x, _ = plot._parts["live"][1]._curve._line.getData()
    assert 400 < x.size < 4000


def test_single_live_rows_are_points_with_no_line_between_them(plot: EvolutionPlot) -> None:
    live = Series(1.7e9 + np.arange(5.0), np.arange(5.0))
    plot.show_evolution(Evolution("x", "", NONE, live))
    x, _ = plot._parts["live"][1]._curve._line.getData()
    assert x is None or x.size == 0


def read(plot: EvolutionPlot, part: int, x: float) -> str:
    return plot.crosshairs[part]._reading(x, 0.0)[0]
