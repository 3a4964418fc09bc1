"""Grey bars where content will stand, so that nothing jumps when it comes."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from widgets.theme import GRID, theme

SHARES = (0.55, 0.9, 0.75, 0.85, 0.6)


class Skeleton(QWidget):
    """Bars for so many lines; it does not move, and is read aloud as "Loading"."""

    def __init__(self, lines: int = 4, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines = lines
        self.setAccessibleName("Loading")
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Room for its lines."""
        return QSize(40 * GRID, self._lines * 3 * GRID + GRID)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Rounded bars of uneven length."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme().colours.raised))
        room = self.width() - 2 * GRID
        for line in range(self._lines):
            bar = QRectF(GRID, GRID + line * 3 * GRID, room * SHARES[line % len(SHARES)], 1.5 * GRID)
            painter.drawRoundedRect(bar, 3, 3)
