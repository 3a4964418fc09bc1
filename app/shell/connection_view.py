"""Shows the connection: words in the status line, and a banner when something does not answer."""

from PySide6.QtCore import QObject, QTimer

from app.connection.platform import SecretsNeeded
from app.connection.platform_connection import PlatformConnection
from app.connection.reconnecting import ConnectionState
from app.context import Context
from app.error_text import as_sentence, describe_error
from app.shell.profile_dialogs import ProfileDialogs
from app.shell.window import Shell
from widgets.theme import State

_SET_ASIDE = (
    "The gateway keeps in its spool what the store cannot take; it is missing from what is shown here. "
    "Its log says which rows and why."
)


class ConnectionView(QObject):
    """Follows the link; the banner's button tries again, or asks for what is missing."""

    def __init__(self, shell: Shell, context: Context, dialogs: ProfileDialogs) -> None:
        super().__init__(shell)
        self._shell = shell
        self._connection: PlatformConnection = context.connection
        self._dialogs = dialogs
        self._second = QTimer(self)
        self._second.setInterval(1000)
        self._second.timeout.connect(self._count_down)
        shell.banner.retry_requested.connect(self._act)
        shell.closed.connect(self._second.stop)
        self._connection.changed.connect(self.show)
        self.show()

    def show(self) -> None:
        """Bring everything up to date."""
        self._show_status()
        self._show_banner()

    def _show_status(self) -> None:
        connection, status = self._connection, self._shell.status
        name = connection.profile.name if connection.profile is not None else ""
        self._shell.set_profile(name)
        if connection.state is ConnectionState.NONE:
            status.profile.set_status("not connected")
        elif connection.state is ConnectionState.OPENING:
            status.profile.set_status(f"opening {name}…")
        elif connection.platform is None:
            status.profile.set_status(name, State.BAD)
        else:
            status.profile.set_status(name, State.GOOD)
        parts = connection.platform is not None
        status.gateway.setVisible(parts)
        status.store.setVisible(parts)
        if connection.platform is not None:
            lost = connection.error.message if connection.error else None
            status.show_part(status.store, connection.platform.store_name, lost)
            down = connection.gateway_error.message if connection.gateway_error else None
            status.show_part(status.gateway, "gateway", down)
            if down is None and connection.set_aside:
                words = f"gateway: {_rows(connection.set_aside)} set aside"
                status.gateway.set_status(words, State.WARNING, _SET_ASIDE)

    def _show_banner(self) -> None:
        connection, banner = self._connection, self._shell.banner
        if connection.state is ConnectionState.LOST and connection.error is not None:
            error = connection.error
            action = "Sign in…" if isinstance(error, SecretsNeeded) else "Retry"
            word = "Not connected" if connection.platform is None else "Store unreachable"
            banner.show_message(word, describe_error(error), action=action)
        elif connection.state is ConnectionState.OPEN and connection.gateway_error is not None:
            banner.show_message(
                "Gateway unreachable",
                f"{as_sentence(connection.gateway_error.message)} Applications may get no predictions; "
                "what is shown here comes from the store and stays right.",
            )
        elif connection.state is ConnectionState.OPEN and connection.set_aside:
            banner.show_message(f"{_rows(connection.set_aside)} set aside", _SET_ASIDE, action="")
        else:
            banner.hide()
        self._count_down()
        (self._second.start if connection.next_attempt is not None else self._second.stop)()

    def _count_down(self) -> None:
        if self._connection.next_attempt is not None:
            self._shell.banner.show_next_attempt(self._connection.next_attempt)

    def _act(self) -> None:
        if isinstance(self._connection.error, SecretsNeeded):
            self._dialogs.ask_secrets(self._connection.error)
        else:
            self._connection.retry()


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"
