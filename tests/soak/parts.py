"""The processes of a platform, each of which may be killed, stopped and started again."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import joblib
import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression

from services.client import GatewayClient
from services.errors import RelevoError
from services.model_server.deploy import Deploy, write_deploy
from services.publish.publisher import publish_version
from services.registry.model import Field, Signature, Task, TokenRole
from services.registry.tokens import new_secret, new_token, service_token
from services.store.addresses import CassandraAddress, SqliteAddress, StoreAddress
from services.store.connect import open_store
from tests.benchmarks.serving.processes import free_port
from tests.own_cassandra import OwnCassandra
from tests.waiting import eventually

PROJECT = "soak"
FACTORS = {"A": 2.0, "B": 3.0}
"""Each version answers its factor times x: whoever reads a row can tell whether it is right."""


class Part(Protocol):
    """Something that runs, and may be made not to."""

    name: str

    def start(self) -> None:
        """Start it; it need not be there yet when this returns."""

    def kill(self) -> None:
        """End it as a crash does."""

    def pause(self) -> None:
        """Stop it where it is; it keeps its sockets and answers nothing."""

    def resume(self) -> None:
        """Let it go on."""

    def remove(self) -> None:
        """End it for good; nothing happens where it does not run."""


class Process:
    """A process of Relevo's own.

    Args:
        name: as the table shows it.
        words: of `python -m app`.
        environment: beside this process's own.
        log: appended to.
    """

    def __init__(self, name: str, words: list[str], environment: dict[str, str], log: Path) -> None:
        self.name = name
        self._command = [sys.executable, "-m", "app", *words, "--held"]
        self._environment = {**os.environ, **environment}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """See `Part`."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=self._environment,
            )

    def kill(self) -> None:
        """See `Part`."""
        self._send(signal.SIGKILL)
        self._forget()

    def pause(self) -> None:
        """See `Part`."""
        self._send(signal.SIGSTOP)

    def resume(self) -> None:
        """See `Part`."""
        self._send(signal.SIGCONT)

    def remove(self) -> None:
        """See `Part`."""
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            self._forget()

    def _send(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _forget(self) -> None:
        process, self._process = self._process, None
        assert process is not None
        process.wait(60)
        if process.stdin is not None:
            process.stdin.close()


class CassandraNode:
    """A Cassandra that syncs as Relevo's own does."""

    name = "Cassandra"

    def __init__(self) -> None:
        self._node = OwnCassandra(free_port(), "commitlog_sync: batch")
        self.address: CassandraAddress = self._node.address

    def start(self) -> None:
        """See `Part`."""
        self._node.start()

    def kill(self) -> None:
        """See `Part`."""
        self._node.kill()

    def pause(self) -> None:
        """See `Part`."""
        os.kill(self._node.pid(), signal.SIGSTOP)

    def resume(self) -> None:
        """See `Part`."""
        os.kill(self._node.pid(), signal.SIGCONT)

    def remove(self) -> None:
        """See `Part`."""
        self._node.remove()


class SoakedPlatform:
    """Two gateways, two versions of one project, a supervisor, and perhaps a Cassandra.

    Args:
        folder: of its own.
        cassandra: whether the store is a Cassandra of its own; otherwise it is SQLite.
        durability: of both gateways.
    """

    def __init__(self, folder: Path, *, cassandra: bool, durability: str) -> None:
        self._folder, self._secret = folder, new_secret()
        self._node = CassandraNode() if cassandra else None
        self.address: StoreAddress = (
            self._node.address if self._node is not None else SqliteAddress(str(folder / "store"))
        )
        ports = [free_port() for _ in range(4)]
        self.gateways = [f"http://127.0.0.1:{port}" for port in ports[:2]]
        store = self._store_words()
        environment = {"RELEVO_SECRET": self._secret}
        self._gateways = [
            Process(
                f"gateway {number}",
                ["gateway", *store, "--spool", str(folder / f"spool-{number}"), "--port", str(port),
                 "--durability", durability],
                environment, folder / f"gateway-{number}.log",
            )
            for number, port in enumerate(ports[:2])
        ]  # fmt: skip
        self._services = [
            Process(
                f"version {name}",
                ["serve", str(folder / "deploy" / name), "--gateway", self.gateways[number],
                 "--port", str(port)],
                {"RELEVO_TOKEN": service_token(self._secret, PROJECT, name)},
                folder / f"version-{name}.log",
            )
            for number, (name, port) in enumerate(zip(FACTORS, ports[2:], strict=True))
        ]  # fmt: skip
        self._supervisor = Process("supervisor", ["supervisor", *store], {}, folder / "supervisor.log")
        self.admin_token = ""

    def parts(self) -> list[Part]:
        """All that faults may hit."""
        node = [self._node] if self._node is not None else []
        return [*node, *self._gateways, *self._services, self._supervisor]

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start everything, publish both versions; everything is gone afterwards."""
        started: list[Part] = []
        try:
            self._start(started)
            yield
        finally:
            for part in reversed(started):
                part.remove()

    def _start(self, started: list[Part]) -> None:
        def start(part: Part) -> None:
            started.append(part)
            part.start()

        if self._node is not None:
            start(self._node)
        self._add_token()
        for gateway in self._gateways:
            start(gateway)
        with GatewayClient(self.gateways[0], self.admin_token) as client:
            eventually(lambda: client.health().store == "reachable", 120, not_yet=RelevoError)
            for name, factor in FACTORS.items():
                _write_deploy_folder(self._folder / "deploy" / name, name, factor)
                publish_version(self._folder / "deploy" / name, client)
        for part in (*self._services, self._supervisor):
            start(part)

    def _add_token(self) -> None:
        store = open_store(self.address)
        self.admin_token, row = new_token(TokenRole.ADMIN, label="soak")
        store.add_token(row)
        store.close()

    def _store_words(self) -> list[str]:
        if isinstance(self.address, SqliteAddress):
            return ["--store", f"sqlite:{self.address.folder}"]
        assert isinstance(self.address, CassandraAddress)
        host = f"{self.address.contact_points[0]}:{self.address.port}"
        return ["--store", f"cassandra:{host}", "--cassandra-prefix", self.address.keyspace_prefix]


def _write_deploy_folder(folder: Path, version: str, factor: float) -> None:
    rows = pd.DataFrame({"x": [0.0, 1.0, 2.0]})
    deploy = Deploy(
        project=PROJECT, version=version, rows=len(rows),
        signature=Signature((Field("x", "x"),), Field("y", "y"), Task.REGRESSION),
        trained_at=pd.Timestamp.now("UTC").to_pydatetime(),
    )  # fmt: skip
    write_deploy(folder, deploy)
    model = LinearRegression(fit_intercept=False).fit(rows, factor * rows["x"])
    model.coef_ = np.array([factor])  # to the last bit
    joblib.dump(model, folder / deploy.artifact)


def wait_until_shipped(clients: list[GatewayClient]) -> None:
    """Until every gateway reaches the store and nothing waits for it."""

    def shipped() -> bool:
        healths = [client.health() for client in clients]
        return all(health.store == "reachable" and not health.spool.rows for health in healths)

    eventually(shipped, 300, not_yet=RelevoError)
