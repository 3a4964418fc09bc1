"""Copies a platform's data into a folder: part by part, each stopped while it is copied.

The gateways go on: what they record meanwhile waits in their spools until the store is back.
"""

import gzip
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from services.containers.interface import ContainerHost, Progress, share
from services.containers.model import Container, Mount
from services.errors import StorageError
from services.images.catalogue import program_version
from services.platform.backup.format import SAVED, Backup, SavedVolume, archive_of, write_list
from services.platform.backup.volume_access import volume_container
from services.platform.discovery import require_set_up, runs
from services.platform.parts import CASSANDRA, Part
from services.platform.recovery.state_file import write_state_file
from services.platform.setup import roll_back_interrupted
from services.platform.specification import Plan, volumes_of

_QUICK = 1
"""What Cassandra and image registries keep is compressed already."""
_OWN = 0o700


def back_up(engine: ContainerHost, name: str, into: Path, progress: Progress) -> Path:
    """Copy what a platform's store, registry and datalake keep; the folder that holds it.

    A part that runs is stopped, copied and started again, the store first. What the gateways had not
    shipped to the store by then is in their spools, and not in the backup. The secrets that open the data
    are in it: whoever gets it can read everything.

    Args:
        engine: where.
        name: which platform; its parts may be stopped.
        into: a folder of this machine; a new one is made in it.
        progress: told how far it is; may raise Cancelled, after which nothing is left of the backup.

    Raises:
        NotFound: there is no such platform, or it is taken down.
        StorageError: the folder's disk has not as much free as the data take, or cannot be written to.
        Unavailable: a part did not become healthy again.
    """
    roll_back_interrupted(engine, name)
    discovered, request, secrets = require_set_up(engine, name)
    write_state_file(engine, Plan(request, secrets), discovered.parts[CASSANDRA.name].identifier)
    parts = [part for part in SAVED if part.name in discovered.parts]
    progress(0.0, "Measuring the data")
    sizes = {volume.name: max(volume.size, 0) for volume in engine.volumes()}
    data = {part.name: sum(sizes.get(volume, 0) for volume, _ in volumes_of(name, part)) for part in parts}
    at, total, done = datetime.now(UTC), max(1, sum(data.values())), 0
    with _new_folder(into / f"{name}-{at:%Y%m%d-%H%M%S}", total) as folder:
        volumes: list[SavedVolume] = []
        for part in parts:
            step = share(progress, done / total, (done + data[part.name]) / total)
            copying = _Copying(part, data[part.name], step)
            with _standing_still(engine, discovered.parts[part.name], copying):
                volumes += _copied(engine, discovered.parts[part.name], folder, copying)
            done += data[part.name]
        with _writing(folder):
            write_list(folder, Backup(name, at, program_version(), tuple(volumes)))
    progress(1.0, f"{name} is backed up")
    return folder


@dataclass
class _Copying:
    """How far a part is: bytes of its data, and those that were read."""

    part: Part
    size: int
    progress: Progress
    read: int = 0

    def add_read(self, size: int) -> None:
        """More was read; raises Cancelled to stop."""
        self.read += size
        fraction = min(1.0, self.read / self.size) if self.size else None
        self.progress(fraction, f"Copying {self.part.name}: {self.read / 1e6:,.0f} MB")


@contextmanager
def _new_folder(folder: Path, size: int) -> Iterator[Path]:
    """A folder for so many bytes, which is gone again if anything goes wrong inside."""
    with _writing(folder):
        folder.mkdir(mode=_OWN, parents=True)
    try:
        _check_space(folder, size)
        yield folder
    except BaseException:
        shutil.rmtree(folder)
        raise


def _check_space(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size:
        raise StorageError(
            f"{folder.parent} has {free / 1e6:,.0f} MB free; the data take {size / 1e6:,.0f} MB",
            remedy="Choose a folder on a larger disk.",
        )


@contextmanager
def _standing_still(engine: ContainerHost, container: Container, copying: _Copying) -> Iterator[None]:
    """Nothing of a part changes meanwhile; one that ran runs again, however that ends."""
    if not runs(container):
        yield
        return
    part = copying.part
    copying.progress(None, f"Stopping {part.name}")
    try:
        engine.stop(container.identifier, part.stop_seconds)
        yield
    finally:
        engine.start(container.identifier)
    text = f"Waiting until {part.name} is healthy again"
    engine.wait_healthy(container.identifier, part.healthy_seconds, lambda: copying.progress(None, text))


def _copied(
    engine: ContainerHost, container: Container, folder: Path, copying: _Copying
) -> list[SavedVolume]:
    """A part's volumes, read through a container beside it: the engine still answers about the part."""
    part, platform, saved = copying.part, container.platform, []
    for suffix, target in part.volumes:
        mount = Mount(target, f"{platform}-{suffix}", read_only=True)
        with (
            _writing(folder),
            archive_of(folder, suffix).open("wb") as file,
            volume_container(engine, platform, container.image_identifier, mount) as reader,
        ):
            written = _Written(file)
            with gzip.GzipFile("", "wb", _QUICK, written) as packed:

                def receive(found: bytes, packed: gzip.GzipFile = packed) -> None:
                    copying.add_read(len(found))
                    with _writing(folder):  # before the engine's client takes it for a broken connection
                        packed.write(found)

                engine.copy_out(reader, target, receive)
            file.flush()
            os.fsync(file.fileno())
        saved.append(SavedVolume(part.name, suffix, written.size, written.digest.hexdigest()))
    return saved


class _Written:
    """A file that knows what was written to it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest, self.size = hashlib.sha256(), 0

    def write(self, found: bytes) -> int:
        """Write on."""
        self.digest.update(found)
        self.size += len(found)
        return self._file.write(found)

    def flush(self) -> None:
        """Nothing is held here."""
        self._file.flush()


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """A fault of the disk, in words."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"The backup could not be written into {folder}",
            remedy="Free some space there, make the folder writable, or choose another one.",
            details=str(error),
        ) from error
