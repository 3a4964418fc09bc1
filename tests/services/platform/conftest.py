"""A platform of a test's own: its name, ports that are free, and its end."""

from collections.abc import Callable, Iterator

import pytest
from msgspec.structs import replace

from services.containers.engine.engine import Engine
from services.platform.request import PlatformRequest

PARTS = ("gateway", "supervisor", "cassandra", "registry", "datalake")


@pytest.fixture(scope="module")
def request_of(
    unique_name: Callable[[str], str], free_ports: Callable[[int], list[int]]
) -> Callable[..., PlatformRequest]:
    """A request for a platform of that name, on ports of its own, with what else is given."""

    def make(word: str, **given: object) -> PlatformRequest:
        gateway, cassandra, registry, datalake, first, second = free_ports(6)
        made = PlatformRequest(
            unique_name(word), gateway_port=gateway, cassandra_port=cassandra, registry_port=registry,
            datalake_port=datalake, listener_ports=(first, second),
        )  # fmt: skip
        return replace(made, **given)

    return make


@pytest.fixture(scope="module")
def gone(engine: Engine, remove_platform: Callable[[Engine, str], None]) -> Iterator[Callable[[str], None]]:
    """Notes a platform's name; whatever there is of it is removed at the end."""
    names: list[str] = []
    yield names.append
    for name in names:
        remove_platform(engine, name)


@pytest.fixture(scope="module")
def parts_images(built_images: Callable[[str], str]) -> dict[str, str]:
    """The images of a platform's parts as this program builds them."""
    return {name: built_images(name) for name in PARTS}


@pytest.fixture
def silent() -> Callable[[float | None, str], None]:
    """A progress that nobody watches."""
    return lambda _fraction, _text: None
