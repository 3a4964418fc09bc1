"""What a gateway says of itself, asked inside the platform: its port may not be published."""

import time
from collections.abc import Callable

import msgspec
from msgspec import Struct

from services.containers.interface import ContainerHost, Progress
from services.containers.model import Container
from services.errors import Conflict, Unavailable

_LOOK_SECONDS = 0.5
_STORE_SECONDS, _DRAIN_SECONDS = 120.0, 60.0
_ITSELF = "127.0.0.1"
_HEALTH_SCRIPT = """
import ssl, sys, urllib.request
context = ssl._create_unverified_context()
for scheme in ("http", "https"):
    try:
        address = f"{scheme}://{sys.argv[1]}:8000/health"
        with urllib.request.urlopen(address, timeout=5, context=context) as answer:
            print(answer.read().decode())
    except OSError:
        continue
    break
"""


class _Spool(Struct):
    rows: int


class _Health(Struct):
    store: str
    spool: _Spool


def wait_for_store(
    engine: ContainerHost, gateway: Container, neighbour: Container | None, progress: Progress
) -> None:
    """Wait until a gateway has read registry and tokens from the store.

    Args:
        engine: where.
        gateway: it is asked in its own container, if it has one on this engine.
        neighbour: a container of this program on the platform's network, in which else it is asked.
        progress: may raise Cancelled.

    Raises:
        Unavailable: it has not within two minutes.
    """

    def follows(health: _Health | None) -> bool:
        return health is not None and health.store == "reachable"

    inside, host = gateway.identifier, _ITSELF
    if not inside and neighbour is not None:
        inside, host = neighbour.identifier, gateway.name
    text = f"Waiting until {gateway.name} reaches the store"
    if not _wait_until(
        lambda: follows(_health(engine, inside, host)), _STORE_SECONDS, lambda: progress(None, text)
    ):
        raise Unavailable(f"{gateway.name} does not reach the store", remedy="Its log says why.")


def drain(engine: ContainerHost, gateway: Container, progress: Progress) -> None:
    """Wait until a gateway that is about to go has shipped all that it acknowledged.

    Clients must not reach it any more.

    Raises:
        Conflict: rows are left after a minute: the store takes none. They stay safe in its spool.
    """

    def empty(health: _Health | None) -> bool:
        return health is not None and health.spool.rows == 0

    def check() -> None:
        progress(None, f"Waiting until {gateway.name} has shipped its last rows")

    if not _wait_until(lambda: empty(_health(engine, gateway.identifier, _ITSELF)), _DRAIN_SECONDS, check):
        raise Conflict(
            f"{gateway.name} still holds rows that the store has not taken",
            remedy="See that Cassandra is healthy, then try again. The rows are safe in its spool.",
        )


def _wait_until(condition: Callable[[], bool], seconds: float, check: Callable[[], None]) -> bool:
    """Whether a condition came true in time; `check` is called meanwhile, and may raise Cancelled."""
    deadline = time.monotonic() + seconds
    while not condition():
        check()
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_SECONDS)
    return True


def _health(engine: ContainerHost, inside: str, host: str) -> _Health | None:
    """What the gateway at a host says, asked in a container; None while it does not answer."""
    _, output = engine.execute(inside, ("python", "-c", _HEALTH_SCRIPT, host))
    try:
        return msgspec.json.decode(output, type=_Health)
    except msgspec.MsgspecError:
        return None
