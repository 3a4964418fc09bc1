"""What is asked of a Swarm's manager: services, tasks, nodes, secrets and the network between machines."""

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import docker.auth
import docker.errors
import docker.types

from services.containers.engine.engine import Engine
from services.containers.engine.registry_credentials import auth_config, registry_of
from services.containers.swarm.model import SwarmNode, SwarmService, SwarmTask
from services.containers.swarm.parsing import node_from, service_from, task_from
from services.containers.swarm.service_definition import ServiceDefinition
from services.errors import Conflict, NotFound, Refused

_ENDED_STATES = frozenset({"complete", "shutdown", "failed", "rejected", "remove", "orphaned"})


class Cluster:
    """A Swarm, through one of its managers."""

    def __init__(self, engine: Engine) -> None:
        self._connection = engine.connection

    def ensure_network(self, name: str, labels: Mapping[str, str]) -> bool:
        """Make the network between machines unless there is one; whether it was made.

        Raises:
            Conflict: there is one of that name, for one machine only.
        """
        with self._connection.client() as client:
            known = [found for found in client.networks(names=[name]) if found["Name"] == name]
            if not known:
                client.create_network(name, driver="overlay", labels=dict(labels), attachable=True)
                return True
        if not _spans_machines(known[0]):
            raise Conflict(
                f"the network {name} is one machine's own",
                remedy="Take the platform down (its data stays), then set it up on the Swarm.",
            )
        return False

    def spans(self, network: str) -> bool:
        """Whether there is a network of that name between the machines."""
        with self._connection.client() as client:
            found = client.networks(names=[network])
        return any(each["Name"] == network and _spans_machines(each) for each in found)

    def services(self, labels: Mapping[str, str]) -> list[SwarmService]:
        """Services that carry all these labels, by name."""
        wanted = [f"{label}={value}" for label, value in labels.items()]
        with self._connection.client() as client:
            found = client.services(filters={"label": wanted})
        return sorted(map(service_from, found), key=lambda service: service.name)

    def service(self, name: str) -> SwarmService:
        """One service; NotFound if there is none."""
        return service_from(self._inspect(name))

    def _inspect(self, name: str) -> Mapping[str, Any]:
        with self._connection.client() as client:
            try:
                found: Mapping[str, Any] = client.inspect_service(name)
            except docker.errors.NotFound:
                raise NotFound(f"no service named {name} runs on this Swarm") from None
        return found

    def create(self, definition: ServiceDefinition) -> str:
        """Make a service; its identifier."""
        with self._signed_in(definition.image) as client:
            return str(client.create_service(**definition.arguments)["ID"])

    def update(self, definition: ServiceDefinition) -> None:
        """Replace every task by one of this definition; Conflict if somebody changed it meanwhile."""
        found = self._inspect(definition.name)
        template = definition.arguments["task_template"]
        # Also where nothing else has changed: the image of that name may be another by now.
        again = int(found["Spec"]["TaskTemplate"].get("ForceUpdate", 0)) + 1
        arguments = definition.arguments | {"task_template": {**template, "ForceUpdate": again}}
        with self._signed_in(definition.image) as client:
            client.update_service(found["ID"], int(found["Version"]["Index"]), **arguments)

    @contextlib.contextmanager
    def _signed_in(self, image: str) -> Iterator[Any]:
        """A client that sends who signs in to an image's registry, so that every machine can pull it.

        The managers keep it with the service and show it to nobody. The client is gone afterwards, and
        with it what was sent.
        """
        registry = registry_of(image)
        credentials = auth_config(registry, self._connection.credentials(registry))
        with self._connection.stream_client() as client:
            if credentials is not None:
                client.library.headers["X-Registry-Auth"] = docker.auth.encode_header(credentials)
            yield client.library

    def scale(self, name: str, replicas: int) -> None:
        """Run that many tasks of a service; Conflict if somebody changed it meanwhile."""
        mode = docker.types.ServiceMode("replicated", replicas=replicas)
        self._change(self._inspect(name), mode=mode)

    def restart(self, name: str) -> None:
        """Replace every task by a new one of the same definition; Conflict as for `scale`."""
        found = self._inspect(name)
        template = found["Spec"]["TaskTemplate"]
        again = int(template.get("ForceUpdate", 0)) + 1
        self._change(found, task_template={**template, "ForceUpdate": again})

    def _change(self, found: Mapping[str, Any], **changed: Any) -> None:
        """Change only what is named of a service, if it is still as it was found.

        The client could fetch the rest by itself, but fills defaults in: to the manager that is another
        definition, and every task would be replaced.
        """
        specification = found["Spec"]
        definition = {
            "task_template": specification["TaskTemplate"],
            "name": specification["Name"],
            "labels": specification.get("Labels"),
            "mode": specification.get("Mode"),
            "update_config": specification.get("UpdateConfig"),
            "rollback_config": specification.get("RollbackConfig"),
            "endpoint_spec": specification.get("EndpointSpec"),
        }
        with self._connection.client() as client:
            client.update_service(found["ID"], int(found["Version"]["Index"]), **definition | changed)

    def remove(self, name: str) -> None:
        """Remove a service; its tasks end. Nothing happens if there is none."""
        with self._connection.client() as client, contextlib.suppress(docker.errors.NotFound):
            client.remove_service(name)

    def tasks(self, service: str) -> list[SwarmTask]:
        """The tasks of a service, newest first."""
        known = self.service(service)
        nodes = {node.identifier: node.name for node in self.nodes()}
        with self._connection.client() as client:
            found = client.tasks(filters={"service": known.identifier})
        tasks = [task_from(task, {known.identifier: known.name}, nodes) for task in found]
        return sorted(tasks, key=lambda task: task.since, reverse=True)

    def tasks_left(self, services: Collection[str]) -> int:
        """How many tasks of those services, by identifier, have not ended; the services may be gone."""
        with self._connection.client() as client:
            return sum(
                task["ServiceID"] in services and task["Status"]["State"] not in _ENDED_STATES
                for task in client.tasks()
            )

    def this_node(self) -> tuple[str, str]:
        """Identifier and address of the machine of the manager that is asked."""
        with self._connection.client() as client:
            found = client.info()["Swarm"]
        return str(found["NodeID"]), str(found["NodeAddr"])

    def nodes(self) -> list[SwarmNode]:
        """The machines, by name."""
        with self._connection.client() as client:
            found = client.nodes()
        return sorted(map(node_from, found), key=lambda node: node.name)

    def set_availability(self, node: str, availability: str) -> None:
        """Let a machine take tasks (`active`), no new ones (`pause`), or none (`drain`)."""
        if availability not in {"active", "pause", "drain"}:
            raise Refused(f"{availability!r} is not active, pause or drain")
        with self._connection.client() as client:
            found = client.inspect_node(node)
            specification = {**found["Spec"], "Availability": availability}
            client.update_node(found["ID"], int(found["Version"]["Index"]), specification)

    def logs(self, service: str, lines: int) -> str:
        """The last lines that all tasks of a service wrote."""
        with self._connection.client() as client:
            text = client.service_logs(service, stdout=True, stderr=True, tail=lines, is_tty=False)
        parts: Iterable[bytes] = (text,) if isinstance(text, bytes) else text
        return b"".join(parts).decode(errors="replace").strip()

    def keep_secret(self, name: str, content: str, labels: Mapping[str, str]) -> tuple[str, str]:
        """Keep a secret in the Swarm unless there is one of that name; its identifier and name."""
        with self._connection.client() as client:
            for found in client.secrets(filters={"name": name}):
                if found["Spec"]["Name"] == name:
                    return str(found["ID"]), name
            return str(client.create_secret(name, content.encode(), labels=dict(labels))["ID"]), name

    def secrets(self, labels: Mapping[str, str]) -> list[str]:
        """Names of the secrets that carry all these labels."""
        wanted = [f"{label}={value}" for label, value in labels.items()]
        with self._connection.client() as client:
            return sorted(str(found["Spec"]["Name"]) for found in client.secrets(filters={"label": wanted}))

    def forget_secret(self, name: str) -> None:
        """Remove a secret that no service uses; nothing happens if there is none or it is used."""
        with self._connection.client() as client, contextlib.suppress(docker.errors.APIError):
            client.remove_secret(name)


def _spans_machines(network: Mapping[str, Any]) -> bool:
    # Not by its driver, which the managers choose only some moments after it was made.
    return bool(network["Scope"] == "swarm")
