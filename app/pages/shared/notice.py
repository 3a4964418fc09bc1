"""A strip in a page that says what has just happened, and offers the way back."""

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from widgets.panels.banner import Banner
from widgets.theme import GRID, State


class Notice(QWidget):
    """One message at a time, with an action and a button to dismiss it; stays until one is pressed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.banner = Banner()
        self.dismiss = QPushButton("Dismiss")
        self.dismiss.setFlat(True)
        self.dismiss.clicked.connect(self.hide)
        self._action: Callable[[], None] | None = None
        self.banner.retry_requested.connect(self._act)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addWidget(self.banner, 1)
        layout.addWidget(self.dismiss)
        self.hide()

    def show_message(
        self,
        word: str,
        message: str,
        *,
        state: State = State.GOOD,
        note: str = "",
        action: str = "",
        run: Callable[[], None] | None = None,
    ) -> None:
        """Show a message; `action` is the button's text, `run` what it does."""
        self._action = run
        self.banner.show_message(word, message, note=note, action=action, state=state)
        self.show()

    def _act(self) -> None:
        action, self._action = self._action, None
        self.hide()
        if action is not None:
            action()
