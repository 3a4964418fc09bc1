"""The frame of every plot: legend, readout, zoom and home, export, and what is said while it is empty."""

from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QAction, QImage, QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from widgets.exports import Export, csv_export
from widgets.panels.empty import EmptyState
from widgets.panels.labels import ElidedText
from widgets.plots.axes import default_axes
from widgets.plots.crosshair import Crosshair
from widgets.plots.density import Box
from widgets.plots.image_export import render_image, render_png, render_svg
from widgets.plots.legend import Legend, LegendEntry
from widgets.plots.style import apply_theme, hide_default_controls
from widgets.tables.delimited_text import comma_separated
from widgets.theme import GRID, FontSize, icon, theme

ZOOM = 0.7
STEP = 0.1
PADDING = 0.03


class PlotPanel(QWidget):
    """A passive plot; subclasses give it data and say what its crosshair reads.

    Keyboard, with the focus in the plot: arrows pan, + and − zoom, Home shows all.
    """

    export_requested = Signal(object)
    """A `widgets.exports.Export` to be saved where the person says."""

    def __init__(self, name: str, empty: str, hint: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self.plots: list[Any] = []
        self.touched = False
        self._ahead: list[QWidget] = []
        self.crosshairs: list[Crosshair] = []
        self.legend = Legend()
        self.readout = ElidedText(size=FontSize.SMALL, quiet=True)
        self.readout.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.canvas = pg.GraphicsLayoutWidget()
        self.canvas.setAccessibleName(name)
        self.canvas.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.canvas.ci.layout.setContentsMargins(0, GRID // 2, GRID, 0)
        self.canvas.installEventFilter(self)
        self.canvas.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.canvas.customContextMenuRequested.connect(self._show_menu)
        self.canvas.scene().sigMouseMoved.connect(self._point)
        self.empty = EmptyState(empty, hint)
        self.empty.stand_on_base()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.canvas)
        self.legend.toggled.connect(lambda key, on: self.show_entry(key, shown=on))
        self.setAccessibleName(name)
        self._compose()
        theme().changed.connect(self.apply_theme)

    def add_plot(self, row: int, column: int, **axes: Any) -> Any:
        """A plot in the canvas, already quiet and dressed; `axes` replace its own by side."""
        plot = self.canvas.addPlot(row=row, col=column, axisItems={**default_axes(), **axes})
        hide_default_controls(plot)
        plot.getViewBox().sigRangeChangedManually.connect(self._touch)
        self.plots.append(plot)
        self.apply_theme()
        return plot

    def set_empty(self, text: str, hint: str = "") -> None:
        """Show no plot but why there is none, and what would fill it."""
        self.empty.set_text(text, hint)
        self.show_canvas(shown=False)

    def show_canvas(self, *, shown: bool) -> None:
        """Show the plot, or what is said while it is empty."""
        self._stack.setCurrentWidget(self.canvas if shown else self.empty)
        self.legend.setVisible(shown)
        self._tools.setVisible(shown)
        self.readout.setVisible(shown)

    def is_empty(self) -> bool:
        """Whether there is no plot now."""
        return self._stack.currentWidget() is self.empty

    def show_entry(self, key: str, *, shown: bool) -> None:
        """The legend shows or hides something; subclasses do it."""
        raise NotImplementedError

    def extent(self, plot: Any) -> Box:
        """What a plot shows at home; subclasses say it."""
        raise NotImplementedError

    def home(self) -> None:
        """Show all data, also as it grows."""
        self.touched = False
        for plot in self.plots:
            box = self.extent(plot)
            plot.setRange(xRange=(box.left, box.right), yRange=(box.bottom, box.top), padding=PADDING)

    def fit(self) -> None:
        """New data came: show all of it, unless the person chose a view of their own."""
        if not self.touched:
            self.home()

    def zoom(self, factor: float) -> None:
        """Zoom about the middle; below one nearer."""
        self.touched = True
        for plot in self.plots:
            plot.getViewBox().scaleBy((factor, factor))

    def pan(self, across: float, up: float) -> None:
        """Move the view by so much of its size."""
        self.touched = True
        for plot in self.plots:
            (left, right), (bottom, top) = plot.getViewBox().viewRange()
            plot.getViewBox().translateBy(x=across * (right - left), y=up * (top - bottom))

    def snapshot(self) -> QImage:
        """The plot as a picture, to be shown at the next start until the live one stands."""
        return render_image(self.canvas.scene(), self.legend.entries(), self.devicePixelRatioF())

    def to_png(self) -> bytes:
        """The plot and its legend as a PNG file."""
        return render_png(self.canvas.scene(), self.legend.entries())

    def to_svg(self) -> bytes:
        """The plot and its legend as an SVG file."""
        return render_svg(self.canvas.scene(), self.legend.entries(), self._name)

    def to_csv(self) -> str:
        """The values behind the plot."""
        return comma_separated([list(line) for line in self.csv_lines()])

    def csv_lines(self) -> Sequence[Sequence[str]]:
        """Heads and values; subclasses give them."""
        raise NotImplementedError

    def apply_theme(self) -> None:
        """Wear the theme's colours."""
        self.canvas.setBackground(theme().colours.base)
        for plot in self.plots:
            apply_theme(plot)
        for crosshair in self.crosshairs:
            crosshair.apply_theme()

    def set_entries(self, entries: Sequence[LegendEntry]) -> None:
        """What the legend names."""
        self.legend.set_entries(entries)

    def add_ahead(self, widget: QWidget) -> None:
        """Put a choice of what is shown before the legend."""
        self._bar.insertWidget(len(self._ahead), widget, alignment=Qt.AlignmentFlag.AlignTop)
        self._ahead.append(widget)

    def tab_stops(self) -> list[QWidget]:
        """What Tab goes through, in the order of the eye."""
        return [*self._ahead, *self.legend.buttons(), *self._tools.findChildren(QToolButton), self.canvas]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys of the canvas, and the pointer leaving it."""
        if watched is self.canvas and event.type() is QEvent.Type.Leave:
            self._leave()
        if watched is self.canvas and isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            return self._press(event)
        return super().eventFilter(watched, event)

    def context_menu(self) -> QMenu:
        """Home and the exports."""
        menu = QMenu(self)
        home = menu.addAction("Show all")
        home.triggered.connect(self.home)
        menu.addSeparator()
        menu.addActions(self._exports)
        return menu

    def _compose(self) -> None:
        self._exports = [self._export_action(kind) for kind in ("PNG", "SVG", "CSV")]
        self._tools = QWidget()
        tools = QHBoxLayout(self._tools)
        tools.setContentsMargins(0, 0, 0, 0)
        tools.setSpacing(0)
        for name, text, act in (
            ("zoom-in", "Zoom in (+)", lambda: self.zoom(ZOOM)),
            ("zoom-out", "Zoom out (−)", lambda: self.zoom(1 / ZOOM)),
            ("home", "Show all (Home)", self.home),
        ):
            button = tool_button(name, text)
            button.clicked.connect(act)
            tools.addWidget(button)
        export = tool_button("export", "Export as PNG, SVG or CSV")
        export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        export.addActions(self._exports)
        tools.addWidget(export)
        self._bar = bar = QHBoxLayout()
        bar.setSpacing(GRID)
        bar.addWidget(self.legend)
        bar.addWidget(self.readout, 1)
        bar.addWidget(self._tools, alignment=Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID // 2)
        layout.addLayout(bar)
        layout.addWidget(self._stack, 1)
        self.show_canvas(shown=False)

    def _export_action(self, kind: str) -> QAction:
        action = QAction(f"Export as {kind}…", self)
        action.triggered.connect(lambda: self.export_requested.emit(self._made(kind)))
        return action

    def _made(self, kind: str) -> Export:
        name = self._name.lower().replace(" ", "-")
        if kind == "CSV":
            return csv_export(name, self.to_csv())
        content = self.to_png() if kind == "PNG" else self.to_svg()
        return Export(f"{name}.{kind.lower()}", f"{kind} (*.{kind.lower()})", content)

    def _point(self, position: QPointF) -> None:
        over = [crosshair.move(position) for crosshair in self.crosshairs]
        if not any(over):
            self.readout.setText("")

    def _touch(self) -> None:
        self.touched = True

    def _leave(self) -> None:
        for crosshair in self.crosshairs:
            crosshair.leave()
        self.readout.setText("")

    def _press(self, event: QKeyEvent) -> bool:
        moves = {
            Qt.Key.Key_Left: (-STEP, 0.0),
            Qt.Key.Key_Right: (STEP, 0.0),
            Qt.Key.Key_Up: (0.0, STEP),
            Qt.Key.Key_Down: (0.0, -STEP),
        }
        key = Qt.Key(event.key())
        if key in moves:
            self.pan(*moves[key])
        elif key in {Qt.Key.Key_Plus, Qt.Key.Key_Equal}:
            self.zoom(ZOOM)
        elif key is Qt.Key.Key_Minus:
            self.zoom(1 / ZOOM)
        elif key is Qt.Key.Key_Home:
            self.home()
        else:
            return False
        return True

    def _show_menu(self, at: QPoint) -> None:
        menu = self.context_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.canvas.mapToGlobal(at))


def tool_button(icon_name: str, text: str) -> QToolButton:
    """A quiet button with an icon, named for the eye and for reading aloud."""
    button = QToolButton()
    button.setIcon(icon(icon_name))
    button.setToolTip(text)
    button.setAccessibleName(text)
    return button
