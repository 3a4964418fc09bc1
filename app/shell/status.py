"""The status line: profile, gateway, store, next refresh, and what runs."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStatusBar, QWidget

from widgets.panels.status import StatusItem, StatusProgress
from widgets.theme import GRID, State


class StatusLine(QStatusBar):
    """Shows words it is given; `cancel_requested` concerns the work that is shown."""

    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setFixedHeight(4 * GRID)  # whatever it shows, or the pages would jump when work begins
        self.profile = StatusItem("")
        self.gateway = StatusItem("")
        self.store = StatusItem("")
        self.champions = StatusItem("")
        self.refresh = StatusItem("")
        self.work = StatusProgress()
        self.more = StatusItem("")
        self.work.cancel_requested.connect(self.cancel_requested)
        for item in (self.profile, self.gateway, self.store, self.champions, self.refresh):
            self.addWidget(item)
        self.addPermanentWidget(self.work)
        self.addPermanentWidget(self.more)
        for item in (self.gateway, self.store, self.champions, self.more):
            item.hide()
        self.profile.set_status("starting")

    def show_refresh(self, *, refreshing: bool, seconds: int | None) -> None:
        """Say when the page looks again; nothing when it does not by itself."""
        if refreshing:
            self.refresh.set_status("refreshing…")
        elif seconds is None:
            self.refresh.set_status("")
        else:
            self.refresh.set_status(f"next refresh {seconds} s", hint="F5 refreshes now")

    def show_work(self, titles: list[str], progress: float | None, *, cancellable: bool) -> None:
        """Show the oldest of what runs, and how many more there are."""
        if not titles:
            self.work.clear()
        else:
            self.work.show_work(titles[0], progress, cancellable=cancellable)
        self.more.setVisible(len(titles) > 1)
        self.more.set_status(f"and {len(titles) - 1} more", hint="\n".join(titles[1:]))

    def show_part(self, item: StatusItem, name: str, error: str | None, hint: str = "") -> None:
        """Show whether a part of the platform answers; `error` says why it does not, `hint` how it does."""
        item.show()
        if error is None:
            item.set_status(f"{name} ok", State.GOOD, hint)
        else:
            item.set_status(f"{name} unreachable", State.BAD, error)
