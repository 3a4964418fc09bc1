"""From the manager's answers to our plain data."""

from collections.abc import Mapping
from typing import Any

from services.containers.engine.parsing import moment
from services.containers.model import Port
from services.containers.swarm.model import SwarmNode, SwarmService, SwarmTask
from services.instants import instant


def service_from(found: Mapping[str, Any]) -> SwarmService:
    """What the manager says of a service."""
    specification = found["Spec"]
    container = specification["TaskTemplate"]["ContainerSpec"]
    update = found.get("UpdateStatus") or {}
    replicated = (specification.get("Mode") or {}).get("Replicated") or {}
    return SwarmService(
        identifier=found["ID"],
        name=specification["Name"],
        version=int(found["Version"]["Index"]),
        image=plain_image(container["Image"]),
        replicas=int(replicated.get("Replicas", 1)),
        created=moment(found["CreatedAt"]) or instant(0),
        labels=dict(specification.get("Labels") or {}),
        update=str(update.get("State", "")),
        update_message=str(update.get("Message", "")),
        update_began=moment(str(update.get("StartedAt", ""))),
        command=tuple(container.get("Args") or ()),
        ports=tuple(sorted(map(_port, (specification.get("EndpointSpec") or {}).get("Ports") or ()))),
    )


def _port(found: Mapping[str, Any]) -> Port:
    return Port(
        int(found["TargetPort"]), int(found.get("PublishedPort", 0)), protocol=found.get("Protocol", "tcp")
    )


def plain_image(image: str) -> str:
    """An image's name without the digest that a manager adds."""
    return image.partition("@")[0]


def task_from(found: Mapping[str, Any], services: Mapping[str, str], nodes: Mapping[str, str]) -> SwarmTask:
    """What the manager says of a task; names of services and nodes by their identifiers."""
    status = found.get("Status") or {}
    node = str(found.get("NodeID", ""))
    return SwarmTask(
        identifier=found["ID"],
        service=services.get(found["ServiceID"], found["ServiceID"]),
        slot=int(found.get("Slot", 0)),
        node=nodes.get(node, node),
        state=str(status.get("State", "")),
        desired=str(found.get("DesiredState", "")),
        image=plain_image(found["Spec"]["ContainerSpec"]["Image"]),
        since=moment(str(status.get("Timestamp", ""))) or instant(0),
        error=str(status.get("Err", "")),
        container=str((status.get("ContainerStatus") or {}).get("ContainerID", "")),
        node_identifier=node,
    )


def node_from(found: Mapping[str, Any]) -> SwarmNode:
    """What the manager says of a machine."""
    description, specification = found.get("Description") or {}, found.get("Spec") or {}
    resources = description.get("Resources") or {}
    return SwarmNode(
        identifier=found["ID"],
        name=str(description.get("Hostname", "")),
        role=str(specification.get("Role", "")),
        availability=str(specification.get("Availability", "")),
        state=str((found.get("Status") or {}).get("State", "")),
        address=str((found.get("Status") or {}).get("Addr", "")),
        processors=int(resources.get("NanoCPUs", 0)) / 1e9,
        memory=int(resources.get("MemoryBytes", 0)),
        engine=str((description.get("Engine") or {}).get("EngineVersion", "")),
        labels=dict(specification.get("Labels") or {}),
    )
