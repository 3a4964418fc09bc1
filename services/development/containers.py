"""Development containers of an engine: made from a template, over a project folder of the engine's host."""

import re
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct

from services.containers.addresses import LocalEngine
from services.containers.interface import ContainerHost, Progress
from services.containers.model import (
    PLATFORM_LABEL,
    ROLE_LABEL,
    Container,
    ContainerRole,
    ContainerSpec,
    ContainerState,
    Mount,
    Port,
    ResourceLimits,
    RestartPolicy,
)
from services.development.templates import Template
from services.errors import InvalidInput, NotFound, Unavailable
from services.images.builds import build_images

TEMPLATE_LABEL, FOLDER_LABEL, PAGE_PATH_LABEL = "relevo.template", "relevo.folder", "relevo.opening"
SIGN_IN_LABEL = "relevo.sign-in"
SECRET_LABEL = "relevo.secret-variable"  # noqa: S105 - the name of the variable that holds it
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_HEALTHY_SECONDS = 120.0
_PROBE_SECONDS = 30.0
_LOOK_SECONDS = 0.1


class DevelopmentRequest(Struct, frozen=True):
    """What the person chooses.

    Attributes:
        folder: of the engine's host; seen inside where the template says.
        port: on the host; 0 takes a free one.
        everywhere: publish the port beyond the host itself.
        platform: whose network it joins, so that code in it reaches the platform; empty for none.
    """

    name: str
    folder: str
    port: int = 0
    everywhere: bool = False
    limits: ResourceLimits = ResourceLimits()
    platform: str = ""


def check_request(request: DevelopmentRequest) -> None:
    """InvalidInput says which field is wrong, and how it must be."""
    if not _NAME.fullmatch(request.name):
        raise InvalidInput(
            f"{request.name!r} cannot name a container",
            remedy="Use lower-case letters, digits, dots, dashes and underscores, beginning with a letter.",
        )
    if not request.folder.strip():
        raise InvalidInput("Choose the project folder to work in")
    if not 0 <= request.port < 65536:
        raise InvalidInput(f"{request.port} is not a port: 1 to 65535, or none for a free one")


def ensure_image(
    engine: ContainerHost, template: Template, progress: Progress, output: Callable[[str], None]
) -> None:
    """Have the template's image on the engine: build it if it is Relevo's own, else pull it."""
    if engine.image(template.image) is not None:
        return
    if template.own_image:
        build_images(engine, [template.own_image], progress, output)
    else:
        engine.pull(template.image, progress)


def start_development_container(
    engine: ContainerHost,
    template: Template,
    request: DevelopmentRequest,
    progress: Progress,
    output: Callable[[str], None] = lambda _text: None,
) -> Container:
    """Make a development container and wait until its page answers; nothing is left if that fails.

    Raises:
        InvalidInput: a field is wrong, the template has no page, or the image cannot be built.
        NotFound: there is no such folder, or image.
        Conflict: the name or the port is taken.
        Unavailable: it did not become healthy; details hold its last words.
    """
    check_request(request)
    if template.access.kind != "browser":
        raise InvalidInput(f"“{template.title}” is run by PyCharm itself; there is nothing to start")
    if isinstance(engine.address, LocalEngine) and not Path(request.folder).is_dir():
        raise NotFound(f"there is no folder {request.folder}", remedy="Choose the project's folder.")
    ensure_image(engine, template, progress, output)
    progress(None, f"Starting {request.name}")
    identifier = engine.run(_specification(engine, template, request))
    try:
        engine.wait_healthy(
            identifier, _HEALTHY_SECONDS, lambda: progress(None, f"Waiting until {request.name} answers")
        )
    except BaseException:
        engine.remove(identifier, force=True, volumes=True)
        raise
    return engine.container(identifier)


def development_containers(engine: ContainerHost) -> list[Container]:
    """The development containers of an engine, by name."""
    return [container for container in engine.containers() if container.role is ContainerRole.DEVELOPMENT]


def _specification(engine: ContainerHost, template: Template, request: DevelopmentRequest) -> ContainerSpec:
    user, group = _owner(engine, template, request)
    known = {"{secret}": secrets.token_urlsafe(24), "{user}": user, "{group}": group}
    environment = {name: _filled(text, known) for name, text in template.environment.items()}
    holds = next((name for name, text in template.environment.items() if text == "{secret}"), "")
    address = "0.0.0.0" if request.everywhere else "127.0.0.1"  # noqa: S104 - asked for in so many words
    limits = request.limits if request.limits != ResourceLimits() else template.limits
    return ContainerSpec(
        name=request.name,
        image=template.image,
        command=template.command,
        environment=environment,
        labels={
            ROLE_LABEL: ContainerRole.DEVELOPMENT,
            PLATFORM_LABEL: request.platform,
            TEMPLATE_LABEL: template.key,
            FOLDER_LABEL: request.folder,
            PAGE_PATH_LABEL: template.access.path,
            SECRET_LABEL: holds,
            SIGN_IN_LABEL: template.access.sign_in,
        },
        ports=(Port(template.port, request.port, address),),
        mounts=(Mount(template.mount, request.folder, folder=True),),
        network=request.platform,
        limits=limits,
        restart=RestartPolicy.UNLESS_STOPPED,
        user=f"{user}:{group}" if template.user == "owner" else "",
    )


def _filled(text: str, known: Mapping[str, str]) -> str:
    for mark, value in known.items():
        text = text.replace(mark, value)
    return text


def _owner(engine: ContainerHost, template: Template, request: DevelopmentRequest) -> tuple[str, str]:
    """User and group that own the folder on the engine's host, so that what is written belongs to them."""
    if template.user == "image":
        return "", ""
    probe = engine.run(
        ContainerSpec(
            name=f"{request.name}-owner-{secrets.token_hex(3)}",
            image=template.image,
            command=("stat", "-c", "%u:%g", template.mount),
            labels={ROLE_LABEL: ContainerRole.DEVELOPMENT},
            mounts=(Mount(template.mount, request.folder, folder=True, read_only=True),),
            restart=RestartPolicy.NEVER,
        )
    )
    try:
        _wait_for_end(engine, probe)
        lines = engine.logs(probe, 1)
    finally:
        engine.remove(probe, force=True, volumes=True)
    user, _, group = (lines[-1].text if lines else "").partition(":")
    if not (user.isdecimal() and group.isdecimal()):
        raise Unavailable(
            f"The owner of {request.folder} could not be told",
            remedy="Is the folder on the engine's own machine, and shared with Docker?",
            details="\n".join(line.text for line in lines),
        )
    return user, group


def _wait_for_end(engine: ContainerHost, probe: str) -> None:
    deadline = time.monotonic() + _PROBE_SECONDS
    while engine.container(probe).state is not ContainerState.EXITED and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
