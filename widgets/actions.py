"""An action that says why it cannot be used, instead of vanishing."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from widgets.plain_text import plain_tooltip
from widgets.theme import icon


class ExplainedAction(QAction):
    """An action whose tooltip tells what it does or, while it is blocked, why it can't.

    Args:
        text: as in menus; three dots at the end when it asks something first.
        explanation: what it does, for the tooltip.
        icon_name: an icon of `resources/icons`; empty for none.
        do: called when it is triggered.
    """

    def __init__(
        self,
        text: str,
        *,
        explanation: str = "",
        icon_name: str = "",
        do: Callable[[], object] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._explanation = explanation or text.rstrip("…")
        if icon_name:
            self.setIcon(icon(icon_name))
        if do is not None:
            self.triggered.connect(lambda _checked: do())
        self.set_blocked("")

    def set_blocked(self, reason: str) -> None:
        """Block it for a reason; an empty reason frees it."""
        self.setEnabled(not reason)
        self.setToolTip(plain_tooltip(reason or self._explanation))
        self.setStatusTip(self.toolTip())

    @property
    def blocked(self) -> str:
        """Why it cannot be used; empty when it can."""
        return "" if self.isEnabled() else self.toolTip()
