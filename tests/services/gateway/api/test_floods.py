"""Whatever arrives at once, the gateway keeps its memory and goes on answering others."""

import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from tests.services.gateway.api.conftest import Platform, StubModel

ROW = {"ph": 3.5, "alcohol": 9.5}
MEGABYTE = 1 << 20
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


@pytest.fixture
def platform(tmp_path: Path, model: StubModel, helpers: SimpleNamespace) -> Iterator[Platform]:
    with helpers.open_platform(tmp_path) as made:
        made.register("wine", "A", helpers.signature("ph", "alcohol"), model.address)
        with made.client() as client:
            made.followed(lambda: "wine" in client.projects())
        yield made


def status_of(platform: Platform, name: str) -> str:
    assert platform._process is not None
    text = Path(f"/proc/{platform._process.pid}/status").read_text()
    return next(line.split()[1] for line in text.splitlines() if line.startswith(f"{name}:"))


def peak(platform: Platform) -> int:
    return int(status_of(platform, "VmHWM")) << 10


def flood(platform: Platform, path: str, body: bytes, clients: int) -> list[int]:
    """The statuses with which so many clients at once are answered; 0 where the connection broke."""
    statuses: list[int] = []

    def ask() -> None:
        try:
            with platform.http() as http:
                statuses.append(http.post(path, content=body).status_code)
        except httpx.TransportError:
            statuses.append(0)

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    with platform.http() as other:
        while any(thread.is_alive() for thread in threads):
            answer = other.post("/v1/projects/wine/predict", json={"instances": [ROW]})
            assert answer.status_code == 200, answer.text
    for thread in threads:
        thread.join()
    return statuses


_LABEL = b'{"id":"01890000-0000-7000-8000-000000000000","label":1},'
FLOODS: dict[str, tuple[str, bytes, int]] = {
    "bodies of 32 MB": ("predict", b'{"instances": [' + b" " * (32 * MEGABYTE - 17) + b"]}", 12),
    "1,000,000 rows in 7 MB": ("predict", b'{"instances":[' + b'{"a":1},' * 999_999 + b'{"a":1}]}', 2),
    "1,000,000 rows of a table": ("invocations", b'{"inputs":[' + b"[1,2]," * 999_999 + b"[1,2]]}", 2),
    "400,000 labels": ("labels", b"[" + _LABEL * 399_999 + _LABEL[:-1] + b"]", 2),
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_is_refused_or_answered_within_its_memory_and_others_are_answered(
    platform: Platform, name: str
) -> None:
    path, body, clients = FLOODS[name]
    statuses = flood(platform, f"/v1/projects/wine/{path}", body, clients)
    assert set(statuses) <= {0, 200, 400, 413, 422, 503}, statuses
    assert peak(platform) < 256 * MEGABYTE, f"{peak(platform) / MEGABYTE:.0f} MB"
    with platform.client() as client:
        assert client.predict("wine", [ROW])[0].prediction == 13.0


def test_the_soft_limit_of_descriptors_is_raised_at_start(tmp_path: Path, helpers: SimpleNamespace) -> None:
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(512, soft), hard))
    try:
        with helpers.open_platform(tmp_path) as platform:
            limits = Path(f"/proc/{platform._process.pid}/limits").read_text()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    line = next(line for line in limits.splitlines() if line.startswith("Max open files"))
    assert int(line.split()[3]) > 512


def test_idle_strangers_beyond_all_places_cost_no_client_its_answer(platform: Platform) -> None:
    address = httpx.URL(platform.address)
    with platform.http() as client:
        assert client.get("/v1/projects").status_code == 200
        strangers: list[Any] = []
        try:
            strangers.extend(socket.create_connection((address.host, address.port)) for _ in range(5_200))
            assert client.get("/v1/projects").status_code == 200
            with platform.http() as late:
                answer = late.post("/v1/projects/wine/predict", json={"instances": [ROW]})
                assert answer.status_code == 200
        finally:
            for stranger in strangers:
                stranger.close()
