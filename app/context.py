"""What the program hands to its pages, once everything is loaded."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.activity import Activity
from app.connection.engine_connection import EngineConnection
from app.connection.hosts import Hosts
from app.connection.platform_connection import PlatformConnection
from app.paths import AppPaths
from app.settings import PERSON, Settings
from app.tasks import Tasks
from services.profiles.profile import ProfileFolder
from services.profiles.secrets import Secrets


class EventBus(QObject):
    """What pages ask of the program: to show another page, or to work with another profile."""

    project_requested = Signal(str)
    """Show this project on Monitor."""
    page_requested = Signal(str)
    profile_requested = Signal(str)
    """Open the profile of this name."""
    connection_requested = Signal(str)
    """Edit the profile of this name in the connection dialog; empty for a new one."""
    container_requested = Signal(str)
    """Show the log of the container of this identifier."""
    launch_requested = Signal(str)
    """Launch a version from this deploy folder, on the Platform page."""
    registry_changed = Signal(str)
    """A page changed this project in the registry; others look again."""


@dataclass(frozen=True, slots=True)
class Context:
    """The program's parts, shared by its pages."""

    tasks: Tasks
    activity: Activity
    settings: Settings
    connection: PlatformConnection
    profiles: ProfileFolder
    secrets: Secrets
    paths: AppPaths
    bus: EventBus
    engine_connection: EngineConnection
    hosts: Hosts

    def person(self) -> str:
        """Who is written into the history."""
        import getpass

        return self.settings.get(PERSON).strip() or getpass.getuser()
