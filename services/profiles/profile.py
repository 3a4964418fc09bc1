"""A profile says where one platform is; profiles are kept as JSON files, one a profile."""

from pathlib import Path
from urllib.parse import quote

import msgspec
from msgspec import Struct

from services.errors import Corrupt, InvalidInput, StorageFull
from services.store.addresses import CassandraAddress


class EmbeddedProfile(Struct, frozen=True, tag="embedded"):
    """A workspace folder on this machine; its store, gateway and services are local processes."""

    name: str
    folder: str


class PlatformProfile(Struct, frozen=True, tag="platform"):
    """A platform on servers: its Cassandra and the gateway's address, such as `https://host:18080`."""

    name: str
    cassandra: CassandraAddress
    gateway: str


Profile = EmbeddedProfile | PlatformProfile


class ProfileFolder:
    """The profiles of one person, in a folder of their own.

    Args:
        folder: made when the first profile is saved.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """Names of all readable profiles, in the order shown."""
        return [profile.name for profile in self.all()]

    def all(self) -> list[Profile]:
        """All readable profiles, by name; what cannot be read is told by `damaged`."""
        readable, _ = self._load()
        return sorted(readable, key=lambda profile: profile.name.casefold())

    def damaged(self) -> list[Path]:
        """Files in the folder that cannot be read as a profile."""
        _, broken = self._load()
        return broken

    def get(self, name: str) -> Profile | None:
        """The profile of that name, or None."""
        return next((profile for profile in self.all() if profile.name == name), None)

    def save(self, profile: Profile) -> None:
        """Store or replace a profile; a reader sees the old file or the new one, never half of one.

        Raises:
            StorageFull: the folder cannot be written to.
        """
        path = self._path(profile.name)
        fresh = path.with_suffix(".new")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh.write_bytes(msgspec.json.format(msgspec.json.encode(profile), indent=2))
            fresh.replace(path)
        except OSError as error:
            raise StorageFull(
                f"The profile could not be saved in {self._folder}",
                remedy="Free some space there, or make the folder writable.",
                details=str(error),
            ) from error

    def remove(self, name: str) -> None:
        """Forget a profile; nothing happens if there is none of that name."""
        self._path(name).unlink(missing_ok=True)

    def _load(self) -> tuple[list[Profile], list[Path]]:
        readable: list[Profile] = []
        broken: list[Path] = []
        for path in sorted(self._folder.glob("*.json")):
            try:
                readable.append(_read(path))
            except Corrupt:
                broken.append(path)
        return readable, broken

    def _path(self, name: str) -> Path:
        if not name.strip():
            raise InvalidInput("A profile needs a name")
        return self._folder / f"{quote(name, safe=' ')}.json"


def _read(path: Path) -> Profile:
    try:
        profile: Profile = msgspec.json.decode(path.read_bytes(), type=Profile)
    except (OSError, msgspec.MsgspecError) as error:
        raise Corrupt(f"{path} is not a profile", details=str(error)) from error
    return profile
