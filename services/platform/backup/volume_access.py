"""A short-lived container through which a volume is read or filled, by root and by nobody else."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from services.containers.engine.engine import Engine
from services.containers.model import ContainerSpec, Mount, ResourceLimits, RestartPolicy
from services.platform.parts import MEGABYTE
from services.platform.specification import ERRAND, container_name, labels_of

_ROOT = "0:0"


@contextmanager
def carrier(engine: Engine, platform: str, image: str, mount: Mount) -> Iterator[str]:
    """The identifier of a container that sees one volume and does nothing; gone afterwards.

    Args:
        engine: where.
        platform: whose errand it is.
        image: any with `sleep` and `tar`.
        mount: the volume, and where it is seen.
    """
    spec = ContainerSpec(
        name=container_name(platform, f"{ERRAND}-{secrets.token_hex(3)}"),
        image=image,
        entrypoint=("sleep",),
        command=("infinity",),
        labels=labels_of(platform, ERRAND),
        mounts=(mount,),
        limits=ResourceLimits(memory=64 * MEGABYTE),
        restart=RestartPolicy.NEVER,
        user=_ROOT,
    )
    identifier = engine.run(spec)
    try:
        yield identifier
    finally:
        engine.remove(identifier, force=True, volumes=True)
