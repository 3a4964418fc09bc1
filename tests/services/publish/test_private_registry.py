"""A launch through a registry with a password: the base is fetched, the version sent, or told who asks."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.client.registry_browser import RegistryBrowser
from services.containers.addresses import LocalEngine
from services.containers.docker.runtime import DockerRuntime
from services.containers.engine.engine import Engine, open_engine
from services.containers.model import Credentials
from services.errors import Cancelled, SignInNeeded
from services.publish.demo.example_projects import EXAMPLES
from services.publish.launching import Launcher, LaunchOptions, LaunchTarget

pytestmark = pytest.mark.docker
Registry = tuple[str, str, str]


@pytest.fixture
def base(
    signed_in_engine: Engine,
    private_registry: Registry,
    small_image: str,
    unique_name: Callable[[str], str],
) -> Iterator[str]:
    """An image for versions that only the registry has."""
    name = f"{private_registry[0]}/{unique_name('base')}:1"
    signed_in_engine.tag(small_image, name)
    signed_in_engine.push(name, lambda *_: None)
    signed_in_engine.remove_image(name)
    yield name
    if signed_in_engine.image(name) is not None:
        signed_in_engine.remove_image(name)


@pytest.fixture
def launch(
    base: str,
    private_registry: Registry,
    unique_name: Callable[[str], str],
    tmp_path: Path,
    examples_in: Callable[[Path], None],
) -> Callable[[dict[str, Credentials]], list[str]]:
    """Launch a version with these passwords known, up to its start; the repositories sent."""
    examples_in(tmp_path)
    registry, user, password = private_registry
    platform = unique_name("plant")

    def up_to_the_start(_fraction: float | None, text: str) -> None:
        if text.startswith("Starting "):
            raise Cancelled

    def launched(known: dict[str, Credentials]) -> list[str]:
        with open_engine(LocalEngine(), credentials=known.get) as opened:
            production = LaunchTarget(
                platform, platform, "http://127.0.0.1:9", "hush", base, registry=registry
            )
            launcher = Launcher(opened, DockerRuntime(opened, platform, platform, {}), production)
            folder = EXAMPLES[0].deploy_folder(tmp_path, "A")
            with pytest.raises(Cancelled):
                launcher.launch_folder(folder, LaunchOptions(), up_to_the_start)
        with RegistryBrowser(registry, user, password) as browser:
            return [name for name in browser.repositories() if name.startswith(platform)]

    return launched


def test_a_launch_signs_in_to_fetch_the_base_and_to_send_the_version(
    launch: Callable[[dict[str, Credentials]], list[str]],
    private_registry: Registry,
    unique_name: Callable[[str], str],
) -> None:
    registry, user, password = private_registry
    assert launch({registry: Credentials(user, password)}) == [f"{unique_name('plant')}/wine-a"]


def test_a_launch_without_the_password_says_which_registry_asks(
    launch: Callable[[dict[str, Credentials]], list[str]], private_registry: Registry
) -> None:
    with pytest.raises(
        SignInNeeded, match=f"The registry {private_registry[0]} asks for a user and a password"
    ):
        launch({})
