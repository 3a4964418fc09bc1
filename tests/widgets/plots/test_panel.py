"""What all plots share: legend, keyboard, home, crosshair, exports, empty state, theme."""

import csv
import io
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from services.evaluation.model import Pairs
from widgets.exports import Export
from widgets.plots import PredictedRealPlot
from widgets.theme import Appearance, theme

ORDERS = {"A": 0, "B": 1}


@pytest.fixture
def plot(qtbot: QtBot, pairs: dict[str, Pairs]) -> PredictedRealPlot:
    made = PredictedRealPlot()
    qtbot.addWidget(made)
    made.resize(640, 400)
    made.show()
    made.show_pairs(pairs, ORDERS, target="quality", unit="points")
    return made


def view(plot: PredictedRealPlot) -> np.ndarray:
    return np.array(plot.plots[0].getViewBox().viewRange())


def test_before_any_data_it_says_why_it_is_empty_and_what_would_fill_it(qtbot: QtBot) -> None:
    plot = PredictedRealPlot()
    qtbot.addWidget(plot)
    plot.show()
    assert plot.is_empty()
    assert "true value" in plot.empty.text()
    assert "as labels arrive" in plot.empty.text()
    assert not plot.legend.isVisible()


def test_it_can_become_empty_again_with_a_reason(plot: PredictedRealPlot) -> None:
    assert not plot.is_empty()
    plot.set_empty("The last hour has no labels", "Choose a longer span.")
    assert plot.is_empty()
    assert plot.empty.text() == "The last hour has no labels. Choose a longer span."


def test_the_keyboard_pans_zooms_and_goes_home(qtbot: QtBot, plot: PredictedRealPlot) -> None:
    at_home = view(plot)
    plot.canvas.setFocus()
    qtbot.keyClick(plot.canvas, Qt.Key.Key_Right)
    assert np.all(view(plot)[0] > at_home[0])
    qtbot.keyClick(plot.canvas, Qt.Key.Key_Plus)
    assert np.ptp(view(plot)[0]) < np.ptp(at_home[0])
    qtbot.keyClick(plot.canvas, Qt.Key.Key_Home)
    np.testing.assert_allclose(view(plot), at_home)


def test_new_data_is_shown_whole_unless_the_person_chose_a_view(
    plot: PredictedRealPlot, pairs: dict[str, Pairs]
) -> None:
    wider = {**pairs, "A": Pairs(pairs["A"].real * 10, pairs["A"].predicted * 10, 40)}
    plot.zoom(0.5)
    chosen = view(plot)
    plot.show_pairs(wider, ORDERS, target="quality")
    np.testing.assert_allclose(view(plot), chosen)
    plot.home()
    assert view(plot)[0][1] > 60


def test_a_press_in_the_legend_hides_a_version_and_a_refresh_keeps_it_hidden(
    qtbot: QtBot, plot: PredictedRealPlot, pairs: dict[str, Pairs]
) -> None:
    button = plot.legend.button("A")
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert not plot.legend.is_shown("A")
    more = {**pairs, "A": Pairs(pairs["A"].real[:30], pairs["A"].predicted[:30], 30)}
    plot.show_pairs(more, ORDERS, target="quality")
    assert not plot.legend.is_shown("A")
    assert not plot.legend.button("A").isChecked()
    assert [entry.key for entry in plot.legend.entries()] == ["B"]
    assert plot.legend.button("A").accessibleDescription() == "hidden"


def test_the_crosshair_tells_values_and_is_silent_outside(plot: PredictedRealPlot) -> None:
    box = plot.plots[0].getViewBox()
    plot.canvas.scene().sigMouseMoved.emit(box.mapViewToScene(QPointF(5.0, 6.0)))
    assert plot.readout.text() == "real 5 points   predicted 6 points   off by 1 points"
    plot.canvas.scene().sigMouseMoved.emit(QPointF(-50, -50))
    assert plot.readout.text() == ""


@pytest.mark.parametrize("kind", ["PNG", "SVG", "CSV"])
def test_each_export_is_a_sound_file(
    qtbot: QtBot, plot: PredictedRealPlot, kind: str, appearance: Appearance
) -> None:
    action = next(one for one in plot.context_menu().actions() if one.text() == f"Export as {kind}…")
    with qtbot.waitSignal(plot.export_requested) as caught:
        action.trigger()
    made: Export = caught.args[0]
    assert made.name == f"predicted-against-real.{kind.lower()}"
    if kind == "PNG":
        image = QImage.fromData(made.content, "PNG")  # type: ignore[arg-type]
        assert image.width() >= 2 * 600
        assert image.pixelColor(2, 2).name() == theme().colours.base
    elif kind == "SVG":
        root = ET.fromstring(made.content)
        told = "".join(root.itertext())
        assert "Predicted quality (points)" in told
        assert "B  40 of" in told
    else:
        lines = list(csv.reader(io.StringIO(made.content.decode("utf-8-sig"))))
        assert lines[0] == ["version", "real", "predicted"]
        assert len(lines) == 81


def test_the_theme_is_followed_by_plots_that_are_shown(plot: PredictedRealPlot) -> None:
    def corner() -> str:
        return plot.canvas.grab().toImage().pixelColor(1, 1).name()

    assert corner() == theme().colours.base
    theme().wear(Appearance.DARK)
    assert corner() == theme().colours.base
    axis = plot.plots[0].getAxis("left")
    assert axis.textPen().color().name() == theme().colours.quiet
    assert theme().colours.quiet in axis.labelStyle["color"]


def test_a_snapshot_looks_like_the_plot_on_the_screen(plot: PredictedRealPlot) -> None:
    picture = plot.snapshot()
    assert (picture.width(), picture.height()) >= (plot.canvas.width(), plot.canvas.height())
    colours = {
        picture.pixelColor(x, y).name() for x in range(0, picture.width(), 3) for y in range(40, 340)
    }
    assert len(colours) > 20


def test_every_control_has_a_name_and_a_tooltip(plot: PredictedRealPlot) -> None:
    for button in plot.findChildren(QToolButton):
        assert button.accessibleName()
        assert button.toolTip()
    assert plot.canvas.accessibleName() == "Predicted against real"


def test_refreshing_makes_no_new_items(plot: PredictedRealPlot, pairs: dict[str, Pairs]) -> None:
    def items() -> int:
        return len(plot.canvas.scene().items())

    before = items()
    for size in range(10, 40):
        less = {name: Pairs(one.real[:size], one.predicted[:size], size) for name, one in pairs.items()}
        plot.show_pairs(less, ORDERS, target="quality")
    assert items() == before
