"""A real gateway in a process of its own, over a real store, before a small model service."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import msgspec
import pytest
from starlette.applications import Starlette

from services.client import GatewayClient
from services.gateway.messages import ListenerState
from services.http.loop import loop_factory
from services.http.request import HotRequest
from services.http.routes import HotRoutes
from services.http.server import Server
from services.registry.model import (
    Field,
    FieldType,
    Job,
    Listener,
    Mode,
    Signature,
    Task,
    TokenRole,
    Version,
)
from services.registry.tokens import new_token
from services.store.sqlite import SqliteStore
from tests.waiting import eventually

SECRET = "a-secret-of-the-tests"
REVISION = "a" * 64


class StubModel:
    """A model service that adds its numbers up; a test may make it slow, wrong or absent."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self.answer: Callable[[list[dict[str, Any]]], tuple[int, bytes]] = add_up
        self.delay = 0.0
        self.loaded = True
        self.job: Job | None = None
        self.address = ""
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stub-model")
        self._thread.start()
        self._ready.wait(10)

    def reset(self) -> None:
        self.seen.clear()
        self.answer = add_up
        self.delay = 0.0
        self.loaded = True
        self.job = None

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        routes, server = HotRoutes(), Server()
        for path in ("/predict", "/retrain"):
            routes.add("POST", path, self._handle)
        routes.add("DELETE", "/retrain/{job}", self._cancel)
        routes.add("GET", "/health", lambda request: request.reply(200 if self.loaded else 503, b"{}"))
        port = await server.start(Starlette(), routes)
        self.address = server.address(port)
        self._ready.set()
        await self._stop.wait()
        await server.stop(grace=0.5)

    def _cancel(self, request: HotRequest) -> None:
        self.seen.append((request.path, {}))
        if self.job is None:
            missing = b'{"error":{"code":"not_found","message":"there is no such job"}}'
            request.reply(404, missing)
        else:
            request.reply(200, msgspec.json.encode(self.job))

    def _handle(self, request: HotRequest) -> None:
        body = json.loads(request.body)
        self.seen.append((request.path, body))
        if request.path == "/retrain":
            request.reply(202, b'{"job":"job-1"}')
            return
        status, answer = self.answer(body["instances"])
        self._loop.call_later(self.delay, request.reply, status, answer)


def add_up(instances: list[dict[str, Any]]) -> tuple[int, bytes]:
    sums = [sum(value or 0.0 for value in row.values() if not isinstance(value, str)) for row in instances]
    finite = [max(min(value, sys.float_info.max), -sys.float_info.max) for value in sums]
    return 200, json.dumps({"predictions": finite, "revision": REVISION}).encode()


class Platform:
    """A store, a gateway process, and whoever asks it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store_folder = folder / "store"
        self.store_folder.mkdir(parents=True, exist_ok=True)
        self.store = SqliteStore(self.store_folder)
        self.admin_token = self.token(TokenRole.ADMIN)
        self.address = ""
        self._process: subprocess.Popen[bytes] | None = None

    def token(self, role: TokenRole, project: str = "") -> str:
        text, row = new_token(role, label="test", project=project)
        self.store.add_token(row)
        return text

    def start(self, *options: str, store: str = "") -> None:
        command = [
            sys.executable, "-m", "app", "gateway", "--held",
            "--store", store or f"sqlite:{self.store_folder}", "--spool", str(self.folder / "spool"),
            *options,
        ]  # fmt: skip
        with (self.folder / "gateway.log").open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, "RELEVO_SECRET": SECRET},
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self.log()
        self.address = json.loads(line)["address"]

    def log(self) -> str:
        return (self.folder / "gateway.log").read_text()

    def stop(self) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        code = process.wait(30)
        process.stdout.close()
        return code

    def close(self) -> None:
        self.stop()
        self.store.close()

    def client(self, token: str = "", **options: Any) -> GatewayClient:
        return GatewayClient(self.address, token or self.admin_token, **options)

    def http(self, token: str | None = None) -> httpx.Client:
        """Plain HTTP, for what the typed client would not send."""
        sent = self.admin_token if token is None else token
        headers = {"Authorization": f"Bearer {sent}"} if sent else {}
        # No certificates are read: these addresses are plain HTTP.
        return httpx.Client(
            base_url=self.address, headers=headers, trust_env=False, timeout=30, verify=False
        )

    def register(
        self, project: str, version: str, signature: Signature, endpoint: str, revision: str = REVISION
    ) -> None:
        self.store.prepare_live(project, version, signature)
        self.store.register(
            Version(
                project, version, Mode.CHALLENGER, signature, revision, datetime.now(UTC), endpoint=endpoint
            ),
            who="test",
        )

    def followed(self, condition: Callable[[], bool]) -> None:
        eventually(condition)


def signature(*names: str | Field, classes: tuple[str, ...] = (), target: str = "quality") -> Signature:
    inputs = tuple(name if isinstance(name, Field) else Field(name, name.lower()) for name in names)
    task = Task.CLASSIFICATION if classes else Task.REGRESSION
    kind = FieldType.STRING if classes else FieldType.NUMBER
    return Signature(inputs, Field(target, target, kind), task, classes)


@contextmanager
def open_platform(folder: Path, *options: str) -> Iterator[Platform]:
    platform = Platform(folder)
    try:
        platform.start(*options)
        yield platform
    finally:
        platform.close()


@pytest.fixture(scope="session")
def running_model() -> Iterator[StubModel]:
    stub = StubModel()
    yield stub
    stub.close()


@pytest.fixture
def model(running_model: StubModel) -> StubModel:
    running_model.reset()
    return running_model


@pytest.fixture(scope="module")
def module_platform(
    tmp_path_factory: pytest.TempPathFactory, running_model: StubModel
) -> Iterator[Platform]:
    """One gateway for a module: project `wine` with one version of two inputs."""
    with open_platform(tmp_path_factory.mktemp("platform"), "--answer-seconds", "2") as platform:
        platform.register("wine", "A", signature("ph", "alcohol"), running_model.address)
        with platform.client() as client:
            platform.followed(lambda: "wine" in client.projects())
        yield platform


@pytest.fixture
def wine(module_platform: Platform, model: StubModel) -> Platform:
    del model
    return module_platform


@pytest.fixture
def port() -> int:
    """A free one."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
        return number


@pytest.fixture
def opened(wine: Platform) -> Iterator[Callable[[Listener], ListenerState]]:
    """Open a listener; it is closed after the test."""
    ports = []

    def open_listener(listener: Listener) -> ListenerState:
        ports.append(listener.port)
        with wine.client() as client:
            client.put_listener(listener)
            eventually(lambda: state_of(client, listener.port).state != "starting")
            return state_of(client, listener.port)

    yield open_listener
    with wine.client() as client:
        for port in ports:
            client.remove_listener(port)
        eventually(lambda: not client.listeners())


def state_of(client: GatewayClient, port: int) -> ListenerState:
    return next(state for state in client.listeners() if state.port == port)


@pytest.fixture
def helpers() -> SimpleNamespace:
    """What tests share that is no fixture."""
    return SimpleNamespace(
        signature=signature, open_platform=open_platform, Platform=Platform, wait_until=eventually,
        add_up=add_up, SECRET=SECRET, REVISION=REVISION, StubModel=StubModel,
    )  # fmt: skip
