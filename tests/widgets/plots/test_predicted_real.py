"""Predicted against real: few points as points, many as a picture; versions come and go."""

from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from services.evaluation.model import Pairs
from widgets.plots import PredictedRealPlot
from widgets.theme import Appearance, version_style


@pytest.fixture
def plot(qtbot: QtBot) -> PredictedRealPlot:
    made = PredictedRealPlot()
    qtbot.addWidget(made)
    made.resize(640, 400)
    made.show()
    return made


def many(size: int) -> Pairs:
    real = np.random.default_rng(size).normal(size=size)
    return Pairs(real, real + np.random.default_rng(1).normal(size=size) * 0.3, size)


def test_a_sample_says_of_how_many(plot: PredictedRealPlot, pairs: dict[str, Pairs]) -> None:
    plot.show_pairs(pairs, {"A": 0, "B": 1}, target="quality")
    assert [entry.label for entry in plot.legend.entries()] == ["A  40 rows", "B  40 of 4\u202f000 rows"]


def test_each_version_has_its_colour_and_symbol(plot: PredictedRealPlot, pairs: dict[str, Pairs]) -> None:
    plot.show_pairs(pairs, {"A": 0, "B": 5}, target="quality")
    styles = [version_style(0), version_style(5)]
    assert [(entry.colour, entry.symbol) for entry in plot.legend.entries()] == [
        (style.colour, style.symbol) for style in styles
    ]


def test_many_points_are_seen_in_their_versions_colour(
    plot: PredictedRealPlot, appearance: Appearance
) -> None:
    plot.show_pairs({"A": many(50_000)}, {"A": 1}, target="quality")
    picture = plot.canvas.grab().toImage()
    box = plot.plots[0].getViewBox()
    middle = box.mapToDevice(box.boundingRect().center()).toPoint()
    seen = picture.pixelColor(middle)
    wanted = version_style(1).qcolour
    assert abs(seen.hslHue() - wanted.hslHue()) < 12


def test_a_version_that_is_gone_leaves_nothing_behind(
    plot: PredictedRealPlot, pairs: dict[str, Pairs]
) -> None:
    plot.show_pairs({"A": pairs["A"]}, {"A": 0}, target="quality")
    items = len(plot.canvas.scene().items())
    plot.show_pairs(pairs, {"A": 0, "B": 1}, target="quality")
    plot.show_pairs({"A": pairs["A"]}, {"A": 0}, target="quality")
    assert len(plot.canvas.scene().items()) == items
    assert [entry.key for entry in plot.legend.entries()] == ["A"]
    plot.show_pairs({}, {}, target="quality")
    assert plot.is_empty()


def test_both_axes_span_the_same_values_so_that_the_identity_runs_corner_to_corner(
    plot: PredictedRealPlot,
) -> None:
    plot.show_pairs({"A": Pairs(np.array([0.0, 1.0]), np.array([5.0, 6.0]), 2)}, {"A": 0}, target="q")
    across, up = plot.plots[0].getViewBox().viewRange()
    np.testing.assert_allclose(across, up, atol=0.2)
    assert across[0] < 0
    assert across[1] > 6


def test_predictions_all_alike_or_missing_do_not_break_it(plot: PredictedRealPlot) -> None:
    same = Pairs(np.full(5, 3.0), np.full(5, 3.0), 5)
    missing = Pairs(np.array([1.0, np.nan]), np.array([np.nan, 2.0]), 2)
    plot.show_pairs({"A": same, "B": missing}, {"A": 0, "B": 1}, target="q")
    assert not plot.is_empty()
    plot.show_pairs({"B": missing}, {"B": 1}, target="q")
    assert plot.is_empty()


def test_panning_moves_the_picture_and_draws_none_anew(
    plot: PredictedRealPlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    plot.show_pairs({"A": many(50_000)}, {"A": 0}, target="q")
    scatter = plot._scatters["A"]
    plot.pan(0.01, 0.0)
    asked: list[object] = []
    original = scatter._pyramid.view

    def view(*args: Any, **limit: Any) -> object:
        asked.append(args)
        return original(*args, **limit)

    monkeypatch.setattr(scatter._pyramid, "view", view)
    for _ in range(10):
        plot.pan(0.02, 0.01)
    assert asked == []
    plot.pan(3.0, 0.0)
    assert len(asked) == 1
