"""How many live rows already have their true value."""

from PySide6.QtWidgets import QWidget

from widgets.formatting import count, percent
from widgets.panels.labels import Text


class CoverageLabel(Text):
    """`312 of 400 live rows have their true value`; on hover the share, and why they were counted anew."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(quiet=True, wrap=True, parent=parent)
        self.set_coverage(0, 0)

    def set_coverage(
        self, labelled: int, predictions: int, skipped: int = 0, *, rebuilt: str = "", lost: int = 0
    ) -> None:
        """Show it.

        Args:
            labelled: rows of the champion whose true value came.
            predictions: all its rows.
            skipped: rows that some challenger could not be asked for.
            rebuilt: why all rows were counted anew; empty if they were not.
            lost: batches that the store has lost: nothing here counts their rows.
        """
        if predictions == 0:
            text = "No live rows yet"
        else:
            verb = "has its" if predictions == 1 else "have their"
            rows = "row" if predictions == 1 else "rows"
            text = f"{count(labelled)} of {count(predictions)} live {rows} {verb} true value"
        if skipped:
            text += f"; challengers skipped {count(skipped)} for lack of an input"
        if rebuilt:
            text += "; all rows were counted anew, because a stored summary was damaged"
        if lost:
            text += f"; the store has lost {count(lost)} {'batch' if lost == 1 else 'batches'} of rows"
        share = f"{percent(labelled / predictions)} labelled" if predictions else ""
        self.setText(text)
        self.setToolTip("\n".join(part for part in (share, rebuilt) if part))
