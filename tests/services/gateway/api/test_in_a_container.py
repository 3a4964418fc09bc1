"""What a gateway inside a container needs: its published address is not the one that it listens on."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from services.registry.model import Listener
from tests.certificates import self_signed
from tests.services.gateway.api.conftest import Platform, StubModel


@pytest.fixture
def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[str, str]:
    """A certificate for 127.0.0.1 that vouches for itself, and its key."""
    return self_signed(tmp_path)


@pytest.fixture
def platform(tmp_path: Path, helpers: SimpleNamespace) -> Iterator[Platform]:
    made = helpers.Platform(tmp_path)
    yield made
    made.close()


def test_listeners_listen_where_the_gateway_is_told_to(
    platform: Any, model: StubModel, helpers: SimpleNamespace, free_port: int
) -> None:
    platform.register("wine", "A", helpers.signature("ph", "alcohol"), model.address)
    platform.start("--listener-host", "127.0.0.1", "--public-address", "https://plant.example:18080")
    with platform.client() as client:
        client.put_listener(Listener(free_port, "wine", "A", ("127.0.0.0/8",), "192.0.2.1"))
        helpers.wait_until(lambda: client.listeners()[0].state == "listening")
        body = {"instances": [{"ph": 3.5, "alcohol": 9.5}]}
        assert httpx.post(f"http://127.0.0.1:{free_port}/predict", json=body).status_code == 200
        assert client.project("wine").versions[0].url == f"https://plant.example:{free_port}"


def test_services_have_a_plain_port_of_their_own_beside_tls(
    platform: Any, free_port: int, certificate: tuple[str, str]
) -> None:
    platform.start(
        "--certificate", certificate[0], "--key", certificate[1],
        "--service-port", str(free_port),
    )  # fmt: skip
    assert platform.address.startswith("http")
    assert httpx.get(f"http://127.0.0.1:{free_port}/health").status_code == 200
    trusted = ssl.create_default_context(cafile=certificate[0])
    port = platform.address.rpartition(":")[2]
    assert httpx.get(f"https://127.0.0.1:{port}/health", verify=trusted).status_code == 200
