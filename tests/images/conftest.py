"""Containers of Relevo's own images, removed with their tests; marks to look for in images."""

import contextlib
import secrets
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import docker
import docker.errors
import pytest

from services.containers.engine.engine import Engine
from services.containers.model import ContainerSpec, Port, RestartPolicy
from services.images.build_settings import BuildSettings, read_build_settings

Start = Callable[..., str]
_numbers = count()
_OVERLAP = 200


@pytest.fixture(scope="module")
def start(
    engine: Engine, built_images: Callable[[str], str], unique_name: Callable[[str], str]
) -> Iterator[Start]:
    """Start a container of an image by its name and wait until it is healthy; its identifier."""
    made: list[str] = []

    def started(image: str, *, seconds: float = 90, port: int = 0, **named: object) -> str:
        settings: dict[str, Any] = {
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


@pytest.fixture
def mark(client: docker.APIClient) -> Iterator[str]:
    """A word that occurs nowhere else; stages of builds that saw it go with the test."""
    made = f"mark{secrets.token_hex(12)}"
    yield made
    for image in client.images(filters={"dangling": True}):
        # Others may build and remove at the same time.
        with contextlib.suppress(docker.errors.NotFound):
            if made in str(client.history(image["Id"])):
                client.remove_image(image["Id"], force=True)


@pytest.fixture
def marked(mark: str) -> BuildSettings:
    """This machine's settings, each with something in it that is found again."""
    own = read_build_settings()
    return BuildSettings(
        pip=f"{own.pip or '[global]'}\ntrusted-host = pip-{mark}",
        apt_sources=f"# sources-{mark}\n{own.apt_sources}" if own.apt_sources else "",
        apt_configuration=f'{own.apt_configuration}\nAcquire::http::User-Agent "apt-{mark}";',
        certificates=f"# certificates-{mark}\n{own.certificates}",
        proxies={**own.proxies, "NO_PROXY": f"proxies-{mark}"},
    )


@pytest.fixture
def occurs(client: docker.APIClient) -> Callable[[str, str], bool]:
    """Whether a text is anywhere in the files of an image."""

    def found(reference: str, text: str) -> bool:
        made = client.create_container(reference)["Id"]
        try:
            held = b""
            for part in client.export(made):
                if text.encode() in held + part:
                    return True
                held = part[-_OVERLAP:]
            return False
        finally:
            client.remove_container(made)

    return found


@pytest.fixture
def traces(
    client: docker.APIClient, mark: str, occurs: Callable[[str, str], bool]
) -> Callable[[str], list[str]]:
    """In which of an image's settings, history and files the mark is."""
    return lambda reference: [
        place
        for place, there in (
            ("settings", mark in str(client.inspect_image(reference))),
            ("history", mark in str(client.history(reference))),
            ("files", occurs(reference, mark)),
        )
        if there
    ]
