"""The host's Docker Engine restarted under load: a second engine, on which nothing else depends.

It lives in namespaces of its own for network and mounts, so the firewall rules, networks and mounts of the
machine's own engine are not touched; whoever asks its containers has to be inside.
"""

import ctypes
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from services.client import GatewayClient
from services.containers.addresses import LocalEngine
from services.containers.engine.engine import Engine, open_engine
from services.containers.model import ContainerHealth
from services.errors import RelevoError
from services.model_server.deploy import read_deploy
from services.platform.discovery import find_platform
from services.platform.launch_target import launch_target, runtime_of
from services.platform.request import PlatformRequest
from services.platform.setup import set_up
from services.publish.csv_rows import Row
from services.publish.demo.example_projects import EXAMPLES
from services.publish.launching import Launcher, LaunchOptions
from services.store.addresses import CassandraAddress
from services.store.connect import open_store
from services.store.roles import StoreRole
from tests.under_load import Load, eventually_despite_faults

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]
WINE = EXAMPLES[0]
IMAGES = ("cassandra", "gateway", "supervisor", "model-python")
PARTS = {"cassandra", "gateway", "supervisor"}
REQUEST = PlatformRequest(left_out=("registry", "datalake"))
PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
NETWORK_NAMESPACE = 0x40000000  # CLONE_NEWNET of sched.h


class SecondEngine:
    """A Docker Engine of a test's own, which can be restarted."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.socket = folder / "docker.sock"
        self._folder = folder
        # Everything of the engine is in its namespaces, and those last as long as this process does.
        self._holder = subprocess.Popen(
            ["unshare", "--net", "--mount", "sh", "-c", "ip link set lo up && echo && exec sleep infinity"],
            stdout=subprocess.PIPE, env={"PATH": PATH},
        )  # fmt: skip
        assert self._holder.stdout is not None
        with self._holder.stdout as said:
            assert said.readline(), "the second engine's namespaces were not made"
        self._daemon: subprocess.Popen[bytes] | None = None

    @contextmanager
    def inside(self) -> Iterator[None]:
        """This thread, and threads that it starts meanwhile, are in the engine's network."""
        with (
            Path("/proc/thread-self/ns/net").open() as before,
            Path(f"/proc/{self._holder.pid}/ns/net").open() as there,
        ):
            _enter(there.fileno())
            try:
                yield
            finally:
                _enter(before.fileno())

    def start(self) -> None:
        """Start the daemon, and wait until it answers."""
        home = str(self._folder)
        with (self._folder / "log").open("ab") as log:
            self._daemon = subprocess.Popen(
                [
                    "nsenter", f"--target={self._holder.pid}", "--net", "--mount",
                    "dockerd", "--data-root", f"{home}/data", "--exec-root", f"{home}/exec",
                    "--pidfile", f"{home}/dockerd.pid", "-H", f"unix://{self.socket}",
                ],
                stdout=log, stderr=log, env={"PATH": PATH},
            )  # fmt: skip
        deadline = time.monotonic() + 60
        while True:
            try:
                open_engine(LocalEngine(str(self.socket))).close()
            except RelevoError as error:
                if self._daemon.poll() is not None or time.monotonic() > deadline:
                    said = (self._folder / "log").read_text()[-2000:]
                    pytest.fail(f"the second engine did not start: {error}\n{said}")
                time.sleep(0.1)
            else:
                return

    def stop(self) -> None:
        """End the daemon as the system does it; it stops its containers first."""
        if self._daemon is not None:
            self._daemon.terminate()
            self._daemon.wait(120)

    def close(self) -> None:
        """End everything, and free its disk."""
        self.stop()
        self._holder.kill()
        self._holder.wait()
        shutil.rmtree(self._folder.parent)

    def load(self, references: list[str]) -> None:
        """Bring images here from the machine's own engine."""
        with subprocess.Popen(["docker", "save", *references], stdout=subprocess.PIPE) as saved:
            there = ["docker", "-H", f"unix://{self.socket}", "load", "--quiet"]
            subprocess.run(there, stdin=saved.stdout, stdout=subprocess.DEVNULL, check=True)
        assert saved.returncode == 0


def _enter(namespace: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.setns(namespace, NETWORK_NAMESPACE):
        raise OSError(ctypes.get_errno(), "the network namespace cannot be entered")


@pytest.fixture
def second_engine(built_images: Callable[[str], str]) -> Iterator[SecondEngine]:
    tools = [tool for tool in ("dockerd", "ip", "nsenter") if shutil.which(tool, path=PATH) is None]
    if os.geteuid() or tools:
        pytest.skip(f"a second Docker Engine needs root, {', '.join(tools) or 'dockerd'}")
    images = [built_images(name) for name in IMAGES]
    # The names of its sockets may have no more than 104 characters, which pytest's own folder can use up.
    made = SecondEngine(Path(tempfile.mkdtemp(prefix="relevo-", dir="/tmp")) / "engine")
    try:
        made.start()
        made.load(images)
        yield made
    finally:
        made.close()


def silent(_fraction: float | None, _text: str) -> None:
    """Progress that nobody watches."""


def test_a_restarted_engine_brings_all_parts_back_and_nothing_acknowledged_is_lost(
    second_engine: SecondEngine,
    trained: Path,
    example_rows: Callable[..., list[Row]],
    cleared: Any,
    all_recorded: Any,
) -> None:
    with ExitStack() as stack:
        stack.enter_context(second_engine.inside())
        engine = stack.enter_context(open_engine(LocalEngine(str(second_engine.socket))))
        stack.enter_context(cleared(engine, REQUEST.name))
        outcome = set_up(engine, REQUEST, silent)
        launcher = Launcher(engine, runtime_of(engine, REQUEST.name), launch_target(engine, REQUEST.name))
        folder = WINE.deploy_folder(trained, "A")
        launcher.launch_folder(folder, LaunchOptions(), silent)
        before = _starts(engine)
        gateway = stack.enter_context(GatewayClient(REQUEST.address(), outcome.token))
        with Load(gateway, read_deploy(folder), example_rows(WINE, trained, "live")) as clients:
            clients.goes_on()
            second_engine.stop()
            second_engine.start()
            clients.goes_on()
        assert clients.failures  # they asked while it was away
        eventually_despite_faults(lambda: _healthy(engine) == PARTS | {"model-wine-a"})
        assert all(started != before[name] for name, started in _starts(engine).items())
        address = CassandraAddress(("127.0.0.1",), REQUEST.cassandra_port, StoreRole.READER)
        eventually_despite_faults(lambda: gateway.health().store == "reachable")
        store = open_store(address, password=outcome.secrets.reader)
        stack.callback(store.close)
        all_recorded(gateway, store, "wine", clients)


def _starts(engine: Engine) -> dict[str, object]:
    return {each.name: each.started for each in engine.containers() if each.started}


def _healthy(engine: Engine) -> set[str]:
    found = find_platform(engine, REQUEST.name)
    containers = [*found.parts.values(), *found.models]
    return {
        each.name.removeprefix(f"{REQUEST.name}-")
        for each in containers
        if each.health is ContainerHealth.HEALTHY
    }
