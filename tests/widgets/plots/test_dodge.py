"""Few real values: versions side by side, the same place at every refresh, and true values told."""

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from services.evaluation.model import Pairs
from widgets.plots import PredictedRealPlot
from widgets.plots.dodge import Dodge

RANDOM = np.random.default_rng(5)
REAL = np.repeat([3.0, 4.0, 5.0, 8.0], 50)


def quality(error: float) -> Pairs:
    return Pairs(REAL, REAL + RANDOM.normal(scale=error, size=REAL.size), REAL.size)


@pytest.fixture
def wine() -> dict[str, Pairs]:
    return {"A": quality(0.4), "B": quality(0.6), "C": quality(0.5)}


def test_no_version_covers_another(wine: dict[str, Pairs]) -> None:
    spread = Dodge.of(wine)
    assert spread is not None
    for value in spread.values:
        sides = [spread.placed(name, pairs)[value == REAL] for name, pairs in wine.items()]
        assert sides[0].max() < sides[1].min()
        assert sides[1].max() < sides[2].min()
        assert value - spread.gap / 2 < sides[0].min()
        assert sides[2].max() < value + spread.gap / 2


def test_points_fill_their_column_evenly(wine: dict[str, Pairs]) -> None:
    spread = Dodge.of({"A": wine["A"]})
    assert spread is not None
    offsets = (spread.placed("A", wine["A"]) - REAL) / spread.gap
    counts, _ = np.histogram(offsets, bins=4, range=(-0.28, 0.28))
    assert counts.min() > 25


def test_a_point_stays_where_it_is_as_rows_come(wine: dict[str, Pairs]) -> None:
    before, after = Dodge.of(wine), Dodge.of({name: tail(pairs) for name, pairs in wine.items()})
    assert before is not None
    assert before == after
    place = before.placed("B", wine["B"])
    np.testing.assert_array_equal(place[7:], before.placed("B", tail(wine["B"])))


def tail(pairs: Pairs) -> Pairs:
    return Pairs(pairs.real[7:], pairs.predicted[7:], pairs.total)


@pytest.mark.parametrize(
    "real",
    [
        RANDOM.normal(size=500),
        np.full(100, 5.0),
        np.array([1.0, 2.0, 3.0]),
        np.full(9, np.nan),
        np.empty(0),
    ],
    ids=["many values", "one value", "few rows", "missing", "none"],
)
def test_other_data_stay_where_they_are(real: np.ndarray) -> None:
    assert Dodge.of({"A": Pairs(real, real, real.size)}) is None


def test_the_axis_says_so_and_readout_and_csv_tell_true_values(
    qtbot: QtBot, wine: dict[str, Pairs], pairs: dict[str, Pairs]
) -> None:
    plot = PredictedRealPlot()
    qtbot.addWidget(plot)
    plot.resize(640, 400)
    plot.show()
    plot.show_pairs(wine, {"A": 0, "B": 1, "C": 2}, target="quality")
    axis = plot.plots[0].getAxis("bottom")
    assert axis.labelText == "Real quality, versions side by side at each value"
    assert plot._read(4.2, 5.0)[0] == "real 4   predicted 5   off by 1"
    assert plot.to_csv().splitlines()[1].startswith("A,3.0,")
    plot.show_pairs(pairs, {"A": 0, "B": 1}, target="quality")
    assert axis.labelText == "Real quality"
    assert plot._read(4.2, 5.0)[0].startswith("real 4.2 ")
