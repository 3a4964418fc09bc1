"""What the gateway needs to know of the store to answer, kept in a file for when the store is down."""

import logging
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from services.errors import StorageFull
from services.registry.model import Listener, Project, Token
from services.store.interface import Store
from services.store.registry_rows import with_evidence

_logger = logging.getLogger(__name__)


class Snapshot(Struct, frozen=True):
    """The registry, tokens (their digests) and listeners, as last seen."""

    projects: tuple[Project, ...] = ()
    tokens: tuple[Token, ...] = ()
    listeners: tuple[Listener, ...] = ()


def read_store(store: Store) -> Snapshot:
    """Everything anew."""
    projects = (store.project(name) for name in store.projects())
    return Snapshot(
        tuple(project for project in projects if project is not None),
        tuple(store.tokens()),
        tuple(store.listeners()),
    )


class _Stored(Struct):
    """A `Snapshot` whose projects are not looked into yet."""

    projects: tuple[dict[str, Any], ...] = ()
    tokens: tuple[Token, ...] = ()
    listeners: tuple[Listener, ...] = ()


def _decode(content: bytes) -> Snapshot:
    """A snapshot, also one in which evidence of a change of champion is still a text."""
    stored = msgspec.json.decode(content, type=_Stored)
    for project in stored.projects:
        if isinstance(change := project.get("last_change"), dict):
            project["last_change"] = with_evidence(change)
    projects = msgspec.convert(stored.projects, tuple[Project, ...])
    return Snapshot(projects, stored.tokens, stored.listeners)


class SnapshotFile:
    """The snapshot on disk, replaced whole; only its owner may read it.

    Args:
        folder: the spool's; made if needed.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "snapshot.json"
        self._draft = folder / "snapshot.json.new"

    def load(self) -> Snapshot | None:
        """The snapshot, or None if there is none that can be read."""
        try:
            return _decode(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            _logger.warning("the local snapshot %s cannot be read: %s", self._path, error)
            return None

    def save(self, snapshot: Snapshot) -> None:
        """Keep it; StorageFull if the disk does not take it."""
        try:
            self._draft.parent.mkdir(parents=True, exist_ok=True)
            self._draft.touch(mode=0o600)
            self._draft.write_bytes(msgspec.json.encode(snapshot))
            self._draft.replace(self._path)
        except OSError as error:
            raise StorageFull("the gateway's snapshot cannot be written", details=str(error)) from error
