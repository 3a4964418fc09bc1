"""Images built with a closed network's settings hold no trace of them: in history, environment or files.

One image of Debian's packages and one of Python's libraries, built with settings that occur nowhere else.
"""

from collections.abc import Callable, Iterator

import pytest

from services.containers.engine.engine import Engine
from services.errors import InvalidInput
from services.images.build_settings import BuildSettings
from services.images.builds import build_images

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def build(
    engine: Engine,
    marked: BuildSettings,
    unique_name: Callable[[str], str],
) -> Iterator[Callable[[str], str]]:
    """Build an image with the marked settings; its reference. All goes with the test."""
    built: list[str] = []

    def build_marked(name: str) -> str:
        prefix = unique_name("marked")
        built.extend(
            build_images(
                engine, [name], lambda *_: None, lambda _: None, prefix=prefix, settings=marked
            ).values()
        )
        return built[-1]

    yield build_marked
    for reference in built:
        engine.remove_image(reference)


@pytest.mark.parametrize("name", ["balancer", "gateway"])
def test_no_trace_is_left(
    name: str, build: Callable[[str], str], traces: Callable[[str], list[str]]
) -> None:
    assert traces(build(name)) == []


def test_the_search_finds_what_is_there(
    built_images: Callable[[str], str], occurs: Callable[[str, str], bool]
) -> None:
    assert occurs(built_images("balancer"), "The part that does not depend on names and ports")


def test_the_settings_are_followed(engine: Engine, unique_name: Callable[[str], str]) -> None:
    """A mirror and an index that are not there make builds fail, so what is forwarded is what is used."""
    nowhere = BuildSettings(
        pip="[global]\nindex-url = http://127.0.0.1:1/simple\nretries = 0",
        apt_sources="deb http://127.0.0.1:1/debian bookworm main",
    )
    for name, words in (("gateway", "127.0.0.1:1"), ("balancer", "127.0.0.1:1")):
        with pytest.raises(InvalidInput, match=r"\.sh") as failed:
            build_images(
                engine,
                [name],
                lambda *_: None,
                lambda _: None,
                prefix=unique_name("none"),
                settings=nowhere,
            )
        assert words in failed.value.details or "No matching distribution" in failed.value.details
