"""Which Docker hosts there are, and which one the window works with."""

from PySide6.QtCore import QObject, Signal

from app.connection.engine_connection import EngineConnection
from app.connection.reconnecting import ConnectionState
from app.settings import HOST, Settings
from services.containers.addresses import EngineAddress, Host
from services.containers.hosts import HostFolder
from services.profiles.profile import PlatformProfile, Profile


class Hosts(QObject):
    """The saved hosts and the choice among them; `changed` comes when either is another.

    Attributes:
        folder: where they are kept.
    """

    changed = Signal()
    edit_requested = Signal(str)
    """Edit the host of this name in its dialog; empty for a new one."""

    def __init__(
        self,
        folder: HostFolder,
        connection: EngineConnection,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.folder = folder
        self._connection = connection
        self._settings = settings

    def current(self) -> Host:
        """The host in use, or the one that would be: the last one used, else the first there is."""
        offered = self.folder.offered()
        last = self._settings.get(HOST)
        return next((host for host in offered if host.name == last), offered[0])

    def choose(self, name: str) -> None:
        """Work with the host of this name from now on."""
        host = next((host for host in self.folder.offered() if host.name == name), None)
        if host is not None:
            self._settings.put(HOST, name)
            self._connection.open(host)
            self.changed.emit()

    def want(self) -> None:
        """A page needs an engine: open the current host's unless one is open or being opened."""
        if self._connection.state is ConnectionState.NONE:
            self.choose(self.current().name)

    def look_again(self) -> None:
        """The folder may have been changed by hand: have everybody read it again."""
        self.changed.emit()

    def resume(self) -> None:
        """At the start: open the engine that was used last, if one ever was."""
        if self._settings.get(HOST):
            self.want()

    def follow(self, profile: Profile) -> None:
        """A platform was opened: work with the engine that it runs on, keeping that as a host."""
        if not isinstance(profile, PlatformProfile) or profile.docker is None:
            return
        known = [host for host in self.folder.offered() if host.address == profile.docker]
        host = known[0] if known else self._named(profile.name, profile.docker)
        if self._connection.host is None or self._connection.host.address != host.address:
            self.choose(host.name)

    def save(self, host: Host, old: Host | None) -> None:
        """Keep a host in the place of an old one, and work with it; raises what the folder does."""
        self.folder.save(host)
        if old is not None and old.name != host.name:
            self.folder.remove(old.name)
        self.choose(host.name)

    def _named(self, name: str, address: EngineAddress) -> Host:
        """Keep an engine as a host under a name that no other has."""
        taken = {host.name for host in self.folder.offered()}
        names = (name, *(f"{name} {number}" for number in range(2, len(taken) + 3)))
        host = Host(next(free for free in names if free not in taken), address)
        self.folder.save(host)
        return host

    def remove(self, name: str) -> None:
        """Forget a host; the first of the others takes its place if it was in use."""
        self.folder.remove(name)
        if self._connection.host is not None and self._connection.host.name == name:
            self.choose(self.folder.offered()[0].name)
        self.changed.emit()
