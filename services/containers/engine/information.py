"""What an engine says of itself."""

from collections.abc import Mapping
from typing import Any

from services.containers.addresses import PlainEngine
from services.containers.engine.connection import Connection
from services.containers.model import EngineInfo, SwarmState

_PLAIN = (
    "The connection is neither encrypted nor protected by a password: whoever reaches this port owns the "
    "engine's machine, and whoever listens reads what is sent. Use TLS or SSH."
)


def information(connection: Connection) -> EngineInfo:
    """Versions, size, Swarm, and what to be warned of."""
    with connection.asking() as client:
        found, version = client.info(), client.version()
    own = [_PLAIN] if isinstance(connection.address, PlainEngine) else []
    return EngineInfo(
        name=str(found.get("Name", "")),
        version=str(version.get("Version", "")),
        api_version=str(version.get("ApiVersion", "")),
        operating_system=str(found.get("OperatingSystem", "")),
        processors=int(found.get("NCPU", 0)),
        memory=int(found.get("MemTotal", 0)),
        swarm=_swarm(found.get("Swarm") or {}),
        warnings=(*own, *(found.get("Warnings") or ())),
    )


def _swarm(found: Mapping[str, Any]) -> SwarmState:
    if found.get("LocalNodeState") != "active":
        return SwarmState.NONE
    return SwarmState.MANAGER if found.get("ControlAvailable") else SwarmState.WORKER
