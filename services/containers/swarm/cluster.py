"""What is asked of a Swarm's manager: services, tasks, nodes, secrets and the network between machines."""

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import docker.auth
import docker.errors
import docker.types

from services.containers.engine.engine import Engine
from services.containers.engine.signing_in import registry_of, sign_in
from services.containers.model import Limits, Mount, Port
from services.containers.swarm.model import Node, SwarmService, Task
from services.containers.swarm.parsing import node_from, service_from, task_from
from services.errors import Conflict, NotFound, Refused

_NANOSECONDS = 1_000_000_000
_NO_LIMITS = Limits()
_WATCHED_SECONDS = 5
"""How long a new task must hold out before the next one is replaced."""


class ServiceOrder:
    """A service's whole definition, as the manager takes it.

    Args:
        secrets: names of the Swarm's secrets; each becomes a file of its variable's name.
        replaced_first: whether a new task has to be healthy before the old one stops; impossible where
            both would need the same port of a machine.
    """

    def __init__(
        self,
        name: str,
        image: str,
        *,
        command: Sequence[str] = (),
        environment: Mapping[str, str],
        secrets: Mapping[str, tuple[str, str]],
        labels: Mapping[str, str],
        network: str,
        ports: Sequence[Port] = (),
        mounts: Sequence[Mount] = (),
        limits: Limits = _NO_LIMITS,
        replicas: int = 1,
        placement: Sequence[str] = (),
        stop_seconds: int = 20,
    ) -> None:
        self.name, self.image = name, image
        references = [
            docker.types.SecretReference(identifier, secret, filename=variable, mode=0o444)
            for variable, (identifier, secret) in secrets.items()
        ]
        container = docker.types.ContainerSpec(
            image,
            args=list(command) or None,
            env=dict(environment),
            labels=dict(labels),
            mounts=[_mount(mount) for mount in mounts],
            stop_grace_period=stop_seconds * _NANOSECONDS,
            secrets=references,
            init=True,
        )
        # Two tasks that want the same port of a machine cannot stand side by side.
        order = "stop-first" if ports else "start-first"
        steps = {"parallelism": 1, "monitor": _WATCHED_SECONDS * _NANOSECONDS, "order": order}
        self.arguments: dict[str, Any] = {
            "task_template": docker.types.TaskTemplate(
                container,
                resources=docker.types.Resources(
                    cpu_limit=int(limits.processors * _NANOSECONDS) or None, mem_limit=limits.memory or None
                ),
                restart_policy=docker.types.RestartPolicy(condition="any", delay=_NANOSECONDS),
                placement=docker.types.Placement(constraints=list(placement) or None),
                networks=[network],
            ),
            "name": name,
            "labels": dict(labels),
            "mode": docker.types.ServiceMode("replicated", replicas=replicas),
            "update_config": docker.types.UpdateConfig(failure_action="rollback", **steps),
            "rollback_config": docker.types.RollbackConfig(failure_action="pause", **steps),
            # Names lead to every task's own address: no virtual address, which needs the kernel's help.
            "endpoint_spec": docker.types.EndpointSpec(mode="dnsrr", ports=[_port(port) for port in ports]),
        }


class Cluster:
    """A Swarm, through one of its managers."""

    def __init__(self, engine: Engine) -> None:
        self._connection = engine.connection

    def ensure_network(self, name: str, labels: Mapping[str, str]) -> bool:
        """Make the network between machines unless there is one; whether it was made.

        Raises:
            Conflict: there is one of that name, for one machine only.
        """
        with self._connection.asking() as client:
            known = [found for found in client.networks(names=[name]) if found["Name"] == name]
            if not known:
                client.create_network(name, driver="overlay", labels=dict(labels), attachable=True)
                return True
        if known[0]["Driver"] != "overlay":
            raise Conflict(
                f"the network {name} is one machine's own",
                remedy="Take the platform down (its data stays), then set it up on the Swarm.",
            )
        return False

    def spans(self, network: str) -> bool:
        """Whether there is a network of that name between the machines."""
        with self._connection.asking() as client:
            found = client.networks(names=[network])
        return any(each["Name"] == network and each["Driver"] == "overlay" for each in found)

    def services(self, labels: Mapping[str, str]) -> list[SwarmService]:
        """Services that carry all these labels, by name."""
        wanted = [f"{label}={value}" for label, value in labels.items()]
        with self._connection.asking() as client:
            found = client.services(filters={"label": wanted})
        return sorted(map(service_from, found), key=lambda service: service.name)

    def service(self, name: str) -> SwarmService:
        """One service; NotFound if there is none."""
        return service_from(self._inspect(name))

    def _inspect(self, name: str) -> Mapping[str, Any]:
        with self._connection.asking() as client:
            try:
                found: Mapping[str, Any] = client.inspect_service(name)
            except docker.errors.NotFound:
                raise NotFound(f"no service named {name} runs on this Swarm") from None
        return found

    def create(self, order: ServiceOrder) -> str:
        """Make a service; its identifier."""
        with self._signed_in(order.image) as client:
            return str(client.create_service(**order.arguments)["ID"])

    def update(self, order: ServiceOrder) -> None:
        """Change a service's definition, task by task; Conflict if somebody changed it meanwhile."""
        known = self.service(order.name)
        with self._signed_in(order.image) as client:
            client.update_service(known.identifier, known.version, **order.arguments)

    @contextlib.contextmanager
    def _signed_in(self, image: str) -> Iterator[Any]:
        """A client that sends who signs in to an image's registry, so that every machine can pull it.

        The managers keep it with the service and show it to nobody. The client is gone afterwards, and
        with it what was sent.
        """
        registry = registry_of(image)
        signing = sign_in(registry, self._connection.known(registry))
        with self._connection.streaming() as client:
            if signing is not None:
                client.library.headers["X-Registry-Auth"] = docker.auth.encode_header(signing)
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
        with self._connection.asking() as client:
            client.update_service(found["ID"], int(found["Version"]["Index"]), **definition | changed)

    def remove(self, name: str) -> None:
        """Remove a service; its tasks end. Nothing happens if there is none."""
        with self._connection.asking() as client, contextlib.suppress(docker.errors.NotFound):
            client.remove_service(name)

    def tasks(self, service: str) -> list[Task]:
        """The tasks of a service, newest first."""
        known = self.service(service)
        nodes = {node.identifier: node.name for node in self.nodes()}
        with self._connection.asking() as client:
            found = client.tasks(filters={"service": known.identifier})
        tasks = [task_from(task, {known.identifier: known.name}, nodes) for task in found]
        return sorted(tasks, key=lambda task: task.since, reverse=True)

    def nodes(self) -> list[Node]:
        """The machines, by name."""
        with self._connection.asking() as client:
            found = client.nodes()
        return sorted(map(node_from, found), key=lambda node: node.name)

    def set_availability(self, node: str, availability: str) -> None:
        """Let a machine take tasks (`active`), no new ones (`pause`), or none (`drain`)."""
        if availability not in {"active", "pause", "drain"}:
            raise Refused(f"{availability!r} is not active, pause or drain")
        with self._connection.asking() as client:
            found = client.inspect_node(node)
            specification = {**found["Spec"], "Availability": availability}
            client.update_node(found["ID"], int(found["Version"]["Index"]), specification)

    def logs(self, service: str, lines: int) -> str:
        """The last lines that all tasks of a service wrote."""
        with self._connection.asking() as client:
            text = client.service_logs(service, stdout=True, stderr=True, tail=lines, is_tty=False)
        parts: Iterable[bytes] = (text,) if isinstance(text, bytes) else text
        return b"".join(parts).decode(errors="replace").strip()

    def keep_secret(self, name: str, content: str, labels: Mapping[str, str]) -> tuple[str, str]:
        """Keep a secret in the Swarm unless there is one of that name; its identifier and name."""
        with self._connection.asking() as client:
            for found in client.secrets(filters={"name": name}):
                if found["Spec"]["Name"] == name:
                    return str(found["ID"]), name
            return str(client.create_secret(name, content.encode(), labels=dict(labels))["ID"]), name

    def secrets(self, labels: Mapping[str, str]) -> list[str]:
        """Names of the secrets that carry all these labels."""
        wanted = [f"{label}={value}" for label, value in labels.items()]
        with self._connection.asking() as client:
            return sorted(str(found["Spec"]["Name"]) for found in client.secrets(filters={"label": wanted}))

    def forget_secret(self, name: str) -> None:
        """Remove a secret that no service uses; nothing happens if there is none or it is used."""
        with self._connection.asking() as client, contextlib.suppress(docker.errors.APIError):
            client.remove_secret(name)


def _mount(mount: Mount) -> docker.types.Mount:
    kind = "bind" if mount.folder else "volume"
    return docker.types.Mount(mount.target, mount.source, type=kind, read_only=mount.read_only)


def _port(port: Port) -> dict[str, Any]:
    found: dict[str, Any] = {
        "Protocol": port.protocol, "TargetPort": port.container_port, "PublishMode": "host",
    }  # fmt: skip
    return {**found, "PublishedPort": port.host_port} if port.host_port else found
