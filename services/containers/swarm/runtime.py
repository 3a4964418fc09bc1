"""The runtime of a platform on Docker Swarm: each service a number of replicas on the Swarm's machines."""

import hashlib
import time
from collections.abc import Mapping

from services.containers.engine.engine import Engine
from services.containers.interface import Capability, Instance, Progress, ServiceSpec, State
from services.containers.model import (
    PLATFORM_LABEL,
    PROJECT_LABEL,
    ROLE_LABEL,
    SERVICE_LABEL,
    VERSION_LABEL,
    Role,
)
from services.containers.swarm.cluster import Cluster, ServiceOrder
from services.containers.swarm.model import SwarmService, Task
from services.errors import Conflict, InvalidInput, NotFound, Unavailable

INNER_PORT = 8000
ENDPOINT_VARIABLE = "RELEVO_ENDPOINT"
_LOOK_SECONDS = 0.5
_SECRET_WORDS = ("SECRET", "TOKEN", "PASSWORD")
_FAILED_BACK = frozenset({"rollback_paused", "paused"})


class SwarmRuntime:
    """Runs services as replicated services of a Swarm; a name leads to all its healthy tasks.

    Variables that look like secrets become secrets of the Swarm, which the tasks read from files named by
    `<VARIABLE>_FILE`; what a manager shows of a service holds none.

    Args:
        engine: a manager's; closed by whoever opened it.
        platform: its name; part of every service's name, and that of the network between machines.
        environment: variables for every service.
    """

    def __init__(self, engine: Engine, platform: str, environment: Mapping[str, str]) -> None:
        self.cluster = Cluster(engine)
        self.platform = platform
        self._environment = dict(environment)

    @property
    def capabilities(self) -> frozenset[Capability]:
        """See Runtime."""
        return frozenset({Capability.REPLACE, Capability.SCALE, Capability.PLACE})

    def launch(self, spec: ServiceSpec) -> None:
        """See Runtime."""
        if any(service.name == self._name(spec.name) for service in self._services()):
            raise Conflict(
                f"{spec.name} runs already on this platform", remedy="Replace it, or stop it first."
            )
        self.cluster.ensure_network(self.platform, {PLATFORM_LABEL: self.platform})
        self.cluster.create(self._order(spec))

    def instances(self) -> list[Instance]:
        """See Runtime."""
        return [self._instance(service) for service in self._services()]

    def wait_for_address(self, name: str, seconds: float) -> str:
        """See Runtime; returns once all replicas are healthy."""
        deadline = time.monotonic() + seconds
        while True:
            service = self._service(name)
            tasks = self.cluster.tasks(service.name)
            if _running(tasks) >= service.replicas:
                return self._endpoint(name)
            failures = [task for task in tasks if task.error]
            if time.monotonic() > deadline or len(failures) > 3 * service.replicas:
                raise Unavailable(
                    f"{name} has {_running(tasks)} of {service.replicas} replicas running",
                    remedy="Its log says why.",
                    details="\n".join([*(task.error for task in failures[:1]), self.logs(name, 20)]),
                )
            time.sleep(_LOOK_SECONDS)

    def restart(self, name: str) -> None:
        """See Runtime; task by task."""
        self.cluster.restart(self._service(name).name)

    def replace(self, spec: ServiceSpec, seconds: float, progress: Progress) -> None:
        """See Runtime; the Swarm replaces task by task, and goes back by itself if a new one fails."""
        before = self._service(spec.name)
        self.cluster.update(self._order(spec))
        deadline = time.monotonic() + seconds
        while True:
            now = self.cluster.service(before.name)
            tasks = self.cluster.tasks(before.name)
            fresh = sum(task.state == "running" and task.image == spec.image for task in tasks)
            progress(
                min(1.0, fresh / max(1, spec.replicas)), f"{fresh} of {spec.replicas} replicas are new"
            )
            mine = now.update_began is not None and now.update_began != before.update_began
            if mine and now.update == "completed":
                return
            if mine and now.update == "rollback_completed":
                raise self._went_back(spec, before, tasks)
            if (mine and now.update in _FAILED_BACK) or time.monotonic() > deadline:
                raise Unavailable(
                    f"Replacing {spec.name} stopped half-way: {now.update_message or now.update}",
                    remedy="Look at its tasks; replace it again with the version before.",
                    details=_errors(tasks),
                )
            time.sleep(_LOOK_SECONDS)

    def _went_back(self, spec: ServiceSpec, before: SwarmService, tasks: list[Task]) -> Unavailable:
        """The roll-back as it was seen to have happened, not as it was reported."""
        old = sum(task.state == "running" and task.image == before.image for task in tasks)
        return Unavailable(
            f"The new {spec.name} did not become healthy; the Swarm went back: {old} of {before.replicas} "
            "replicas of the one before run",
            remedy="The tasks' errors say why.",
            details=_errors(tasks),
        )

    def scale(self, name: str, replicas: int) -> None:
        """See Runtime."""
        if not 0 <= replicas <= 1000:
            raise InvalidInput(f"{replicas} replicas: choose a number from 0 to 1000")
        self.cluster.scale(self._service(name).name, replicas)

    def stop(self, name: str) -> None:
        """See Runtime."""
        self.cluster.remove(self._name(name))
        for secret in self.cluster.secrets({PLATFORM_LABEL: self.platform, SERVICE_LABEL: name}):
            self.cluster.forget_secret(secret)

    def logs(self, name: str, lines: int) -> str:
        """See Runtime."""
        return self.cluster.logs(self._service(name).name, lines)

    def close(self) -> None:
        """See Runtime: services are not this program's to end, so nothing happens."""

    def _services(self) -> list[SwarmService]:
        found = self.cluster.services({PLATFORM_LABEL: self.platform})
        return [service for service in found if SERVICE_LABEL in service.labels]

    def _service(self, name: str) -> SwarmService:
        for service in self._services():
            if service.labels[SERVICE_LABEL] == name:
                return service
        raise NotFound(f"no service named {name} runs on the platform {self.platform}")

    def _name(self, service: str) -> str:
        return f"{self.platform}-{service}"

    def _endpoint(self, name: str) -> str:
        return f"http://{self._name(name)}:{INNER_PORT}"

    def _order(self, spec: ServiceSpec) -> ServiceOrder:
        labels = {**spec.labels, PLATFORM_LABEL: self.platform, SERVICE_LABEL: spec.name}
        if spec.project:
            labels |= {ROLE_LABEL: Role.MODEL, PROJECT_LABEL: spec.project, VERSION_LABEL: spec.version}
        variables = {**self._environment, **spec.environment}
        if spec.listens:
            variables[ENDPOINT_VARIABLE] = self._endpoint(spec.name)
        hidden = {name: value for name, value in variables.items() if _is_secret(name)}
        shown = {name: value for name, value in variables.items() if name not in hidden}
        secrets = {name: self._kept(spec.name, name, value) for name, value in hidden.items()}
        return ServiceOrder(
            self._name(spec.name),
            spec.image,
            command=spec.command,
            environment={**shown, **{f"{name}_FILE": f"/run/secrets/{name}" for name in hidden}},
            secrets=secrets,
            labels=labels,
            network=self.platform,
            ports=spec.ports,
            mounts=spec.mounts,
            limits=spec.limits,
            replicas=spec.replicas,
            placement=spec.placement,
        )

    def _kept(self, service: str, variable: str, value: str) -> tuple[str, str]:
        # A secret cannot be changed: another value is another secret.
        mark = hashlib.sha256(value.encode()).hexdigest()[:8]
        name = f"{self.platform}-{service}-{variable.lower()}-{mark}"
        labels = {PLATFORM_LABEL: self.platform, SERVICE_LABEL: service}
        return self.cluster.keep_secret(name, value, labels)

    def _instance(self, service: SwarmService) -> Instance:
        tasks = self.cluster.tasks(service.name)
        running = _running(tasks)
        return Instance(
            name=service.labels[SERVICE_LABEL],
            state=_state(service, tasks, running),
            address=self._endpoint(service.labels[SERVICE_LABEL]),
            since=max((task.since for task in tasks if task.state == "running"), default=service.created),
            restarts=sum(task.desired == "shutdown" and bool(task.error) for task in tasks),
            message="" if running >= service.replicas else next((t.error for t in tasks if t.error), ""),
            project=service.labels.get(PROJECT_LABEL, ""),
            version=service.labels.get(VERSION_LABEL, ""),
            image=service.image,
            replicas=service.replicas,
            running=running,
        )


def _is_secret(variable: str) -> bool:
    return any(word in variable for word in _SECRET_WORDS)


def _running(tasks: list[Task]) -> int:
    return sum(task.state == "running" and task.desired == "running" for task in tasks)


def _state(service: SwarmService, tasks: list[Task], running: int) -> State:
    if service.replicas == 0:
        return State.STOPPED
    if running:
        return State.RUNNING
    return State.RESTARTING if any(task.error for task in tasks) else State.STARTING


def _errors(tasks: list[Task]) -> str:
    return "\n".join(dict.fromkeys(f"{task.image}: {task.error}" for task in tasks if task.error))
