"""Deploy folders of small models, a service in the test's own loop, and a platform of real processes."""

import json
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import joblib
import numpy as np
import psutil
import pytest
from sklearn.linear_model import LinearRegression

from resources import path
from services.client import GatewayClient
from services.containers.program import program_command
from services.http.client import HttpClient, Response
from services.http.errors import Unauthorized
from services.http.loop import run
from services.http.server import Server
from services.model_server.deploy import Deploy, read_deploy, write_deploy
from services.model_server.loading import LoadedModel, load_model, sha256_of
from services.model_server.service import ModelService
from services.registry.model import Field, FieldType, Signature, Task, TokenRole
from services.registry.tokens import new_token, service_token
from services.store.sqlite import SqliteStore
from tests.waiting import eventually, eventually_in_loop

SECRET = "a-secret-of-the-tests"
NUMBERS = Signature(
    tuple(Field(name, name) for name in ("a", "b", "c")), Field("y", "y"), Task.REGRESSION
)  # fmt: skip
CLASSES = Signature(
    NUMBERS.inputs, Field("kind", "kind", FieldType.STRING), Task.CLASSIFICATION, ("no", "yes")
)
TRAIN = """
from sklearn.linear_model import LinearRegression

def train(frame, target, parameters):
    {before}
    return LinearRegression().fit(frame.drop(columns=target), frame[target])
"""


BAD_BODIES = [
    (b"{", 400, None),
    (b"", 400, None),
    (b"\xff\xfe", 400, None),
    (b"[]", 422, ""),
    (b"{}", 422, "instances"),
    (b'{"instances":[]}', 422, "instances"),
    (b'{"instances":[{"a":1,"b":2,"c":3}],"x":1}', 422, "x"),
    (b'{"instances":[{"a":1,"b":2,"c":3},{"a":1,"b":2}]}', 422, "instances[1].c"),
    (b'{"instances":[{"a":1,"b":2,"c":"3"}]}', 422, "instances[0].c"),
    (b'{"instances":[{"a":1,"b":2,"c":null}]}', 422, "instances[0].c"),
    (b'{"instances":[{"a":1,"b":2,"c":true}]}', 422, "instances[0].c"),
    (b'{"instances":[{"a":1,"b":2,"c":3,"d":4}]}', 422, "instances[0].d"),
    (b'{"instances":[{"a":NaN,"b":2,"c":3}]}', 422, "instances[0].a"),
    (b'{"instances":[{"a":1,"b":-Infinity,"c":3}]}', 422, "instances[0].b"),
    (b'{"instances":[{"a":1e999,"b":2,"c":3}]}', 422, "instances[0].a"),
    (b"[" * 500_000 + b"]" * 500_000, 422, ""),
    (b'{"a]":' * 500_000 + b"1" + b"}" * 500_000, 422, "a]"),
    (b'{"instances":' + b"[" * 500_000 + b"]" * 500_000 + b"}", 422, "instances[0]"),
    (b'{"instances":' + b'{"a":' * 500_000 + b"1" + b"}" * 500_000 + b"}", 422, "instances"),
    (b'{"instances":[{"a":' + b"[" * 500_000 + b"]" * 500_000 + b"}]}", 422, "instances[0].a"),
    (b'{"instances":[{"a":1,"b":2,"c":3},{"a":"}{[","b":' + b'[{"x":' * 100_000, 422, "instances[1].a"),
    (b'{"instances":' + b"[" * 500_000, 422, "instances[0]"),
    (b'{"instances":[{"a"' + b"[" * 500_000, 400, None),
]
"""What `/predict` of a model with inputs a, b and c refuses, in R and in Python: body, status, field."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let tests that ask for a bad body run with each of them."""
    if "bad_body" in metafunc.fixturenames:
        metafunc.parametrize("bad_body", BAD_BODIES, ids=lambda case: repr(case[0][:60]))


def data(rows: int = 200) -> tuple[Any, Any]:
    """Inputs of shape (rows, 3) and a target that depends on them."""
    random = np.random.default_rng(1)
    inputs = random.normal(size=(rows, 3))
    return inputs, inputs @ [1.0, -2.0, 0.5] + random.normal(size=rows) / 10


def write(folder: Path, model: Any, signature: Signature = NUMBERS, **more: Any) -> Deploy:
    """Write a deploy folder with a pickled model."""
    folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(model, folder / "model.joblib")
    facts: dict[str, Any] = {
        "project": "plant",
        "version": "A",
        "trained_at": datetime.now(UTC),
        "rows": 200,
    } | more
    deploy = Deploy(signature=signature, **facts)
    if deploy.train:
        (folder / deploy.train).write_text(TRAIN.format(before="pass"))
    write_deploy(folder, deploy)
    return read_deploy(folder)


def load(folder: Path) -> LoadedModel:
    """Load a deploy folder's own artifact."""
    content = (folder / "model.joblib").read_bytes()
    return load_model(folder, read_deploy(folder), content, sha256_of(content))


class PythonMaker:
    """Deploy folders of version A of `plant` in Python, which several tests have in R too."""

    artifact = "model.joblib"
    failing: ClassVar = {
        "wait": "import time, sys; print('training', flush=True); time.sleep(60)",
        "refusal": "raise ValueError('too few reds')",
        "bug": "raise RuntimeError('a bug')",
        "end": "import os; os._exit(3)",
        "other columns": "frame = frame.drop(columns='a')",
    }
    said: ClassVar = {
        "refusal": "the training script failed: ValueError: too few reds",
        "bug": "the training script failed: RuntimeError: a bug",
        "end": "the training process ended with code 3",
        "other columns": "feature names should match",
    }
    beside: ClassVar = {"reds.py": "factor = 3", "factor.txt": "3"}
    uses_beside = "import reds; assert reds.factor == int(open('factor.txt').read())"

    def linear(self, folder: Path, factor: float = 1, *, train: bool = False) -> Path:
        """Write a linear model of `data()` whose target is multiplied; its artifact."""
        inputs, target = data()
        more: dict[str, Any] = {"train": "train.py"} if train else {}
        write(folder, LinearRegression().fit(inputs, target * factor), **more)
        return folder / self.artifact

    def script(self, folder: Path, before: str = "") -> None:
        """Let the folder's training script do this first."""
        (folder / "train.py").write_text(TRAIN.format(before=before or "pass"))

    def trainings(self, service: "Process") -> list[psutil.Process]:
        """The training processes of a service."""
        return psutil.Process(service.process.pid).children()

    def kill(self, service: "Process") -> None:
        """End a service without a chance to clean up."""
        service.kill()


class RMaker(PythonMaker):
    """The same in R; the models are trained once, by R."""

    artifact = "model.rds"
    failing: ClassVar = {
        "wait": "cat('training\\n'); Sys.sleep(60)",
        "refusal": "stop('too few reds')",
        "bug": "nobody_knows_this()",
        "end": "quit(status = 3)",
        "other columns": "frame <- frame[setdiff(names(frame), 'a')]",
    }
    said: ClassVar = {
        "refusal": "the training script failed: too few reds",
        "bug": "the training script failed: could not find function",
        "end": "the training process ended with code 3",
        "other columns": "object 'a' not found",
    }
    beside: ClassVar = {"reds.R": "factor_of_reds <- 3", "factor.txt": "3\n"}
    uses_beside = "source('reds.R'); stopifnot(factor_of_reds == as.integer(readLines('factor.txt')))"

    def __init__(self, trained: Path) -> None:
        self.trained = trained

    def linear(self, folder: Path, factor: float = 1, *, train: bool = False) -> Path:
        shutil.copytree(self.trained / f"linear_{factor}", folder, dirs_exist_ok=True)
        if train:
            facts = json.loads((folder / "model.json").read_text())
            (folder / "model.json").write_text(json.dumps(facts | {"train": "train.R"}))
            self.script(folder)
        return folder / self.artifact

    def script(self, folder: Path, before: str = "") -> None:
        text = "train <- function(frame, target, parameters) {{\n{}\nlm(y ~ a + b + c, frame)\n}}\n"
        (folder / "train.R").write_text(text.format(before))

    def trainings(self, service: "Process") -> list[psutil.Process]:
        # The service's own process only holds R.
        return [inner for r in psutil.Process(service.process.pid).children() for inner in r.children()]

    def kill(self, service: "Process") -> None:
        [r] = psutil.Process(service.process.pid).children()
        r.kill()
        service.kill()


@pytest.fixture(scope="session")
def trained_in_r(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Deploy folders that R has written: linear_1, linear_2, linear_-1, classes, mixed, odd."""
    if shutil.which("Rscript") is None:
        reason = "no Rscript: install R and its packages plumber, e1071, curl, digest and sys"
        pytest.fail(reason) if os.environ.get("RELEVO_REQUIRE_SERVERS") else pytest.skip(reason)
    folder = tmp_path_factory.mktemp("trained-in-r")
    script, helper = Path(__file__).with_name("models.R"), path("helpers", "relevo.R")
    subprocess.run(
        ["Rscript", script, folder], check=True, env={**os.environ, "RELEVO_HELPER": str(helper)}
    )
    return folder


@pytest.fixture(scope="session")
def maker_of_r(trained_in_r: Path) -> RMaker:
    """Makes deploy folders in R."""
    return RMaker(trained_in_r)


@pytest.fixture(scope="session", params=["python", "r"])
def maker(request: pytest.FixtureRequest) -> PythonMaker:
    """Makes deploy folders in one language and in the other."""
    if request.param == "python":
        return PythonMaker()
    return request.getfixturevalue("maker_of_r")


@dataclass
class Asked:
    """A service in this loop, and a client of it."""

    service: ModelService
    client: HttpClient
    headers: dict[str, str] = field(default_factory=lambda: {"authorization": "Bearer own"})

    async def post(self, path: str, body: Any, **headers: str) -> Response:
        """Ask with the service's token; a body that is not bytes is sent as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.client.request("POST", path, content, self.headers | headers)

    async def predict(self, *rows: dict[str, Any]) -> Response:
        """Ask for these rows."""
        return await self.post("/predict", {"instances": list(rows)})


@pytest.fixture
def asking() -> Callable[..., Any]:
    """A context in which a service is asked; with a loaded model, or before there is one."""

    @asynccontextmanager
    async def asking(model: LoadedModel | None) -> AsyncIterator[Asked]:
        deploy = model.deploy if model else Deploy(
            project="plant", version="A", signature=NUMBERS, trained_at=datetime.now(UTC), rows=0
        )  # fmt: skip
        service, server = ModelService(deploy, "own"), Server()
        if model:
            service.adopt(model, None)
        port = await server.start(service.application(), service.hot_routes())
        client = HttpClient(server.address(port), connections=64)
        try:
            yield Asked(service, client)
        finally:
            await client.close()
            await server.stop(grace=1)
            service.close()

    return asking


@pytest.fixture
def until() -> Callable[..., Any]:
    """Waits for a condition in the test's own loop."""
    return eventually_in_loop


class Process:
    """A process of the program that announces its address and ends when its input does."""

    def __init__(self, word: str, *arguments: str, log: Path, **environment: str) -> None:
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [*program_command(word), *arguments, "--held"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, **environment},
            )
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, log.read_text()
        self.address: str = json.loads(line)["address"]

    def kill(self) -> None:
        """End it without a chance to clean up."""
        self.process.kill()
        self._wait()

    def close(self) -> int:
        """Let go of its input, and wait for its end."""
        assert self.process.stdin
        self.process.stdin.close()
        return self._wait()

    def _wait(self) -> int:
        assert self.process.stdin
        assert self.process.stdout
        code = self.process.wait(20)
        self.process.stdin.close()
        self.process.stdout.close()
        return code


@pytest.fixture(scope="session")
def start_process() -> type[Process]:
    """Starts a process of the program; whoever starts it ends it."""
    return Process


class Platform:
    """A store and a gateway, and services that register with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = SqliteStore(folder / "store")
        self.token = service_token(SECRET, "plant", "A")
        self._services: list[Process] = []
        self.start_gateway()

    def start_gateway(self, port: str = "0", *, store: str = "") -> None:
        """Start the gateway, again if need be."""
        store = store or f"sqlite:{self.folder / 'store'}"
        self.gateway = Process(
            "gateway", "--store", store, "--spool", str(self.folder / "spool"),
            "--port", port, log=self.folder / "gateway.log", RELEVO_SECRET=SECRET,
        )  # fmt: skip

    @contextmanager
    def without_store(self) -> Iterator[None]:
        """A gateway that starts, knows what it knew, and does not reach the store meanwhile."""
        port = self.gateway.address.rpartition(":")[2]
        self.gateway.close()
        self.start_gateway(port, store="cassandra:127.0.0.1:9")  # the discard port, where nothing listens
        try:
            yield
        finally:
            self.gateway.close()
            self.start_gateway(port)

    def serve(self, deploy: Path, *, until: str | None = "200", **environment: str) -> Process:
        """Start a service; wait until its health is so (by default until it has loaded)."""
        service = Process(
            "serve", str(deploy), "--gateway", self.gateway.address,
            log=self.folder / "service.log", RELEVO_TOKEN=self.token, **environment,
        )  # fmt: skip
        self._services.append(service)
        if until:
            self.wait(lambda: str(self.ask(service, "GET", "/health").status) == until)
        return service

    def ask(self, service: Process, method: str, path: str, body: Any = None) -> Response:
        """Ask a service with its token."""

        async def ask() -> Response:
            client = HttpClient(service.address)
            try:
                content = b"" if body is None else json.dumps(body).encode()
                return await client.request(
                    method, path, content, {"authorization": f"Bearer {self.token}"}
                )
            finally:
                await client.close()

        return run(ask())

    def admin(self) -> GatewayClient:
        """A client of the gateway, with an administrator's token."""
        text, row = new_token(TokenRole.ADMIN, label="test")
        self.store.add_token(row)
        client = GatewayClient(self.gateway.address, text)

        def known() -> bool:
            try:
                return bool(client.projects())
            except Unauthorized:
                return False

        self.wait(known)
        return client

    def revision_of(self, service: Process) -> str:
        """The revision a service has loaded."""
        return str(json.loads(self.ask(service, "GET", "/model").body)["revision"])

    def wait(self, condition: Callable[[], object], seconds: float = 60.0) -> None:
        """Wait until it holds."""
        eventually(condition, seconds, seen=(self.folder / "service.log").read_text)

    def close(self) -> None:
        """End all processes."""
        for service in self._services:
            if service.process.poll() is None:
                service.close()
        self.gateway.close()
        self.store.close()


@pytest.fixture(scope="session")
def make_platform() -> Callable[[Path], Platform]:
    """Starts a platform in a folder; whoever asks for one closes it."""
    return Platform


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    """A platform of its own for the test."""
    made = Platform(tmp_path)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture(scope="session")
def deploys() -> Any:
    """Makes and loads deploy folders."""

    class Deploys:
        NUMBERS, CLASSES, TRAIN = NUMBERS, CLASSES, TRAIN
        write, load, data = staticmethod(write), staticmethod(load), staticmethod(data)

    return Deploys
