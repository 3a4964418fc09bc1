"""What a gateway says of itself, asked inside its own container: its port may not be published."""

import time
from collections.abc import Callable

import msgspec
from msgspec import Struct

from services.containers.interface import ContainerHost, Progress
from services.containers.model import Container
from services.errors import Conflict, Unavailable

_LOOK_SECONDS = 0.5
_STORE_SECONDS, _DRAIN_SECONDS = 120.0, 60.0
_ASK = """
import ssl, urllib.request
context = ssl._create_unverified_context()
for address in ("http://127.0.0.1:8000/health", "https://127.0.0.1:8000/health"):
    try:
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


def wait_for_store(engine: ContainerHost, gateway: str, name: str, progress: Progress) -> None:
    """Wait until a gateway has read registry and tokens from the store.

    Raises:
        Unavailable: it has not within two minutes.
    """

    def follows(health: _Health | None) -> bool:
        return health is not None and health.store == "reachable"

    text = f"Waiting until {name} reaches the store"
    if not _comes_true(follows, engine, gateway, _STORE_SECONDS, lambda: progress(None, text)):
        raise Unavailable(f"{name} does not reach the store", remedy="Its log says why.")


def drain(engine: ContainerHost, gateway: Container, progress: Progress) -> None:
    """Wait until a gateway that is about to go has shipped all that it acknowledged.

    Clients must not reach it any more.

    Raises:
        Conflict: rows are left after a minute: the store takes none. They stay safe in its spool.
    """

    def empty(health: _Health | None) -> bool:
        return health is not None and health.spool.rows == 0

    text = f"Waiting until {gateway.name} has shipped its last rows"
    if not _comes_true(empty, engine, gateway.identifier, _DRAIN_SECONDS, lambda: progress(None, text)):
        raise Conflict(
            f"{gateway.name} still holds rows that the store has not taken",
            remedy="See that Cassandra is healthy, then try again. The rows are safe in its spool.",
        )


def _comes_true(
    condition: Callable[[_Health | None], bool],
    engine: ContainerHost,
    gateway: str,
    seconds: float,
    check: Callable[[], None],
) -> bool:
    deadline = time.monotonic() + seconds
    while not condition(_health(engine, gateway)):
        check()
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_SECONDS)
    return True


def _health(engine: ContainerHost, gateway: str) -> _Health | None:
    """What it says; None while it does not answer."""
    _, output = engine.execute(gateway, ("python", "-c", _ASK))
    try:
        return msgspec.json.decode(output, type=_Health)
    except msgspec.MsgspecError:
        return None
