"""Brings a platform's parts to this program's images, one after the other; data are never touched."""

from msgspec import Struct

from services.containers.interface import ContainerHost, Progress, share
from services.containers.model import Container, ContainerRole
from services.errors import RelevoError
from services.platform.certificates import certificate_of
from services.platform.deployer import Deployer, replace_state_container
from services.platform.discovery import DiscoveredPlatform, require_set_up
from services.platform.image_provisioning import Output, provide_images
from services.platform.one_off_containers import prepare_store
from services.platform.parts import CASSANDRA, Part, parts_of
from services.platform.recovery.state_file import write_state_file
from services.platform.request import PlatformRequest
from services.platform.setup import administrator_token, roll_back_interrupted
from services.platform.specification import Plan


class UpgradeResult(Struct, frozen=True):
    """Names of parts: with a new image, with the image that they ran already, and not there at all."""

    changed: tuple[str, ...]
    kept: tuple[str, ...]
    missing: tuple[str, ...] = ()


def upgrade(
    engine: ContainerHost,
    name: str,
    progress: Progress,
    *,
    output: Output = lambda _text: None,
    build: bool = True,
) -> UpgradeResult:
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
    roll_back_interrupted(engine, name)
    discovered, request, secrets = require_set_up(engine, name)
    wanted = parts_of(request)
    parts = [part for part in wanted if part.name in discovered.parts]
    plan = Plan(request, secrets, _certificate(engine, request, discovered))
    write_state_file(engine, plan, discovered.parts[CASSANDRA.name].identifier)
    images = provide_images(
        engine, ["gateway", *(part.image for part in parts)], request.image_prefix,
        share(progress, 0.0, 0.5), output, rebuild=build,
    )  # fmt: skip
    changed: list[str] = []
    for place, part in enumerate(parts):
        step = share(progress, 0.5 + 0.5 * place / len(parts), 1.0)
        try:
            if _replace_if_outdated(
                Deployer(engine, plan, step), engine, part, discovered.parts[part.name], images
            ):
                changed.append(part.name)
        except RelevoError as error:
            error.details = f"{error.details}\nOn their new images: {', '.join(changed) or 'none'}.".strip()
            raise
        if part is CASSANDRA:
            row = administrator_token()[1]
            prepare_store(engine, name, images["gateway"], secrets, row, always=False, progress=step)
    replace_state_container(engine, plan, images["gateway"], discovered.state_container)
    progress(1.0, f"{name} runs this program's images")
    return UpgradeResult(
        tuple(changed),
        kept=tuple(part.name for part in parts if part.name not in changed),
        missing=tuple(part.name for part in wanted if part not in parts),
    )


def _certificate(
    engine: ContainerHost, request: PlatformRequest, discovered: DiscoveredPlatform
) -> dict[str, bytes]:
    """The certificate, unless the part that has it is missing and so gets no new container."""
    front = ContainerRole.BALANCER if request.balanced else ContainerRole.GATEWAY
    there = any(container.role is front for container in discovered.parts.values())
    return certificate_of(engine, request, discovered) if there else {}


def _replace_if_outdated(
    deployer: Deployer, engine: ContainerHost, part: Part, old: Container, images: dict[str, str]
) -> bool:
    """Replace a container of another image than the one of that name; whether it was."""
    fresh = engine.image(images[part.image])
    if fresh is None or old.image_identifier == fresh.identifier:
        return False
    deployer.replace(part, old, images[part.image])
    return True
