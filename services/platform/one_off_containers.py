"""Short-lived containers that do on a platform's network what must be done there.

The store is published on its machine's loopback only, and the window may be elsewhere.
"""

import secrets
import time
from collections.abc import Mapping

import msgspec

from services.containers.engine.engine import Engine
from services.containers.interface import Progress
from services.containers.model import (
    ContainerSpec,
    ContainerState,
    LogLine,
    ResourceLimits,
    RestartPolicy,
)
from services.errors import Unavailable
from services.platform.parts import MEGABYTE
from services.platform.secrets import PlatformKeys
from services.platform.specification import ERRAND, container_name, labels_of, store_options
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


def measure_disk(engine: Engine, platform: str, image: str, progress: Progress) -> Disk:
    """How much of the engine's disk is free, seen from inside."""
    spec = _errand(platform, image, ("prepare", "disk"), {}, network="")
    return msgspec.json.decode(_run(engine, spec, progress, "Measuring the disk"), type=Disk)


def prepare_store(
    engine: Engine, platform: str, image: str, keys: PlatformKeys, token: Token, *, always: bool,
    progress: Progress,
) -> Prepared:  # fmt: skip
    """Make tables and roles, and add an administrator's token.

    Args:
        engine: where.
        platform: for which.
        image: of the program.
        keys: the passwords of the roles.
        token: added if the store knows no administrator's, or `always`.
        always: add the token in any case.
        progress: told what goes on; may raise Cancelled.

    Raises:
        Unavailable: it did not come to its end; the message says why.
    """
    environment = {
        OWNER_VARIABLE: keys.owner,
        SERVICES_VARIABLE: keys.services,
        ADMINISTRATOR_VARIABLE: keys.administrator,
        READER_VARIABLE: keys.reader,
        TOKEN_VARIABLE: msgspec.json.encode(token).decode(),
    }
    words = ("prepare", "store", *store_options(platform), *(("--add-token",) if always else ()))
    spec = _errand(platform, image, words, environment, network=platform)
    return msgspec.json.decode(
        _run(engine, spec, progress, "Preparing Cassandra's tables and roles"), type=Prepared
    )


def _errand(
    platform: str, image: str, command: tuple[str, ...], environment: Mapping[str, str], *, network: str
) -> ContainerSpec:
    return ContainerSpec(
        name=container_name(platform, f"{ERRAND}-{secrets.token_hex(3)}"),
        image=image,
        command=command,
        environment=environment,
        labels=labels_of(platform, ERRAND),
        network=network,
        limits=ResourceLimits(memory=192 * MEGABYTE),
        restart=RestartPolicy.NEVER,
    )


def _run(engine: Engine, spec: ContainerSpec, progress: Progress, text: str) -> str:
    """Run an errand to its end, and remove it; its last line."""
    identifier = engine.run(spec)
    try:
        deadline = time.monotonic() + _SECONDS
        while (container := engine.container(identifier)).state not in _ENDED:
            progress(None, text)
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"{text} took more than {_SECONDS:.0f} s", details=_said(engine, identifier)
                )
            time.sleep(_LOOK_SECONDS)
        lines = engine.logs(identifier, 200)
        if container.exit_code:
            raise _failed(text, lines)
        return next((line.text for line in reversed(lines) if not line.error), "")
    finally:
        engine.remove(identifier, force=True, volumes=True)


def _said(engine: Engine, identifier: str) -> str:
    return "\n".join(line.text for line in engine.logs(identifier, 20))


def _failed(text: str, lines: list[LogLine]) -> Unavailable:
    """The program's own words, which follow its name and command."""
    told = [line.text for line in lines if line.error and line.text.startswith("relevo prepare: ")]
    why = told[-1].partition(": ")[2] if told else "it ended with an error"
    return Unavailable(f"{text} failed: {why}", details="\n".join(line.text for line in lines[-20:]))
