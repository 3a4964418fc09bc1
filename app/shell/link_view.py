"""Shows the connection: words in the status line, and a banner when something does not answer."""

from PySide6.QtCore import QObject, QTimer

from app.connection.dialogs import ConnectionDialogs
from app.connection.link import Link
from app.connection.platform import SecretsNeeded
from app.connection.reconnecting import LinkState
from app.context import Context
from app.error_text import sentence, told
from app.shell.window import Shell
from widgets.theme import State


class LinkView(QObject):
    """Follows the link; the banner's button tries again, or asks for what is missing."""

    def __init__(self, shell: Shell, context: Context, dialogs: ConnectionDialogs) -> None:
        super().__init__(shell)
        self._shell = shell
        self._link: Link = context.link
        self._dialogs = dialogs
        self._second = QTimer(self)
        self._second.setInterval(1000)
        self._second.timeout.connect(self._count_down)
        shell.banner.retry_requested.connect(self._act)
        shell.closed.connect(self._second.stop)
        self._link.changed.connect(self.show)
        self.show()

    def show(self) -> None:
        """Bring everything up to date."""
        self._show_status()
        self._show_banner()

    def _show_status(self) -> None:
        link, status = self._link, self._shell.status
        name = link.profile.name if link.profile is not None else ""
        self._shell.set_profile(name)
        if link.state is LinkState.NONE:
            status.profile.set_status("not connected")
        elif link.state is LinkState.OPENING:
            status.profile.set_status(f"opening {name}…")
        elif link.platform is None:
            status.profile.set_status(name, State.BAD)
        else:
            status.profile.set_status(name, State.GOOD)
        parts = link.platform is not None
        status.gateway.setVisible(parts)
        status.store.setVisible(parts)
        if link.platform is not None:
            lost = link.error.message if link.error else None
            status.show_part(status.store, link.platform.store_name, lost)
            down = link.gateway_error.message if link.gateway_error else None
            status.show_part(status.gateway, "gateway", down)

    def _show_banner(self) -> None:
        link, banner = self._link, self._shell.banner
        if link.state is LinkState.LOST and link.error is not None:
            error = link.error
            action = "Sign in…" if isinstance(error, SecretsNeeded) else "Retry"
            word = "Not connected" if link.platform is None else "Store unreachable"
            banner.show_message(word, told(error), action=action)
        elif link.state is LinkState.OPEN and link.gateway_error is not None:
            banner.show_message(
                "Gateway unreachable",
                f"{sentence(link.gateway_error.message)} Applications may get no predictions; what is "
                "shown here comes from the store and stays right.",
            )
        else:
            banner.hide()
        self._count_down()
        (self._second.start if link.next_attempt is not None else self._second.stop)()

    def _count_down(self) -> None:
        if self._link.next_attempt is not None:
            self._shell.banner.show_next_attempt(self._link.next_attempt)

    def _act(self) -> None:
        if isinstance(self._link.error, SecretsNeeded):
            self._dialogs.ask_secrets(self._link.error)
        else:
            self._link.retry()
