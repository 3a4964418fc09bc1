"""A platform's secrets and request beside its data: a file in the volume of its store.

Containers come and go, and clearing an engine takes all that are stopped; this file lasts exactly as long
as the data that nobody could open without it. Only root may read it; Cassandra runs as another user.
"""

import secrets
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import asdict

from services.containers.engine.engine import Engine
from services.containers.model import ContainerSpec, Mount, RestartPolicy
from services.errors import NotFound, Refused
from services.platform.parts import CASSANDRA
from services.platform.request import PlatformRequest
from services.platform.secrets import PlatformKeys
from services.platform.specification import ERRAND, Plan, container_name, labels_of, volumes_of

KEPT = ".relevo-platform.json"
_READ_BY_ROOT = 0o400
_SEEN_AT = "/kept"


class Kept(Struct, frozen=True):
    """What a platform's data volume says of it.

    Attributes:
        request: what was asked for; None if another version of this program wrote it.
    """

    keys: PlatformKeys
    request: PlatformRequest | None


class _Written(Struct, frozen=True):
    """The file: the request is read apart, since versions of this program differ in it."""

    keys: PlatformKeys
    request: dict[str, Any]


def data_volume(platform: str) -> str:
    """The volume of a platform's store."""
    return volumes_of(platform, CASSANDRA)[0][0]


def keep_with_data(engine: Engine, plan: Plan, store: str) -> None:
    """Write secrets and request into the volume of the store, unless they are there already.

    Args:
        engine: where.
        plan: of the platform.
        store: identifier of Cassandra's container, running or not.
    """
    folder = CASSANDRA.volumes[0][1]
    content = msgspec.json.encode(
        {"keys": asdict(plan.keys), "request": plan.request}, order="deterministic"
    )
    try:
        if engine.read_file(store, f"{folder}/{KEPT}") == content:
            return
    except NotFound:
        pass  # a new platform, or one that a version before this file set up
    engine.put_files(store, folder, {KEPT: content}, mode=_READ_BY_ROOT)


def kept_with_data(engine: Engine, platform: str, image: str) -> Kept | None:
    """Read them out of the volume; None if it holds none.

    Args:
        engine: where; its volume of the platform's store must be there.
        platform: whose.
        image: of this program; a container of it is made, and removed without having run.

    Raises:
        Refused: the file is damaged.
    """
    spec = ContainerSpec(
        name=container_name(platform, f"{ERRAND}-{secrets.token_hex(3)}"),
        image=image,
        labels=labels_of(platform, ERRAND),
        mounts=(Mount(_SEEN_AT, data_volume(platform), read_only=True),),
        restart=RestartPolicy.NEVER,
    )
    identifier = engine.create(spec)
    try:
        content = engine.read_file(identifier, f"{_SEEN_AT}/{KEPT}")
    except NotFound:
        return None
    finally:
        engine.remove(identifier, force=True, volumes=True)
    try:
        written = msgspec.json.decode(content, type=_Written)
    except msgspec.MsgspecError:
        # Not chained: the decoder's words may hold what it read.
        raise Refused(
            f"The file {KEPT} in the volume {data_volume(platform)} is damaged",
            remedy="It holds the platform's passwords. Bring it back from a copy of the volume.",
        ) from None
    return Kept(written.keys, _request(written.request))


def _request(fields: dict[str, Any]) -> PlatformRequest | None:
    try:
        return msgspec.convert(fields, PlatformRequest)
    except msgspec.ValidationError:
        return None
