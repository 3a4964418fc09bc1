"""Short-lived containers of a platform: how each is specified, and those that run this program to its end.

They do on the platform's network what must be done there: the store is published on its machine's loopback
only, and the window may be elsewhere.
"""

import time
from collections.abc import Mapping
from secrets import token_hex

import msgspec

from services.containers.interface import ContainerHost, Progress
from services.containers.model import (
    ContainerSpec,
    ContainerState,
    LogLine,
    Mount,
    ResourceLimits,
    RestartPolicy,
)
from services.errors import Unavailable
from services.platform.parts import MEGABYTE
from services.platform.secrets import PlatformSecrets
from services.platform.specification import ONE_OFF, container_name, labels_of, store_options
from services.platform.store_bootstrap import (
    ADMINISTRATOR_VARIABLE,
    OWNER_VARIABLE,
    READER_VARIABLE,
    SERVICES_VARIABLE,
    TOKEN_VARIABLE,
    Disk,
    Prepared,
)
from services.registry.model import Token

_SECONDS = 180.0
_LOOK_SECONDS = 0.2
_ENDED = frozenset({ContainerState.EXITED, ContainerState.DEAD})


def measure_disk(engine: ContainerHost, platform: str, image: str, progress: Progress) -> Disk:
    """How much of the engine's disk is free, seen from inside."""
    spec = one_off_container(platform, image, ("prepare", "disk"))
    return msgspec.json.decode(run_to_end(engine, spec, progress, "Measuring the disk"), type=Disk)


def prepare_store(
    engine: ContainerHost,
    platform: str,
    image: str,
    secrets: PlatformSecrets,
    token: Token,
    *,
    always: bool,
    progress: Progress,
) -> Prepared:
    """Make tables and roles, and add an administrator's token.

    Args:
        engine: where.
        platform: for which.
        image: of the program.
        secrets: the passwords of the roles.
        token: added if the store knows no administrator's, or `always`.
        always: add the token in any case.
        progress: told what goes on; may raise Cancelled.

    Raises:
        Unavailable: it did not come to its end; the message says why.
    """
    environment = {
        OWNER_VARIABLE: secrets.owner,
        SERVICES_VARIABLE: secrets.services,
        ADMINISTRATOR_VARIABLE: secrets.administrator,
        READER_VARIABLE: secrets.reader,
        TOKEN_VARIABLE: msgspec.json.encode(token).decode(),
    }
    words = ("prepare", "store", *store_options(platform), *(("--add-token",) if always else ()))
    spec = one_off_container(platform, image, words, environment=environment, network=platform)
    return msgspec.json.decode(
        run_to_end(engine, spec, progress, "Preparing Cassandra's tables and roles"), type=Prepared
    )


def one_off_container(
    platform: str,
    image: str,
    command: tuple[str, ...] = (),
    *,
    entrypoint: tuple[str, ...] = (),
    environment: Mapping[str, str] = {},
    mounts: tuple[Mount, ...] = (),
    network: str = "",
    memory: int = 192 * MEGABYTE,
    user: str = "",
) -> ContainerSpec:
    """A container that lives as long as one task; its label tells it, should its program be killed.

    Args:
        platform: whose task it is.
        image: what it runs.
        command: and its arguments; empty takes the image's own.
        entrypoint: what the command is given to; empty takes the image's own.
        environment: the place for secrets.
        mounts: what it sees of the platform's volumes.
        network: the platform's, or empty for none of it.
        memory: most bytes that it may use.
        user: empty takes the image's own.
    """
    return ContainerSpec(
        name=container_name(platform, f"{ONE_OFF}-{token_hex(3)}"),
        image=image,
        command=command,
        entrypoint=entrypoint,
        environment=environment,
        labels=labels_of(platform, ONE_OFF),
        mounts=mounts,
        network=network,
        limits=ResourceLimits(memory=memory),
        restart=RestartPolicy.NEVER,
        user=user,
        # Another user than the image's comes to change files' owners.
        is_unprivileged=not user,
    )


def run_to_end(
    engine: ContainerHost, spec: ContainerSpec, progress: Progress, text: str, seconds: float = _SECONDS
) -> str:
    """Run a container to its end, and remove it; its last line.

    Raises:
        Unavailable: it did not come to its end in so many seconds, or with an error; the message says why.
    """
    identifier = engine.run(spec)
    try:
        deadline = time.monotonic() + seconds
        while (container := engine.container(identifier)).state not in _ENDED:
            progress(None, text)
            if time.monotonic() > deadline:
                lines = engine.logs(identifier, 20)
                raise Unavailable(
                    f"{text} took more than {seconds:.0f} s",
                    details="\n".join(line.text for line in lines),
                )
            time.sleep(_LOOK_SECONDS)
        lines = engine.logs(identifier, 200)
        if container.exit_code:
            raise _failure(text, lines)
        return next((line.text for line in reversed(lines) if not line.error), "")
    finally:
        engine.remove(identifier, force=True, volumes=True)


def _failure(text: str, lines: list[LogLine]) -> Unavailable:
    """The program's own words, which follow its name and command."""
    messages = [line.text for line in lines if line.error and line.text.startswith("relevo prepare: ")]
    why = messages[-1].partition(": ")[2] if messages else "it ended with an error"
    return Unavailable(f"{text} failed: {why}", details="\n".join(line.text for line in lines[-20:]))
