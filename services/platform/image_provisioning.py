"""Images of the parts, on the engine before anything is made of them: found, pulled or built."""

from collections.abc import Callable, Iterable

from services.containers.interface import ContainerHost, Progress, share
from services.images.builds import build_images
from services.images.catalogue import reference

Output = Callable[[str], None]


def provide_images(
    engine: ContainerHost,
    names: Iterable[str],
    prefix: str,
    progress: Progress,
    output: Output,
    *,
    rebuild: bool = False,
) -> dict[str, str]:
    """Catalogue's name to the reference of an image that is on the engine.

    Args:
        engine: where.
        names: of the catalogue.
        prefix: a registry to pull from; empty builds what is missing.
        progress: told how far it is; raises Cancelled to stop.
        output: gets what builds print.
        rebuild: build or pull also what is there.

    Raises:
        NotFound: the registry lacks an image.
        InvalidInput: a build failed; the message names the step.
        StorageError: the engine's disk is full.
    """
    wanted = {name: reference(name, prefix) for name in dict.fromkeys(names)}
    missing = [name for name, found in wanted.items() if rebuild or engine.image(found) is None]
    if not missing:
        return wanted
    if not prefix:
        build_images(engine, missing, progress, output)
        return wanted
    for place, name in enumerate(missing):
        engine.pull(wanted[name], share(progress, place / len(missing), (place + 1) / len(missing)))
    return wanted
