"""What a backup is on disk: a folder with an archive of each volume, and a list of them, written last."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from services.errors import Corrupt, InvalidInput, NotFound
from services.platform.parts import CASSANDRA, OPTIONAL

LIST = "backup.json"
SAVED = (CASSANDRA, *OPTIONAL.values())
"""The parts whose volumes are saved, in this order."""
_PART = 1 << 20


class SavedVolume(Struct, frozen=True):
    """A volume in a backup.

    Attributes:
        part: the platform's part that it belongs to.
        suffix: the end of its name, after the platform's.
        size: bytes of its archive, a tar compressed by gzip.
        sha256: of its archive.
    """

    part: str
    suffix: str
    size: int
    sha256: str


class Backup(Struct, frozen=True):
    """What a backup holds.

    Attributes:
        at: when it began, just before its store was stopped: what was in that is in the backup.
        program: the version of Relevo that made it.
    """

    platform: str
    at: datetime
    program: str
    volumes: tuple[SavedVolume, ...]


def archive_of(folder: Path, suffix: str) -> Path:
    """Where a backup has the archive of a volume."""
    return folder / f"{suffix}.tar.gz"


def is_backup(folder: Path) -> bool:
    """Whether a folder looks like a whole backup."""
    return (folder / LIST).is_file()


def write_list(folder: Path, backup: Backup) -> None:
    """Make a folder of archives a backup; only a whole one has its list."""
    (folder / LIST).write_bytes(msgspec.json.format(msgspec.json.encode(backup), indent=2))


def read_list(folder: Path) -> Backup:
    """What a backup holds.

    Raises:
        NotFound: the folder is no backup, or one that was broken off.
        InvalidInput: its list is damaged.
    """
    try:
        written = (folder / LIST).read_bytes()
    except OSError as error:
        raise NotFound(
            f"{folder} is no backup: it has no readable {LIST}",
            remedy="Name the folder that a backup has made. A backup that was broken off has no list.",
            details=str(error),
        ) from error
    try:
        return msgspec.json.decode(written, type=Backup)
    except msgspec.MsgspecError as error:
        raise InvalidInput(f"The file {LIST} in {folder} is damaged", details=str(error)) from error


def parts_of(file: Path) -> Iterator[bytes]:
    """A file, part by part; Corrupt if it cannot be read."""
    try:
        with file.open("rb") as opened:
            while part := opened.read(_PART):
                yield part
    except OSError as error:
        raise Corrupt(
            f"{file} cannot be read", remedy="Use another copy of the backup.", details=str(error)
        ) from error


def digest_of(parts: Iterator[bytes]) -> str:
    """The sha256 of what comes."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
