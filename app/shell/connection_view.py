"""Shows the connection: words in the status line, and a banner when something does not answer."""

from PySide6.QtCore import QObject, QTimer

from app.connection.platform import SecretsNeeded
from app.connection.platform_connection import PlatformConnection
from app.connection.reconnecting import ConnectionState
from app.connection.store_sync import store_sync_words
from app.context import Context
from app.error_text import as_sentence, describe_error
from app.shell.outage_view import OutageView
from app.shell.profile_dialogs import ProfileDialogs
from app.shell.window import Shell
from services.gateway.messages import Outage
from widgets.theme import State

_NAMED = 3
"""Further champions that a banner names."""
_SET_ASIDE = (
    "The gateway keeps in its spool what the store cannot take; it is missing from what is shown here. "
    "Its log says which rows and why."
)


class ConnectionView(QObject):
    """Follows the link; the banner's button tries again, or asks for what is missing."""

    def __init__(
        self, shell: Shell, context: Context, dialogs: ProfileDialogs, outages: OutageView
    ) -> None:
        super().__init__(shell)
        self._shell = shell
        self._connection: PlatformConnection = context.connection
        self._dialogs = dialogs
        self._outages = outages
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
            status.profile.set_status(name, self._overall())
        parts = connection.platform is not None
        for item in (status.gateway, status.store, status.champions):
            item.setVisible(parts)
        if connection.platform is not None:
            lost = connection.error.message if connection.error else None
            health = connection.gateway_health
            hint = as_sentence(store_sync_words(health)) if health is not None else ""
            status.show_part(status.store, connection.platform.store_name, lost, hint)
            self._show_gateway()
            self._show_champions()

    def _overall(self) -> State:
        """Green only while all is known to be well."""
        connection = self._connection
        health = connection.gateway_health
        if connection.error or connection.gateway_error or connection.silent_champions:
            return State.BAD
        if health is None:
            return State.NEUTRAL
        return State.WARNING if connection.set_aside or health.shipping else State.GOOD

    def _show_gateway(self) -> None:
        connection, item = self._connection, self._shell.status.gateway
        health = connection.gateway_health
        if connection.gateway_error is not None:
            self._shell.status.show_part(item, "gateway", connection.gateway_error.message)
        elif health is None:
            item.set_status("gateway…")
        elif connection.set_aside:
            item.set_status(f"gateway: {_rows(connection.set_aside)} set aside", State.WARNING, _SET_ASIDE)
        elif health.shipping:
            item.set_status("gateway: rows wait", State.WARNING, _waiting(health.shipping))
        else:
            self._shell.status.show_part(item, "gateway", None)

    def _show_champions(self) -> None:
        connection, item = self._connection, self._shell.status.champions
        silent = connection.silent_champions
        if connection.gateway_health is None:
            word = "unknown" if connection.gateway_error is not None else "…"
            item.set_status(
                f"champions {word}", State.WARNING if connection.gateway_error else State.NEUTRAL
            )
        elif silent:
            word = "champion silent" if len(silent) == 1 else "champions silent"
            told = "\n".join(f"{one.version} of {one.project}: {one.reason}" for one in silent)
            item.set_status(f"{len(silent)} {word}", State.BAD, told)
        else:
            item.set_status("champions ok", State.GOOD)

    def _show_banner(self) -> None:
        connection, banner = self._connection, self._shell.banner
        health = connection.gateway_health
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
                note="It is asked again every second.",
            )
        elif self._tells_outage:
            self._show_outage(connection.silent_champions)
        elif connection.state is ConnectionState.OPEN and connection.set_aside:
            banner.show_message(f"{_rows(connection.set_aside)} set aside", _SET_ASIDE, action="")
        elif connection.state is ConnectionState.OPEN and health is not None and health.shipping:
            banner.show_message("Rows wait in the gateway", _waiting(health.shipping), action="")
        else:
            banner.hide()
        self._count_down()
        (self._second.start if connection.next_attempt is not None else self._second.stop)()

    def _show_outage(self, silent: list[Outage]) -> None:
        first = silent[0]
        others = [f"{one.version} of {one.project}" for one in silent[1:]]
        word = f"Champion {first.version} of {first.project} does not answer"
        message = f"{as_sentence(first.reason)} Applications get no predictions of {first.project}."
        if others:
            shown = ", ".join(others[:_NAMED])
            more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
            message += f" Neither do the champions {shown}{more}."
        since = f"Since {first.since.astimezone():%H:%M:%S}. The banner goes when it answers again."
        self._shell.banner.show_message(word, message, note=since, action="Open log", state=State.BAD)

    def _count_down(self) -> None:
        if self._connection.next_attempt is not None:
            self._shell.banner.show_next_attempt(self._connection.next_attempt)

    @property
    def _tells_outage(self) -> bool:
        """Whether the banner tells of champions: what comes before it is not the case."""
        connection = self._connection
        well = connection.state is ConnectionState.OPEN and connection.gateway_error is None
        return well and bool(connection.silent_champions)

    def _act(self) -> None:
        if isinstance(self._connection.error, SecretsNeeded):
            self._dialogs.ask_secrets(self._connection.error)
        elif self._tells_outage:
            self._outages.open_log(self._connection.silent_champions[0])
        else:
            self._connection.retry()


def _waiting(why: str) -> str:
    return (
        f"{as_sentence(why)} What applications ask meanwhile is safe in the gateway's spool, but missing "
        "from what is shown here."
    )


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"
