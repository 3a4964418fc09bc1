"""What the program hands to its pages, once everything is loaded."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.activity import Activity
from app.connection.engine_link import EngineLink
from app.connection.hosts import Hosts
from app.connection.link import Link
from app.paths import Places
from app.settings import PERSON, Settings
from app.tasks import Tasks
from services.profiles.profile import ProfileFolder
from services.profiles.secrets import Secrets


class Bus(QObject):
    """What pages ask of the program: to show another page, or to work with another profile."""

    project_wanted = Signal(str)
    """Show this project on Monitor."""
    page_wanted = Signal(str)
    profile_wanted = Signal(str)
    """Open the profile of this name."""
    connection_wanted = Signal(str)
    """Edit the profile of this name in the connection dialog; empty for a new one."""
    launch_wanted = Signal(str)
    """Launch a version from this deploy folder, on the Platform page."""
    registry_changed = Signal(str)
    """A page changed this project in the registry; others look again."""


@dataclass(frozen=True, slots=True)
class Context:
    """The program's parts, shared by its pages."""

    tasks: Tasks
    activity: Activity
    settings: Settings
    link: Link
    profiles: ProfileFolder
    secrets: Secrets
    places: Places
    bus: Bus
    engine_link: EngineLink
    hosts: Hosts

    def person(self) -> str:
        """Who is written into the history."""
        import getpass

        return self.settings.get(PERSON).strip() or getpass.getuser()
