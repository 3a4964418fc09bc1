"""Machines of a test's own on this one: each a Docker Engine in namespaces, joined by a cable if need be.

The firewall rules, networks and mounts of the machine's own engine are not touched; whoever asks the
containers of such an engine has to be inside.
"""

import ctypes
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from services.containers.addresses import LocalEngine
from services.containers.engine.engine import Engine, open_engine
from services.errors import RelevoError
from tests.waiting import eventually

PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
NETWORK_NAMESPACE = 0x40000000  # CLONE_NEWNET of sched.h
ADDRESSES = ("192.0.2.1", "192.0.2.2")
"""Of the machines of a Swarm: a network that is nobody's (RFC 5737)."""
NETWORK = "192.0.2.0/24"


class Machine:
    """A Docker Engine of a test's own, in namespaces of its own for network, mounts and host name.

    Args:
        folder: made; the name of its socket may have no more than 104 characters.
        name: of the machine.
        plain_registries: network of registries that it may speak plain HTTP with.
    """

    def __init__(self, folder: Path, name: str, plain_registries: str = "") -> None:
        folder.mkdir()
        self.socket = folder / "docker.sock"
        self._folder = folder
        self._options = [f"--insecure-registry={plain_registries}"] if plain_registries else []
        # Everything of the engine is in its namespaces, and those last as long as this process does.
        self._holder = subprocess.Popen(
            [
                "unshare", "--net", "--mount", "--uts", "sh", "-c",
                f"hostname {name} && ip link set lo up && echo && exec sleep infinity",
            ],
            stdout=subprocess.PIPE, env={"PATH": PATH},
        )  # fmt: skip
        assert self._holder.stdout is not None
        with self._holder.stdout as said:
            assert said.readline(), "the machine's namespaces were not made"
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
                    "nsenter", f"--target={self._holder.pid}", "--net", "--mount", "--uts",
                    "dockerd", "--data-root", f"{home}/data", "--exec-root", f"{home}/exec",
                    "--pidfile", f"{home}/dockerd.pid", "-H", f"unix://{self.socket}",
                    *self._options,
                ],
                stdout=log, stderr=log, env={"PATH": PATH},
            )  # fmt: skip
        eventually(self._answers, seen=lambda: (self._folder / "log").read_text()[-2000:])

    def _answers(self) -> bool:
        assert self._daemon is not None
        assert self._daemon.poll() is None, (self._folder / "log").read_text()[-2000:]
        try:
            open_engine(LocalEngine(str(self.socket))).close()
        except RelevoError:
            return False
        return True

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
        shutil.rmtree(self._folder)

    def join(self, other: "Machine", own_address: str, other_address: str) -> None:
        """Lay a cable to another machine; addresses such as `192.0.2.1/24`."""
        cable = ["ip", "link", "add", "cable", "type", "veth", "peer", "name", "cable"]
        self._run([*cable, "netns", str(other._holder.pid)])
        for machine_, address in ((self, own_address), (other, other_address)):
            machine_._run(["ip", "address", "add", address, "dev", "cable"])
            machine_._run(["ip", "link", "set", "cable", "up"])

    def _run(self, command: list[str]) -> None:
        inside = ["nsenter", f"--target={self._holder.pid}", "--net", *command]
        subprocess.run(inside, check=True, env={"PATH": PATH})

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


@contextmanager
def machine(name: str = "relevo-second", plain_registries: str = "") -> Iterator[Machine]:
    """A machine with a running engine; gone afterwards. Skips where that cannot be made."""
    tools = [tool for tool in ("dockerd", "ip", "nsenter") if shutil.which(tool, path=PATH) is None]
    if os.geteuid() or tools:
        pytest.skip(f"a second Docker Engine needs root, {', '.join(tools) or 'dockerd'}")
    with tempfile.TemporaryDirectory(prefix="relevo-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        made = Machine(Path(folder) / "engine", name, plain_registries)
        try:
            made.start()
            yield made
        finally:
            made.close()


@contextmanager
def swarm_of_two() -> Iterator[tuple[Machine, Machine]]:
    """A manager and a worker, each a machine, which reach each other at `ADDRESSES` only."""
    with ExitStack() as stack:
        manager, worker = (
            stack.enter_context(machine(f"relevo-{word}", NETWORK)) for word in ("manager", "worker")
        )
        manager.join(worker, f"{ADDRESSES[0]}/24", f"{ADDRESSES[1]}/24")
        first = stack.enter_context(open_engine(LocalEngine(str(manager.socket))))
        second = stack.enter_context(open_engine(LocalEngine(str(worker.socket))))
        with first.connection.client() as client:
            client.init_swarm(advertise_addr=ADDRESSES[0])
            token = client.inspect_swarm()["JoinTokens"]["Worker"]
        with second.connection.client() as client:
            client.join_swarm([f"{ADDRESSES[0]}:2377"], token, advertise_addr=ADDRESSES[1])
        yield manager, worker
        _remove_services(first)
        for engine in (second, first):
            with engine.connection.client() as client:
                client.leave_swarm(force=True)


def _remove_services(engine: Engine) -> None:
    """An engine that leaves stops no task's container by itself when it ends."""
    with engine.connection.client() as client:
        for service in client.services():
            client.remove_service(service["ID"])
