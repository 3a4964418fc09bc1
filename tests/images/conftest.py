"""Containers of Relevo's own images, removed with the test that started them."""

from collections.abc import Callable, Iterator
from itertools import count

import docker
import pytest

from services.containers.engine.engine import Engine
from services.containers.model import ContainerSpec, Port, RestartPolicy

Start = Callable[..., str]
_numbers = count()


@pytest.fixture(scope="module")
def start(
    engine: Engine, built_images: Callable[[str], str], unique_name: Callable[[str], str]
) -> Iterator[Start]:
    """Start a container of an image by its name and wait until it is healthy; its identifier."""
    made: list[str] = []

    def started(image: str, *, seconds: float = 90, port: int = 0, **named: object) -> str:
        settings = {
            "name": unique_name(f"{image}-{next(_numbers)}"),
            "image": built_images(image),
            "ports": (Port(port, host_address="127.0.0.1"),) if port else (),
            "restart": RestartPolicy.NEVER,
        }
        made.append(engine.run(ContainerSpec(**(settings | named))))
        engine.wait_healthy(made[-1], seconds)
        return made[-1]

    yield started
    for identifier in made:
        engine.remove(identifier, force=True, volumes=True)


@pytest.fixture(scope="module")
def published(engine: Engine) -> Callable[[str], int]:
    """The port of this machine at which a container's only published one is reached."""
    return lambda identifier: next(
        port.host_port for port in engine.container(identifier).ports if port.host_port
    )


@pytest.fixture(scope="module")
def client(engine: Engine) -> Iterator[docker.APIClient]:
    """The engine's own words, for what the program never asks."""
    assert engine.info().version
    with docker.APIClient() as opened:
        yield opened
