"""Where the program keeps what is its own on this machine: settings, profiles, the last seen data."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class AppPaths:
    """Folders of one person on one machine; made when first written to."""

    config: Path
    cache: Path
    data: Path

    @property
    def profiles(self) -> Path:
        """One JSON file a profile."""
        return self.config / "profiles"

    @property
    def hosts(self) -> Path:
        """One JSON file a Docker host."""
        return self.config / "hosts"

    @property
    def templates(self) -> Path:
        """A team's own templates of development containers, a TOML file each."""
        return self.config / "templates"

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.config / "settings.ini"

    @property
    def workspace(self) -> Path:
        """The folder offered for a first embedded workspace."""
        return self.data / "workspace"


def system_paths() -> AppPaths:
    """The folders that this operating system means for it."""
    import platformdirs

    return AppPaths(
        config=platformdirs.user_config_path("relevo", appauthor=False),
        cache=platformdirs.user_cache_path("relevo", appauthor=False),
        data=platformdirs.user_data_path("relevo", appauthor=False),
    )
