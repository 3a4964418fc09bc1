"""What all pages have in common, seen from the frame around them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from app.layout_state import LayoutState


@dataclass(frozen=True, slots=True)
class PageCommand:
    """Something the palette offers while the page is there.

    Attributes:
        blocked: why it cannot be done now; empty when it can.
    """

    title: str
    run: Callable[[], None]
    blocked: str = ""
    shortcut: str = ""


class Page(QWidget):
    """A page; what it does not need, it leaves as it is here."""

    export_requested = Signal(object)
    """An `Export` to be saved."""

    def enter(self) -> None:
        """The person came to it."""

    def leave(self) -> None:
        """The person left it, or the program ends."""

    def refresh(self) -> None:
        """F5."""

    def escape(self) -> bool:
        """Esc: leave the innermost thing open on the page; whether there was one."""
        return False

    def commands(self) -> list[PageCommand]:
        """What the palette offers here."""
        return []

    def next_refresh(self) -> datetime | None:
        """When it looks again by itself; None if it does not, or is looking now."""
        return None

    def refreshing(self) -> bool:
        """Whether it is looking now."""
        return False

    def keep_layout(self, layouts: "LayoutState") -> None:
        """Name the tables and panes whose arrangement is kept from start to start."""

    def select_first(self) -> None:
        """Select the first thing that the page lists, as soon as there is one: for a picture of it."""
