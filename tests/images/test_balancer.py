"""The balancer before two gateways that come and go: requests are shared, and a loss is barely seen."""

import http.client
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Self

import pytest

from services.containers.engine.engine import Engine
from services.containers.model import ContainerSpec, Port, RestartPolicy
from tests.waiting import eventually

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(300)]

SERVER = """
import http.server, os, signal, sys, threading

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = f"{os.uname().nodename} {self.server.server_port}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *words): pass

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
for port in (18000, 8000):
    server = http.server.ThreadingHTTPServer(("", port), Handler)
    if port == 18000:
        threading.Thread(target=server.serve_forever, daemon=True).start()
server.serve_forever()
"""
"""Stands for a gateway: answers on the API's and a listener's port with its name and the port."""
CLIENTS = 4


@pytest.fixture
def network(engine: Engine, unique_name: Callable[[str], str]) -> Iterator[str]:
    name = unique_name("balanced")
    engine.ensure_network(name, {})
    yield name
    engine.remove_network(name)


@pytest.fixture
def gateways(
    engine: Engine, network: str, built_images: Callable[[str], str], unique_name: Callable[[str], str]
) -> Iterator[list[str]]:
    """Two containers with one name on the network; a container's name inside is its short identifier."""
    assert built_images("gateway")
    made = [
        engine.run(
            ContainerSpec(
                name=unique_name(f"behind-{number}"),
                image="python:3.11-slim",
                command=("python", "-c", SERVER),
                network=network,
                aliases=("gateway",),
                restart=RestartPolicy.NEVER,
            )
        )
        for number in (1, 2)
    ]
    yield made
    for identifier in made:
        engine.remove(identifier, force=True, volumes=True)


@pytest.fixture
def balancer(
    engine: Engine,
    network: str,
    gateways: list[str],
    built_images: Callable[[str], str],
    unique_name: Callable[[str], str],
) -> Iterator[dict[int, int]]:
    """Ports of this machine by those inside."""
    assert gateways
    made = engine.run(
        ContainerSpec(
            name=unique_name("balancer"),
            image=built_images("balancer"),
            network=network,
            environment={"RELEVO_PORTS": "8000 18000"},
            ports=(Port(8000, host_address="127.0.0.1"), Port(18000, host_address="127.0.0.1")),
            restart=RestartPolicy.NEVER,
        )
    )
    try:
        engine.wait_healthy(made, 60)
        yield {port.container_port: port.host_port for port in engine.container(made).ports}
    finally:
        engine.remove(made, force=True, volumes=True)


def ask(port: int, connection: http.client.HTTPConnection | None = None) -> tuple[int, str]:
    """POST and read; a connection of its own unless one is given."""
    own = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        own.request("POST", "/v1/projects/wine/predict", b"{}")
        answer = own.getresponse()
        return answer.status, answer.read().decode()
    finally:
        if connection is None:
            own.close()


def names_seen(port: int, count: int = 40) -> Counter[str]:
    return Counter(ask(port)[1] for _ in range(count))


def wait_until_seen(port: int, names: set[str]) -> None:
    eventually(lambda: set(names_seen(port, 10)) == names, seen=lambda: names_seen(port, 10))


def test_both_gateways_share_the_work_on_every_port(balancer: dict[int, int], gateways: list[str]) -> None:
    for inside, outside in balancer.items():
        wait_until_seen(outside, {f"{identifier[:12]} {inside}" for identifier in gateways})


class Clients:
    """Several clients that ask without a pause, each over one connection as long as it lasts."""

    def __init__(self, port: int) -> None:
        self.answers: Counter[int] = Counter()
        self.broken = 0
        self._port, self._ended = port, threading.Event()
        self._threads = [threading.Thread(target=self._run, name=f"client-{n}") for n in range(CLIENTS)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)
        while not self._ended.is_set():
            try:
                status, _ = ask(self._port, connection)
                self.answers[status] += 1
            except (OSError, http.client.HTTPException):
                self.broken += 1
                connection.close()
            self._ended.wait(0.002)
        connection.close()

    def wait(self, more: int) -> None:
        """Until so many more answers came."""
        wanted = self.answers[200] + more
        eventually(lambda: self.answers[200] >= wanted, seen=lambda: self.answers)


def test_a_killed_gateway_costs_at_most_what_it_was_answering(
    balancer: dict[int, int], gateways: list[str], engine: Engine
) -> None:
    port = balancer[8000]
    wait_until_seen(port, {f"{identifier[:12]} 8000" for identifier in gateways})
    with Clients(port) as clients:
        clients.wait(100)
        engine.kill(gateways[0])
        clients.wait(200)
    failed = clients.broken + sum(count for status, count in clients.answers.items() if status != 200)
    assert failed <= CLIENTS
    assert set(names_seen(port)) == {f"{gateways[1][:12]} 8000"}
    engine.start(gateways[0])
    wait_until_seen(port, {f"{identifier[:12]} 8000" for identifier in gateways})


def test_a_balancer_without_gateways_says_so_to_clients(
    balancer: dict[int, int], gateways: list[str], engine: Engine
) -> None:
    for identifier in gateways:
        engine.stop(identifier, 5)
    broken = (OSError, http.client.HTTPException)
    eventually(lambda: ask(balancer[8000])[0] == 503, not_yet=broken)
