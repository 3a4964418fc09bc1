"""What is looked at before anything is made: nothing is, when it is not right."""

import os
import socket
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from services.containers.engine.engine import Engine
from services.containers.model import ContainerSpec, Port, RestartPolicy
from services.errors import Conflict, InvalidInput, NotFound, StorageError, Unavailable
from services.platform.checks import ResourceCheck
from services.platform.discovery import find_platform, require_platform
from services.platform.request import PlatformRequest
from services.platform.setup import set_up

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]
Silent = Callable[[float | None, str], None]


@pytest.fixture(scope="module")
def asked(
    request_of: Callable[..., PlatformRequest], parts_images: dict[str, str], gone: Callable[[str], None]
) -> PlatformRequest:
    made = request_of("checks")
    gone(made.name)
    return made


def test_a_port_held_by_a_container_is_told_with_its_name(
    engine: Engine,
    asked: PlatformRequest,
    small_image: str,
    unique_name: Callable[[str], str],
    silent: Silent,
) -> None:
    holder = ContainerSpec(
        unique_name("holder"), small_image, ("sleep", "600"), restart=RestartPolicy.NEVER,
        ports=(Port(80, asked.listener_ports[0], "127.0.0.1"),),
    )  # fmt: skip
    identifier = engine.run(holder)
    try:
        with pytest.raises(Conflict, match=f"Port {asked.listener_ports[0]} is taken by .*{holder.name}"):
            set_up(engine, asked, silent)
    finally:
        engine.remove(identifier, force=True)
    assert not find_platform(engine, asked.name).exists


def test_a_port_held_by_a_program_is_told_with_the_program(
    engine: Engine, asked: PlatformRequest, silent: Silent
) -> None:
    with (
        socket.create_server(("127.0.0.1", asked.cassandra_port)),
        pytest.raises(Conflict, match=rf"Port {asked.cassandra_port} .*process {os.getpid()}\)"),
    ):
        set_up(engine, asked, silent)
    assert not find_platform(engine, asked.name).exists


def test_too_little_memory_is_told_part_by_part(
    engine: Engine, asked: PlatformRequest, silent: Silent
) -> None:
    with pytest.raises(Unavailable, match="1,024 MB of memory") as raised:
        set_up(engine, asked, silent, resource_check=ResourceCheck(memory=1 << 30))
    assert "cassandra: 896 MB" in raised.value.details
    assert "Nothing had been changed" in raised.value.details
    assert not find_platform(engine, asked.name).exists


def test_too_little_disk_is_told_before_anything_is_made(
    engine: Engine, asked: PlatformRequest, silent: Silent
) -> None:
    with pytest.raises(StorageError, match="free; a platform needs"):
        set_up(engine, asked, silent, resource_check=ResourceCheck(least_disk=1 << 60))
    assert not find_platform(engine, asked.name).exists


def test_a_wrong_request_names_its_field(engine: Engine, asked: PlatformRequest, silent: Silent) -> None:
    with pytest.raises(InvalidInput, match="gateway_host: "):
        set_up(engine, replace(asked, gateway_host="0.0.0.0"), silent)
    with pytest.raises(InvalidInput, match=r"certificate: .*none\.pem cannot be read"):
        set_up(engine, replace(asked, certificate="none.pem", key="none.pem"), silent)


def test_a_platform_that_is_not_there_is_told(engine: Engine, asked: PlatformRequest) -> None:
    with pytest.raises(NotFound, match=asked.name):
        require_platform(engine, asked.name)
