"""Brings a platform's parts to this program's images, one after the other; data are never touched."""

from msgspec import Struct

from services.containers.engine.engine import Engine
from services.containers.interface import Progress, share
from services.containers.model import Container
from services.errors import RelevoError
from services.platform.certificates import certificate_of
from services.platform.deployer import Placer, place_keeper
from services.platform.discovery import standing
from services.platform.image_provisioning import Output, provide_images
from services.platform.one_off_containers import prepare_store
from services.platform.parts import CASSANDRA, Part, wanted
from services.platform.recovery.state_file import keep_with_data
from services.platform.setup import administrator_token, settle
from services.platform.specification import Plan


class Upgraded(Struct, frozen=True):
    """Names of parts that run a new image, and of those that ran it already."""

    changed: tuple[str, ...]
    kept: tuple[str, ...]


def upgrade(
    engine: Engine,
    name: str,
    progress: Progress,
    *,
    output: Output = lambda _text: None,
    build: bool = True,
) -> Upgraded:
    """Put each part that runs another image on this program's, the store first.

    A part whose new container does not become healthy goes back to its old one, and the upgrade ends
    there: parts before it stay on the new images, which the next upgrade completes.

    Args:
        engine: where.
        name: which platform.
        progress: told how far it is; may raise Cancelled, which puts the part at hand back too.
        output: gets what builds of images print.
        build: build the images anew even if some of that name are there.

    Raises:
        NotFound: there is no such platform, or it is taken down.
        Unavailable: a part's new container was not healthy; says which, and that the old one runs again.
    """
    settle(engine, name)
    present, request, keys = standing(engine, name)
    plan = Plan(request, keys, certificate_of(engine, request, present))
    keep_with_data(engine, plan, present.parts[CASSANDRA.name].identifier)
    parts = [part for part in wanted(request) if part.name in present.parts]
    images = provide_images(
        engine, [part.image for part in parts], request.image_prefix, share(progress, 0.0, 0.5), output,
        anew=build,
    )  # fmt: skip
    changed: list[str] = []
    for place, part in enumerate(parts):
        told = share(progress, 0.5 + 0.5 * place / len(parts), 1.0)
        try:
            if _brought(Placer(engine, plan, told), engine, part, present.parts[part.name], images):
                changed.append(part.name)
        except RelevoError as error:
            error.details = f"{error.details}\nOn their new images: {', '.join(changed) or 'none'}.".strip()
            raise
        if part is CASSANDRA:
            row = administrator_token()[1]
            prepare_store(engine, name, images["gateway"], keys, row, always=False, progress=told)
    place_keeper(engine, plan, images["gateway"], present.keeper)
    progress(1.0, f"{name} runs this program's images")
    return Upgraded(tuple(changed), tuple(part.name for part in parts if part.name not in changed))


def _brought(placer: Placer, engine: Engine, part: Part, old: Container, images: dict[str, str]) -> bool:
    """Replace a container of another image than the one of that name; whether it was."""
    fresh = engine.image(images[part.image])
    if fresh is None or old.image_identifier == fresh.identifier:
        return False
    placer.replace(part, old, images[part.image])
    return True
