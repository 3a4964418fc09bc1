"""What the pages of a Docker Engine have in common: banner, host, a bar of actions, two panes."""

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from app.connection.reconnecting import ConnectionState
from app.context import Context
from app.pages.page import Page, PageCommand
from app.pages.shared.engine.bar import DamagedHosts, EngineBanner, HostSwitcher
from widgets.actions import ExplainedAction
from widgets.panels.bar import ActionButton, more_button, row
from widgets.panels.error import ErrorPanel
from widgets.panels.labels import Text
from widgets.theme import GRID, FontSize


class Presenter(Protocol):
    """Fills the views while the page is seen."""

    def enter(self) -> None:
        """The page is shown."""

    def leave(self) -> None:
        """The page is left."""


class EnginePage(Page):
    """A page over `Context.engine_connection`; its kinds make their views, then call `compose`.

    Attributes:
        error: above the panes, why the last deed failed; hidden while none did.
        panes: the list above, the chosen one from the inside below.
    """

    presenter: Presenter

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._connection, self._hosts = context.engine_connection, context.hosts
        self.hosts = HostSwitcher(context.hosts, self._connection)
        self.banner = EngineBanner(self._connection)
        self.damaged = DamagedHosts(context.hosts)
        self.error = ErrorPanel()
        self.error.hide()
        self.panes = QSplitter(Qt.Orientation.Vertical)

    @property
    def bar_actions(self) -> Sequence[ExplainedAction]:
        """What can be done here, in the order of the bar."""
        return ()

    @property
    def menu_actions(self) -> Sequence[ExplainedAction]:
        """What stands in the menu at the end of the bar."""
        return ()

    def enter(self) -> None:
        """Follow the engine."""
        self.banner.follow()
        self.damaged.follow()
        self.presenter.enter()

    def leave(self) -> None:
        """Follow no longer what is only looked at."""
        self.banner.rest()
        self.presenter.leave()

    def refresh(self) -> None:
        """F5: ask the engine whether it is there, and read the saved hosts again."""
        self._hosts.look_again()
        self._connection.retry()

    def refreshing(self) -> bool:
        """Whether the engine is being opened."""
        return self._connection.state is ConnectionState.OPENING

    def escape(self) -> bool:
        """Esc puts the last error away."""
        shown = self.error.isVisible()
        self.error.hide()
        return shown

    def commands(self) -> list[PageCommand]:
        """What can be done here."""
        return [
            PageCommand(action.text(), action.trigger, action.blocked, action.shortcut().toString())
            for action in (*self.bar_actions, *self.menu_actions)
        ]

    def compose(
        self, title: str, upper: QWidget, lower: QWidget, sizes: tuple[int, int], *beside: QWidget
    ) -> None:
        """Place everything.

        Args:
            title: of the page.
            upper: the list.
            lower: the chosen one from the inside.
            sizes: heights of both at first, in pixels.
            beside: widgets that stand beside the title.
        """
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(row(Text(title, size=FontSize.LARGE), *beside, None, self.hosts))
        buttons: list[QWidget | None] = [ActionButton(action) for action in self.bar_actions]
        if self.menu_actions:
            buttons.append(more_button("More", "More that can be done here", self.menu_actions))
        layout.addLayout(row(*buttons, None))
        layout.addWidget(self.error)
        self.panes.setChildrenCollapsible(False)
        for pane, share in ((upper, 3), (lower, 2)):
            self.panes.addWidget(pane)
            self.panes.setStretchFactor(self.panes.count() - 1, share)
        self.panes.setSizes(list(sizes))
        layout.addWidget(self.panes, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.banner)
        whole.addWidget(self.damaged)
        whole.addWidget(inside, 1)
