"""The choice of what ROC subplots show: all classes, their averages, or one class."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QWidget

from widgets.plain_text import plain_tooltip

FEW_CLASSES = 4
"""So many stand side by side without being asked for."""
MOST_SQUARES = 8
"""More classes than that are looked at one by one, or through their averages."""
MAX_LABEL_CHARACTERS = 16


class RocClassSelector(QComboBox):
    """Offers what can be shown; a choice stays while it is offered. `picked` tells of the person's."""

    picked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Class")
        self.setToolTip("Which ROC curves are shown")
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(MAX_LABEL_CHARACTERS)
        self.setMaxVisibleItems(20)
        self._offered: list[tuple[str, list[str]]] = []
        self.activated.connect(lambda _row: self.picked.emit())

    def set_classes(self, classes: Sequence[str], averages: Sequence[str]) -> None:
        """Offer these; another set of classes begins with what suits their number."""
        offered = _offers(classes, averages)
        if offered == self._offered:
            return
        same = [title for title, _ in offered] == [title for title, _ in self._offered]
        chosen = self.currentIndex() if same else _first(classes, averages)
        self._offered = offered
        with QSignalBlocker(self):
            self.clear()
            for title, _ in offered:
                self.addItem(title)
                self.setItemData(self.count() - 1, plain_tooltip(title), Qt.ItemDataRole.ToolTipRole)
            self.setCurrentIndex(chosen)

    def shown(self) -> list[str]:
        """Names of the subplots to draw."""
        row = self.currentIndex()
        return list(self._offered[row][1]) if 0 <= row < len(self._offered) else []


def _offers(classes: Sequence[str], averages: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Title and subplots of each choice."""
    offers: list[tuple[str, list[str]]] = []
    if len(classes) <= MOST_SQUARES:
        offers.append(("All classes", list(classes)))
    if averages:
        offers.append(("Averages", list(averages)))
    if len(classes) > 1:
        offers += [(name, [name]) for name in classes]
    return offers


def _first(classes: Sequence[str], averages: Sequence[str]) -> int:
    """Where the choice begins: all of a few classes, else the averages, else the first class."""
    return 1 if averages and FEW_CLASSES < len(classes) <= MOST_SQUARES else 0
