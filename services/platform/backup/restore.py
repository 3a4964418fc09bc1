"""Brings a platform's data back from a backup, into volumes that are not there yet."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from services.containers.interface import ContainerHost, Progress, share
from services.containers.model import Mount
from services.errors import Conflict, Corrupt, InvalidInput
from services.platform.backup.format import (
    SAVED,
    Backup,
    SavedVolume,
    archive_of,
    digest_of,
    parts_of,
    read_list,
)
from services.platform.backup.volume_access import volume_container
from services.platform.discovery import find_platform
from services.platform.image_provisioning import Output, provide_images
from services.platform.parts import CASSANDRA
from services.platform.recovery.state_file import read_state_file
from services.platform.request import PlatformRequest, problems
from services.platform.specification import labels_of

_VERIFIED, _PROVIDED = 0.3, 0.5
"""Where on the way of the whole these steps end."""
_TARGETS = {suffix: target for part in SAVED for suffix, target in part.volumes}
"""What can be brought back, and where it is seen inside its part's container."""


class Restored(Struct, frozen=True):
    """A platform whose data are back: its name, and the request that it was last set up with."""

    name: str
    request: PlatformRequest


def restore(
    engine: ContainerHost,
    folder: Path,
    progress: Progress,
    *,
    name: str = "",
    prefix: str = "",
    output: Output = lambda _text: None,
) -> Restored:
    """Fill a platform's volumes from a backup; setting the platform up then finds the data.

    Nothing is ever overwritten, and nothing is made before all archives were found whole.

    Args:
        engine: where; it need not be the one that the backup comes from.
        folder: of the backup.
        progress: told how far it is; may raise Cancelled, after which nothing is left of it.
        name: another name for the platform than it had.
        prefix: a registry to pull an image of this program from, if the engine has none.
        output: gets what a build of it prints.

    Raises:
        NotFound: the folder is no backup.
        Corrupt: an archive is not what was written.
        Conflict: there is a platform of that name already.
        InvalidInput: the name is none, or the backup's list was changed.
    """
    backup = read_list(folder)
    suffixes = {saved.suffix for saved in backup.volumes}
    if not suffixes <= _TARGETS.keys() or not suffixes & {suffix for suffix, _ in CASSANDRA.volumes}:
        held = ", ".join(sorted(suffixes)) or "nothing"
        raise InvalidInput(f"The backup in {folder} is none of a platform’s data: it holds {held}")
    name = name or backup.platform
    if problem := problems(replace(PlatformRequest(), name=name)).get("name"):
        raise InvalidInput(f"{name} cannot be the name of a platform", remedy=problem)
    if find_platform(engine, name).exists:
        raise Conflict(
            f"There is a platform named {name} already",
            remedy=f"Restore it under another name, or delete that one first: relevo platform down "
            f"--name {name} --delete-data --confirm {name}.",
        )
    _verify(folder, backup, share(progress, 0.0, _VERIFIED))
    image = provide_images(engine, ["gateway"], prefix, share(progress, _VERIFIED, _PROVIDED), output)
    with _Volumes(engine, name, image["gateway"]) as volumes:
        filling = _Counted(backup, share(progress, _PROVIDED, 1.0), "Bringing back")
        for saved in backup.volumes:
            volumes.fill(saved, filling.through(saved, parts_of(archive_of(folder, saved.suffix))))
        state = read_state_file(engine, name, image["gateway"])
    progress(1.0, f"The data of {name} are back")
    request = state.request if state is not None else None
    return Restored(name, replace(request or PlatformRequest(), name=name))


def _verify(folder: Path, backup: Backup, progress: Progress) -> None:
    reading = _Counted(backup, progress, "Verifying")
    for saved in backup.volumes:
        file = archive_of(folder, saved.suffix)
        if digest_of(reading.through(saved, parts_of(file))) != saved.sha256:
            raise Corrupt(f"{file} is not what was backed up", remedy="Use another copy of the backup.")


class _Counted:
    """Tells how much of a backup was read."""

    def __init__(self, backup: Backup, progress: Progress, word: str) -> None:
        self._size = max(1, sum(saved.size for saved in backup.volumes))
        self._progress, self._word = progress, word
        self._read = 0

    def through(self, saved: SavedVolume, parts: Iterator[bytes]) -> Iterator[bytes]:
        """The same parts; raises Cancelled to stop."""
        for part in parts:
            self._read += len(part)
            self._progress(min(1.0, self._read / self._size), f"{self._word} {saved.part}")
            yield part


class _Volumes:
    """Volumes that are made and filled, and are gone again if anything goes wrong inside."""

    def __init__(self, engine: ContainerHost, name: str, image: str) -> None:
        self._engine, self._name, self._image = engine, name, image
        self._made: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            for volume in self._made:
                self._engine.remove_volume(volume)

    def fill(self, saved: SavedVolume, archive: Iterator[bytes]) -> None:
        """Make a volume, and unpack its archive into it."""
        volume = f"{self._name}-{saved.suffix}"
        if not self._engine.ensure_volume(volume, labels_of(self._name, saved.part)):
            raise Conflict(
                f"There is a volume named {volume} already", remedy="Restore under another name."
            )
        self._made.append(volume)
        target = _TARGETS[saved.suffix]
        with volume_container(self._engine, self._name, self._image, Mount(target, volume)) as identifier:
            self._engine.copy_in(identifier, str(PurePosixPath(target).parent), archive)
