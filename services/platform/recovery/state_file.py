"""A platform's state, its secrets and request, beside its data: a file in the volume of its store.

Containers come and go, and clearing an engine takes all that are stopped; this file lasts exactly as long
as the data that nobody could open without it. Only root may read it; Cassandra runs as another user.
"""

from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from services.containers.interface import ContainerHost
from services.containers.model import Mount
from services.errors import NotFound, Refused
from services.platform.one_off_containers import one_off_container
from services.platform.parts import CASSANDRA
from services.platform.request import PlatformRequest
from services.platform.secrets import PlatformSecrets
from services.platform.specification import Plan, volumes_of

STATE_FILE = ".relevo-platform.json"
_READ_BY_ROOT = 0o400
_MOUNTED_AT = "/kept"
_STORE_FOLDER = CASSANDRA.volumes[0][1]


class SavedState(Struct, frozen=True):
    """What a platform's data volume says of it.

    Attributes:
        request: what was asked for; None if another version of this program wrote it.
    """

    secrets: PlatformSecrets
    request: PlatformRequest | None


class _Written(Struct, frozen=True):
    """The file: the request is read apart, since versions of this program differ in it."""

    keys: PlatformSecrets
    request: dict[str, Any]


def data_volume(platform: str) -> str:
    """The volume of a platform's store."""
    return volumes_of(platform, CASSANDRA)[0][0]


def write_state_file(engine: ContainerHost, plan: Plan, store: str) -> None:
    """Write secrets and request into the volume of the store, unless they are there already.

    Args:
        engine: where.
        plan: of the platform.
        store: identifier of Cassandra's container, running or not.
    """
    content = msgspec.json.encode(
        {"keys": asdict(plan.secrets), "request": plan.request}, order="deterministic"
    )
    if _content(engine, store, _STORE_FOLDER) != content:
        engine.put_files(store, _STORE_FOLDER, {STATE_FILE: content}, mode=_READ_BY_ROOT)


def read_state_file(engine: ContainerHost, platform: str, image: str) -> SavedState | None:
    """Read them out of the volume; None if it holds none.

    Args:
        engine: where; its volume of the platform's store must be there.
        platform: whose.
        image: of this program; a container of it is made, and removed without having run.

    Raises:
        Refused: the file is damaged.
    """
    mount = Mount(_MOUNTED_AT, data_volume(platform), read_only=True)
    identifier = engine.create(one_off_container(platform, image, mounts=(mount,)))
    try:
        content = _content(engine, identifier, _MOUNTED_AT)
    finally:
        engine.remove(identifier, force=True, volumes=True)
    if content is None:
        return None
    saved = _decoded(content)
    if saved is None:
        raise Refused(
            f"The file {STATE_FILE} in the volume {data_volume(platform)} is damaged",
            remedy="It holds the platform's passwords. Bring it back from a copy of the volume.",
        )
    return saved


def read_state_of_store(engine: ContainerHost, store: str) -> SavedState | None:
    """Read them through Cassandra's container, running or not; None if they are not there, or damaged."""
    content = _content(engine, store, _STORE_FOLDER)
    return None if content is None else _decoded(content)


def _content(engine: ContainerHost, container: str, folder: str) -> bytes | None:
    try:
        return engine.read_file(container, f"{folder}/{STATE_FILE}")
    except NotFound:
        return None  # a new platform, or one that a version before this file set up


def _decoded(content: bytes) -> SavedState | None:
    """What a file says; None if it is damaged: a decoder's words may hold what it read."""
    try:
        written = msgspec.json.decode(content, type=_Written)
    except msgspec.MsgspecError:
        return None
    return SavedState(written.keys, _request(written.request))


def _request(fields: dict[str, Any]) -> PlatformRequest | None:
    try:
        return msgspec.convert(fields, PlatformRequest)
    except msgspec.ValidationError:
        return None
