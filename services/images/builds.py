"""Builds Relevo's images on an engine, each under the name by which its runtime asks for it."""

from collections.abc import Callable, Sequence

from services.containers.interface import ContainerHost, Progress, share
from services.containers.model import BuildSpec
from services.images.build_settings import BuildSettings, read_build_settings
from services.images.catalogue import own_image, program_version, reference
from services.images.contexts import context_of


def build_images(
    engine: ContainerHost,
    names: Sequence[str],
    progress: Progress,
    output: Callable[[str], None],
    *,
    prefix: str = "",
    settings: BuildSettings | None = None,
) -> dict[str, str]:
    """Build images of the catalogue one after the other; name to reference.

    Args:
        engine: where.
        names: of the catalogue; all are looked up before the first is built.
        progress: told how far the whole is (0 to 1); raises Cancelled to stop.
        output: gets what the builds print.
        prefix: a registry's address, put before each reference.
        settings: for reaching package registries; this machine's own if None.

    Raises:
        NotFound: there is no such image.
        InvalidInput: a build failed; the message names the step.
    """
    used = read_build_settings() if settings is None else settings
    references = {name: reference(name, prefix) for name in names}
    for place, name in enumerate(names):
        step = share(progress, place / len(names), (place + 1) / len(names))
        engine.build(build_spec(name, used, prefix), step, output)
    return references


def build_spec(name: str, settings: BuildSettings, prefix: str = "") -> BuildSpec:
    """What to ask an engine for, to have one image built."""
    labels = {
        "org.opencontainers.image.title": f"Relevo {name}",
        "org.opencontainers.image.description": own_image(name).text,
        "org.opencontainers.image.version": program_version(),
    }
    return BuildSpec(
        context=context_of(name),
        reference=reference(name, prefix),
        arguments=settings.arguments(),
        labels=labels,
    )
