"""A short-lived container through which a volume is read or filled, by root and by nobody else."""

from collections.abc import Iterator
from contextlib import contextmanager

from services.containers.interface import ContainerHost
from services.containers.model import Mount
from services.platform.one_off_containers import one_off_container
from services.platform.parts import MEGABYTE

_ROOT = "0:0"


@contextmanager
def volume_container(engine: ContainerHost, platform: str, image: str, mount: Mount) -> Iterator[str]:
    """The identifier of a container that sees one volume and does nothing; gone afterwards.

    Args:
        engine: where.
        platform: whose volume it is.
        image: any with `sleep` and `tar`.
        mount: the volume, and where it is seen.
    """
    spec = one_off_container(
        platform,
        image,
        ("infinity",),
        entrypoint=("sleep",),
        mounts=(mount,),
        memory=64 * MEGABYTE,
        user=_ROOT,
    )
    identifier = engine.run(spec)
    try:
        yield identifier
    finally:
        engine.remove(identifier, force=True, volumes=True)
