"""A gateway in a container on a real Docker Engine, and what is needed to run versions beside it."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.client import GatewayClient
from services.containers.docker.runtime import DockerRuntime
from services.containers.engine.engine import Engine
from services.containers.model import PLATFORM_LABEL, ContainerSpec, Port
from services.images.builds import build_images
from services.images.catalogue import reference
from services.model_server.deploy import read_deploy
from services.publish.csv_rows import Row, read_rows
from services.publish.demo.example_projects import EXAMPLES
from services.publish.launching import Launcher, LaunchTarget
from services.registry.tokens import new_secret

WINE = EXAMPLES[0]


def silent(_fraction: float | None, _text: str) -> None:
    """Progress that nobody watches."""


@dataclass
class Plant:
    """A gateway in a container, with its store in it, and what is needed to run versions beside it."""

    engine: Engine
    runtime: DockerRuntime
    launcher: Launcher
    gateway: GatewayClient
    folder: Path
    rows: list[Row]

    def deploy(self, version: str) -> Path:
        return WINE.deploy_folder(self.folder, version)


@pytest.fixture(scope="module")
def platform(engine: Engine) -> Iterator[str]:
    """A platform's name; what carries it on the engine is gone afterwards."""
    name = f"relevo-test-{secrets.token_hex(4)}"
    engine.ensure_network(name, {PLATFORM_LABEL: name})
    yield name
    for left in engine.containers():
        if left.platform == name:
            engine.remove(left.identifier, force=True, volumes=True)
    engine.remove_network(name)
    for image in engine.images():
        for reference_ in image.references:
            if reference_.startswith(f"{name}/"):
                engine.remove_image(reference_)


@pytest.fixture(scope="module")
def plant(
    engine: Engine,
    platform: str,
    tmp_path_factory: pytest.TempPathFactory,
    examples_in: Callable[[Path], None],
) -> Iterator[Plant]:
    folder = tmp_path_factory.mktemp("plant")
    examples_in(folder)
    build_images(engine, ["gateway", "model-python"], silent, lambda _text: None)
    secret, inner = new_secret(), f"http://{platform}-gateway:8000"
    container = engine.run(
        ContainerSpec(
            f"{platform}-gateway",
            reference("gateway"),
            command=(*_GATEWAY, "--public-address", inner),
            environment={"RELEVO_SECRET": secret},
            labels={PLATFORM_LABEL: platform},
            ports=(Port(8000, 0, "127.0.0.1"),),
            network=platform,
        )
    )
    engine.wait_healthy(container, 60)
    code, output = engine.execute(container, ("python", "-c", _MAKE_TOKEN))
    assert code == 0, output
    port = engine.container(container).ports[0].host_port
    gateway = GatewayClient(f"http://127.0.0.1:{port}", output.strip().splitlines()[-1])
    runtime = DockerRuntime(engine, platform, platform, {})
    production = LaunchTarget(
        platform, platform, inner, secret, reference("model-python"), reference("model-r")
    )
    rows = read_rows(WINE.live(folder), read_deploy(WINE.deploy_folder(folder, "A")).signature)
    yield Plant(engine, runtime, Launcher(engine, runtime, production), gateway, folder, rows)
    gateway.close()


_GATEWAY = (
    "gateway", "--store", "sqlite:/var/lib/relevo/store", "--spool", "/var/lib/relevo/spool",
    "--host", "0.0.0.0", "--port", "8000", "--plain-http-beyond-loopback",
)  # fmt: skip
_MAKE_TOKEN = """
from services.registry.model import TokenRole
from services.registry.tokens import new_token
from services.store.addresses import SqliteAddress
from services.store.connect import open_store
token, row = new_token(TokenRole.ADMIN, label="test")
store = open_store(SqliteAddress("/var/lib/relevo/store"))
store.add_token(row)
store.close()
print(token)
"""
