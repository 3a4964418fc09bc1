"""What launching services on a platform needs to know of it, asked of its engine."""

from services.containers.docker.runtime import DockerRuntime
from services.containers.engine.engine import Engine
from services.containers.interface import Runtime
from services.containers.model import SwarmState
from services.containers.swarm.cluster import Cluster
from services.containers.swarm.runtime import SwarmRuntime
from services.errors import NotFound
from services.images.catalogue import reference
from services.platform.discovery import existing, runs
from services.platform.parts import REGISTRY
from services.platform.specification import inner_gateway
from services.publish.launching import Production


def production(engine: Engine, platform: str) -> Production:
    """How services reach the platform's gateway, and the secret from which their tokens are derived.

    Raises:
        NotFound: there is no such platform on the engine, or it is taken down.
    """
    present = existing(engine, platform)
    request, keys = present.request, present.keys
    if request is None or keys is None or "gateway" not in present.parts:
        raise NotFound(
            f"the platform {platform} is not up",
            remedy=f"Set it up first: relevo platform up --name {platform}.",
        )
    registry = f"127.0.0.1:{request.registry_port}" if runs(present.parts.get(REGISTRY.name)) else ""
    return Production(
        platform=platform,
        network=platform,
        gateway=inner_gateway(request),
        secret=keys.secret,
        model_image=reference("model-python", request.image_prefix),
        model_r_image=reference("model-r", request.image_prefix),
        registry=registry,
    )


def runtime_of(engine: Engine, platform: str) -> Runtime:
    """What runs a platform's versions: the Swarm if its network spans one, else this engine alone."""
    if engine.info().swarm is SwarmState.MANAGER and Cluster(engine).spans(platform):
        return SwarmRuntime(engine, platform, {})
    return DockerRuntime(engine, platform, platform, {})
