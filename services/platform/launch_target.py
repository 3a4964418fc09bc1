"""What launching services on a platform needs to know of it, asked of its engine."""

from services.containers.interface import ContainerHost
from services.containers.kinds import orchestrator_on
from services.images.catalogue import reference
from services.platform.discovery import not_up, require_platform, runs
from services.platform.parts import REGISTRY
from services.platform.request import LOOPBACK, PlatformRequest, bracketed, everywhere
from services.platform.specification import inner_gateway
from services.publish.launching import LaunchTarget


def launch_target(engine: ContainerHost, platform: str) -> LaunchTarget:
    """How services reach the platform's gateway, and the secret from which their tokens are derived.

    Raises:
        NotFound: there is no such platform on the engine, or it is taken down.
    """
    discovered = require_platform(engine, platform)
    request, secrets = discovered.request, discovered.secrets
    if request is None or secrets is None or "gateway" not in discovered.parts:
        raise not_up(discovered)
    return LaunchTarget(
        platform=platform,
        network=platform,
        gateway=inner_gateway(request),
        secret=secrets.secret,
        model_image=reference("model-python", request.image_prefix),
        model_r_image=reference("model-r", request.image_prefix),
        registry=_registry(engine, request) if runs(discovered.parts.get(REGISTRY.name)) else "",
    )


def _registry(engine: ContainerHost, request: PlatformRequest) -> str:
    """How names of images begin that the platform's registry keeps: where it is published.

    Docker takes plain HTTP from its own machine only, so loopback it is where that does; but each machine
    of a Swarm asks its own loopback: where there are several, it is named as all of them reach it.
    """
    host = request.team_host
    if everywhere(host):
        orchestrator = orchestrator_on(engine)
        host = (orchestrator.machine_address() if orchestrator is not None else "") or LOOPBACK
    return f"{bracketed(host)}:{request.registry_port}"
