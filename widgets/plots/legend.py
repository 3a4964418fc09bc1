"""The legend as buttons: a press shows or hides what it names; reachable by keyboard."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from widgets.plain_text import plain_tooltip
from widgets.plots.flow_layout import FlowLayout
from widgets.plots.style import POINT_SIZE, symbol_path
from widgets.theme import GRID, FontSize, Symbol, font, theme

SAMPLE = 24
MAX_LABEL_CHARACTERS = 26


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One thing drawn.

    Attributes:
        key: names it in signals.
        label: as shown.
        colour: `#rrggbb`.
        dash: of its line; None when it has no line.
        symbol: of its points; None when it has none.
    """

    key: str
    label: str
    colour: str
    dash: Qt.PenStyle | None = None
    symbol: Symbol | None = None


class LegendButton(QAbstractButton):
    """A sample of line and symbol, and its label; struck faint while hidden."""

    def __init__(self, entry: LegendEntry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entry = entry
        self.setCheckable(True)
        self.setChecked(True)
        self.setText(entry.label)
        self.setFont(font(FontSize.SMALL))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.toggled.connect(self._update_tooltip)
        self._update_tooltip()

    def sizeHint(self) -> QSize:
        """Sample, gap, label."""
        metrics = self.fontMetrics()
        width = min(
            metrics.horizontalAdvance(self.text()), metrics.averageCharWidth() * MAX_LABEL_CHARACTERS
        )
        return QSize(SAMPLE + GRID + width + GRID, 3 * GRID)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Sample and label; an outline while it has the focus."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hasFocus() or self.underMouse():
            painter.setPen(QColor(theme().colours.accent if self.hasFocus() else theme().colours.line))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.setOpacity(1.0 if self.isChecked() else 0.35)
        draw_sample(painter, self.entry, GRID / 2, self.height() / 2)
        painter.setPen(QColor(theme().colours.text))
        area = self.rect().adjusted(SAMPLE + GRID, 0, 0, 0)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, area.width())
        painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), text)

    def _update_tooltip(self) -> None:
        self.setToolTip(plain_tooltip(f"{'Hide' if self.isChecked() else 'Show'} {self.entry.label}"))
        self.setAccessibleName(self.entry.label)
        self.setAccessibleDescription("shown" if self.isChecked() else "hidden")


class Legend(QWidget):
    """The buttons of a plot, in as many lines as they need; who returns keeps whether it was hidden."""

    toggled = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._buttons: dict[str, LegendButton] = {}
        self._hidden: set[str] = set()
        self._layout = FlowLayout(GRID // 2, self)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName("Legend")
        theme().changed.connect(self.update)

    def set_entries(self, entries: Sequence[LegendEntry]) -> None:
        """Show these; unchanged ones keep their button."""
        if [button.entry for button in self._buttons.values()] == list(entries):
            return
        for button in self._buttons.values():
            self._layout.removeWidget(button)
            button.deleteLater()
        self._buttons = {}
        for entry in entries:
            button = LegendButton(entry, self)
            button.setChecked(entry.key not in self._hidden)
            button.toggled.connect(lambda on, key=entry.key: self._toggle(key, shown=on))
            self._layout.addWidget(button)
            button.show()
            self._buttons[entry.key] = button

    def entries(self) -> list[LegendEntry]:
        """The entries that are shown in the plot."""
        return [button.entry for button in self._buttons.values() if button.isChecked()]

    def buttons(self) -> list[LegendButton]:
        """All of them, from left to right."""
        return list(self._buttons.values())

    def button(self, key: str) -> LegendButton:
        """The button of that key."""
        return self._buttons[key]

    def is_shown(self, key: str) -> bool:
        """Whether what the key names is to be drawn."""
        return key not in self._hidden

    def _toggle(self, key: str, *, shown: bool) -> None:
        self._hidden.discard(key) if shown else self._hidden.add(key)
        self.toggled.emit(key, shown)


def draw_sample(painter: QPainter, entry: LegendEntry, left: float, middle: float) -> None:
    """A short line with the symbol on it."""
    painter.save()
    colour = QColor(entry.colour)
    if entry.dash is not None:
        painter.setPen(QPen(colour, 2.0, entry.dash))
        painter.drawLine(int(left), int(middle), int(left) + SAMPLE, int(middle))
    if entry.symbol is not None:
        painter.translate(left + SAMPLE / 2, middle)
        painter.scale(POINT_SIZE + 1, POINT_SIZE + 1)
        stroke = QPen(colour, 0.2) if entry.symbol in {Symbol.PLUS, Symbol.CROSS} else Qt.PenStyle.NoPen
        painter.setPen(stroke)
        painter.setBrush(colour)
        painter.drawPath(symbol_path(entry.symbol))
    painter.restore()
