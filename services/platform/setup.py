"""Sets a platform up, completes what an interrupted set-up left, and changes what is asked differently."""

import socket
from collections.abc import Callable, Sequence
from getpass import getuser

from msgspec import Struct

from services.containers.interface import ContainerHost, Progress, share
from services.containers.model import PLATFORM_LABEL, Container, ContainerRole
from services.errors import Cancelled, RelevoError
from services.platform.certificates import certificate_of
from services.platform.checks import (
    FULL_CHECK,
    ResourceCheck,
    check_disk,
    check_free_ports,
    check_memory,
    check_request,
)
from services.platform.deployer import Deployer, put_back, replace_state_container, require_orchestrator
from services.platform.discovery import REPLACED, find_platform, runs
from services.platform.gateway_health import drain, wait_for_store
from services.platform.image_provisioning import Output, provide_images
from services.platform.one_off_containers import measure_disk, prepare_store
from services.platform.parts import CASSANDRA, SUPERVISOR, Part, parts_of, start_order
from services.platform.recovery.recover import secrets_of
from services.platform.recovery.state_file import write_state_file
from services.platform.request import PlatformRequest
from services.platform.secrets import PlatformSecrets
from services.platform.specification import (
    REQUEST_LABEL,
    SPECIFICATION_LABEL,
    STATE_CONTAINER,
    Plan,
    container_name,
    labels_of,
    specification,
    state_container,
)
from services.registry.model import Token, TokenRole
from services.registry.tokens import new_token


class SetUpResult(Struct, frozen=True):
    """What a set-up did, part by part, and what a person needs now; holds secrets, so never logged.

    Attributes:
        made, changed, started, removed, kept: names of parts.
        secrets: the platform's secrets, for the keyring of whoever set it up.
        token: a first administrator's token; empty if there was one already.
    """

    made: tuple[str, ...]
    changed: tuple[str, ...]
    started: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]
    secrets: PlatformSecrets
    token: str = ""

    def __repr__(self) -> str:
        """Without the secrets."""
        return f"SetUpResult(made={self.made}, changed={self.changed}, removed={self.removed})"


def set_up(
    engine: ContainerHost,
    request: PlatformRequest,
    progress: Progress,
    *,
    output: Output = lambda _text: None,
    issued: Callable[[str], None] = lambda _token: None,
    new_token: bool = False,
    resource_check: ResourceCheck = FULL_CHECK,
) -> SetUpResult:
    """Bring a platform to what is asked; what is so already stays untouched.

    Args:
        engine: where.
        request: what is asked.
        progress: told how far it is; may raise Cancelled.
        output: gets what builds of images print.
        issued: told an administrator's token as soon as the platform honours it, once.
        new_token: issue one although there is one.
        resource_check: what the engine's machine has, where it is not to be asked.

    Raises:
        InvalidInput: a field of the request, or a build; says which and why.
        Conflict: a port is taken; says by whom.
        Unavailable: too little memory, or a part did not become healthy.
        StorageError: too little disk.
        Refused: volumes of an earlier platform are there whose secrets nobody has any more.
        Cancelled: what was there before is there still; what was made completes at the next set-up.
    """
    check_request(request)
    if request.swarm:
        require_orchestrator(engine)
    roll_back_interrupted(engine, request.name)
    work = _SetUp(engine, request, progress, output, resource_check)
    try:
        return work.run(issued, new_token=new_token)
    except Cancelled as stopped:
        raise Cancelled(work.so_far()) from stopped
    except RelevoError as error:
        error.details = f"{error.details}\n{work.so_far()}".strip()
        raise


def roll_back_interrupted(engine: ContainerHost, name: str) -> None:
    """Take back what a killed program left half changed: the older container returns."""
    discovered = find_platform(engine, name)
    for container in discovered.one_off_containers:
        if not runs(container):
            engine.remove(container.identifier, force=True)
    aside = engine.find_container(container_name(name, STATE_CONTAINER) + REPLACED)
    if (
        aside is not None
        and discovered.state_container is not None
        and discovered.state_container.identifier != aside.identifier
    ):
        engine.remove(aside.identifier, force=True)
    for part, old in discovered.replaced.items():
        if (new := discovered.parts.get(part)) is not None:
            engine.remove(new.identifier, force=True)
        put_back(engine, old.identifier, container_name(name, part), CASSANDRA.healthy_seconds)


class _SetUp:
    """One set-up under way."""

    def __init__(
        self,
        engine: ContainerHost,
        request: PlatformRequest,
        progress: Progress,
        output: Output,
        resource_check: ResourceCheck,
    ) -> None:
        self._engine, self._request = engine, request
        self._progress, self._output, self._resource_check = progress, output, resource_check
        self._discovered = find_platform(engine, request.name)
        secrets = secrets_of(engine, self._discovered, request.image_prefix, progress, output)
        self._plan = Plan(request, secrets, certificate_of(engine, request, self._discovered))
        self._parts = parts_of(request)
        self._done: dict[str, list[str]] = {}
        self._token = ""

    def so_far(self) -> str:
        """What was done so far, for whoever stopped it."""
        done = [f"{word}: {', '.join(names)}" for word, names in self._done.items() if word != "kept"]
        return "Until then: " + "; ".join(done) if done else "Nothing had been changed."

    def run(self, issued: Callable[[str], None], *, new_token: bool) -> SetUpResult:
        """Check, then provide, then bring each part to what is asked."""
        fresh = [part for part in self._parts if self._differs(part)]
        if fresh:
            self._check(fresh)
        images = self._images(fresh)
        if fresh and self._resource_check.least_disk:
            program = images["gateway"]
            check_disk(
                measure_disk(self._engine, self._plan.name, program, self._progress).free,
                self._resource_check,
            )
        self._ensure_network_and_state(images["gateway"])
        self._remove_unwanted()
        was_down = "gateway" not in self._discovered.parts
        for group in start_order(self._parts):
            self._bring_up(group, images)
            if CASSANDRA in group and (was_down or new_token or "cassandra" not in self._parts_kept()):
                self._prepare(images["gateway"], issued, always=new_token)
        if was_down:
            self._start_models()
        self._progress(1.0, f"{self._plan.name} is up")
        return self._outcome()

    def _differs(self, part: Part) -> bool:
        """Whether a container has to be made for this part."""
        found = self._discovered.parts.get(part.name)
        asked = specification(self._plan, part, "").labels[SPECIFICATION_LABEL]
        return found is None or found.labels.get(SPECIFICATION_LABEL) != asked

    def _check(self, fresh: list[Part]) -> None:
        self._progress(0.0, "Looking at memory and ports")
        check_memory(self._engine, self._request, self._resource_check)
        check_free_ports(
            self._engine, self._discovered, [specification(self._plan, part, "") for part in fresh]
        )

    def _images(self, fresh: list[Part]) -> dict[str, str]:
        """Catalogue's name to reference: what a part runs stays, until an upgrade is asked for."""
        running = {
            part.image: self._discovered.parts[part.name].image
            for part in self._parts
            if part.name in self._discovered.parts
        }
        missing = {part.image for part in fresh} | {"gateway"}
        names = sorted(name for name in missing if name not in running)
        step = share(self._progress, 0.0, 0.5)
        provided = provide_images(self._engine, names, self._request.image_prefix, step, self._output)
        return provided | running

    def _ensure_network_and_state(self, image: str) -> None:
        """Network, and the container of secrets and request; one of another request is replaced."""
        name, found = self._plan.name, self._discovered.state_container
        if self._ensure_network(name):
            self._record("made", "network")
        spec = state_container(self._plan, image)
        if found is not None and found.labels.get(REQUEST_LABEL) == spec.labels[REQUEST_LABEL]:
            return
        replace_state_container(self._engine, self._plan, image, found)
        self._record("made" if found is None else "changed", "keys")

    def _ensure_network(self, name: str) -> bool:
        if self._request.swarm:
            return require_orchestrator(self._engine).ensure_network(name, {PLATFORM_LABEL: name})
        return self._engine.ensure_network(name, labels_of(name, "network"))

    def _remove_unwanted(self) -> None:
        """Containers of parts that are not wanted any more; what they kept stays in their volumes."""
        names = {part.name for part in self._parts}
        for name, container in self._discovered.parts.items():
            if name not in names and container.role is not ContainerRole.NONE:
                if container.role is ContainerRole.GATEWAY and runs(container):
                    drain(self._engine, container, self._progress)
                self._engine.stop(container.identifier, CASSANDRA.stop_seconds)
                self._engine.remove(container.identifier)
                self._record("removed", name)

    def _bring_up(self, group: Sequence[Part], images: dict[str, str]) -> None:
        """Start a group's parts side by side, change those that differ one by one, wait for all."""
        waiting: list[tuple[Part, str]] = []
        for part in group:
            found, deployer = self._discovered.parts.get(part.name), self._deployer()
            if found is None:
                waiting.append((part, deployer.make(part, images[part.image])))
                self._record("made", part.name)
            elif self._differs(part) or (found.orchestrated and not runs(found)):
                deployer.replace(part, found, images[part.image])
                self._record("changed", part.name)
            else:
                waiting.append((part, self._keep(part, found)))
        for part, identifier in waiting:
            self._deployer().wait(part, identifier)
        if any(
            part.role is ContainerRole.GATEWAY and part.name not in self._parts_kept() for part in group
        ):
            self._wait_for_store()

    def _wait_for_store(self) -> None:
        """A gateway is healthy without a store; set up is one that knows its tokens."""
        parts = find_platform(self._engine, self._plan.name).parts
        for container in parts.values():
            if container.role is ContainerRole.GATEWAY:
                wait_for_store(self._engine, container, parts.get(SUPERVISOR.name), self._progress)

    def _deployer(self) -> Deployer:
        done = sum(len(names) for names in self._done.values()) / (len(self._parts) + 3)
        return Deployer(self._engine, self._plan, share(self._progress, 0.5 + min(0.49, done / 2), 1.0))

    def _keep(self, part: Part, found: Container) -> str:
        if part is CASSANDRA:
            write_state_file(self._engine, self._plan, found.identifier)
        if runs(found):
            self._record("kept", part.name)
        else:
            self._engine.start(found.identifier)
            self._record("started", part.name)
        return found.identifier

    def _parts_kept(self) -> Sequence[str]:
        return self._done.get("kept", ())

    def _prepare(self, image: str, issued: Callable[[str], None], *, always: bool) -> None:
        text, row = administrator_token()
        found = prepare_store(
            self._engine,
            self._plan.name,
            image,
            self._plan.secrets,
            row,
            always=always,
            progress=self._progress,
        )
        if found.token_added:
            self._token = text
            issued(text)

    def _start_models(self) -> None:
        """The platform was down, and its model services with it."""
        for container in self._discovered.models:
            if not runs(container):
                self._engine.start(container.identifier)
                self._record("started", container.name)

    def _record(self, word: str, part: str) -> None:
        self._done.setdefault(word, []).append(part)

    def _outcome(self) -> SetUpResult:
        words = ("made", "changed", "started", "removed", "kept")
        done = {word: tuple(self._done.get(word, ())) for word in words}
        return SetUpResult(**done, secrets=self._plan.secrets, token=self._token)


def administrator_token() -> tuple[str, Token]:
    """A fresh token named after whoever sets the platform up, and the row to store."""
    return new_token(TokenRole.ADMIN, label=f"{_user()} at {socket.gethostname()}")


def _user() -> str:
    try:
        return getuser()
    except (OSError, KeyError, ImportError):
        return "somebody"
