"""Relevo's images as they come out of a real engine: who they run as, what they tell, their sizes."""

import re
from collections.abc import Callable

import docker
import pytest

from services.containers.engine.engine import Engine
from services.images.build_settings import PROXIES, BuildSettings
from services.images.catalogue import CATALOGUE, program_version

pytestmark = [pytest.mark.docker, pytest.mark.slow]
PLATFORM = (
    "gateway",
    "supervisor",
    "balancer",
    "model-python",
    "model-r",
    "cassandra",
    "registry",
    "datalake",
)
BUILT = (*PLATFORM, "dev-python")
ROOM = 2_500_000_000
"""Bytes that a platform's images may take of the ten gigabytes that its server has."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", BUILT)
def test_an_image_is_as_promised(
    name: str, built_images: Callable[[str], str], client: docker.APIClient
) -> None:
    found = client.inspect_image(built_images(name))
    configuration = found["Config"]
    assert configuration["User"] not in {"", "0", "root"}
    assert configuration["Healthcheck"]["Test"][0] == "CMD"
    assert configuration["Labels"]["relevo.role"] == CATALOGUE[name].role
    assert configuration["Labels"]["org.opencontainers.image.version"] == program_version()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", BUILT)
def test_no_history_tells_a_setting_of_the_builder(
    name: str, built_images: Callable[[str], str], client: docker.APIClient
) -> None:
    steps = "\n".join(step["CreatedBy"] for step in client.history(built_images(name)))
    every = BuildSettings("x", "x", "x", "x", dict.fromkeys(PROXIES, "x"))
    assert [name for name in every.arguments() if name in steps] == []
    # How the engine notes arguments that a step was given.
    assert not re.search(r"^\|\d+ ", steps, re.MULTILINE)


@pytest.mark.timeout(600)
def test_a_platforms_images_fit_a_small_disk(
    built_images: Callable[[str], str],
    engine: Engine,
    client: docker.APIClient,
    capsys: pytest.CaptureFixture[str],
) -> None:
    layers: dict[tuple[int, str], int] = {}
    sizes: dict[str, int] = {}
    for name in PLATFORM:
        image = engine.image(built_images(name))
        assert image is not None
        sizes[name] = image.size
        # Images that share a layer share the step that made it.
        layers |= {
            (step["Created"], step["CreatedBy"]): step["Size"]
            for step in client.history(built_images(name))
        }
    total = sum(layers.values())
    with capsys.disabled():
        print("\nimages in MB:", *(f"{name} {size / 1e6:.0f}" for name, size in sizes.items()), sep="\n  ")
        print(f"  all of them on one disk: {total / 1e6:.0f}")
    assert total < sum(sizes.values())
    assert total < ROOM


def test_the_image_of_rstudio_is_built_where_its_base_can_be_had(
    engine: Engine, built_images: Callable[[str], str]
) -> None:
    if engine.image("rocker/rstudio:4.4.2") is None:
        pytest.skip(
            "dev-r not built: rocker/rstudio:4.4.2 is not on this engine, and no registry is reached"
        )
    assert engine.image(built_images("dev-r")) is not None
