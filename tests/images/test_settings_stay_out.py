"""Images built with a closed network's settings hold no trace of them: in history, environment or files.

One image of Debian's packages and one of Python's libraries, built with settings that occur nowhere else.
"""

import contextlib
import secrets
from collections.abc import Callable, Iterator

import docker
import docker.errors
import pytest

from services.containers.engine.engine import Engine
from services.errors import InvalidInput
from services.images.forwarded import Forwarded, forwarded_settings
from services.images.orders import build_images

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]
OVERLAP = 200


@pytest.fixture
def mark() -> str:
    return f"mark{secrets.token_hex(12)}"


@pytest.fixture
def marked(mark: str) -> Forwarded:
    """This machine's settings, each with something in it that is found again."""
    own = forwarded_settings()
    return Forwarded(
        pip=f"{own.pip or '[global]'}\ntrusted-host = pip-{mark}",
        apt_sources=f"# sources-{mark}\n{own.apt_sources}" if own.apt_sources else "",
        apt_configuration=f'{own.apt_configuration}\nAcquire::http::User-Agent "apt-{mark}";',
        certificates=f"# certificates-{mark}\n{own.certificates}",
        proxies={**own.proxies, "NO_PROXY": f"proxies-{mark}"},
    )


@pytest.fixture
def build(
    engine: Engine,
    client: docker.APIClient,
    marked: Forwarded,
    mark: str,
    unique_name: Callable[[str], str],
) -> Iterator[Callable[[str], str]]:
    """Build an image with the marked settings; its reference. All goes with the test."""
    built: list[str] = []

    def build_marked(name: str) -> str:
        prefix = unique_name("marked")
        built.extend(
            build_images(
                engine, [name], lambda *_: None, lambda _: None, prefix=prefix, forwarded=marked
            ).values()
        )
        return built[-1]

    yield build_marked
    for reference in built:
        engine.remove_image(reference)
    for image in client.images(filters={"dangling": True}):
        # Others may build and remove at the same time.
        with contextlib.suppress(docker.errors.NotFound):
            if mark in str(client.history(image["Id"])):
                client.remove_image(image["Id"], force=True)


@pytest.mark.parametrize("name", ["balancer", "gateway"])
def test_no_trace_is_left(
    name: str, build: Callable[[str], str], client: docker.APIClient, mark: str
) -> None:
    reference = build(name)
    assert mark not in str(client.inspect_image(reference))
    assert mark not in str(client.history(reference))
    assert not occurs(client, reference, mark)


def occurs(client: docker.APIClient, reference: str, text: str) -> bool:
    """Whether a text is anywhere in the files of an image."""
    made = client.create_container(reference)["Id"]
    try:
        held = b""
        for part in client.export(made):
            if text.encode() in held + part:
                return True
            held = part[-OVERLAP:]
        return False
    finally:
        client.remove_container(made)


def test_the_search_finds_what_is_there(
    built_images: Callable[[str], str], client: docker.APIClient
) -> None:
    assert occurs(client, built_images("balancer"), "The part that does not depend on names and ports")


def test_the_settings_are_followed(engine: Engine, unique_name: Callable[[str], str]) -> None:
    """A mirror and an index that are not there make builds fail, so what is forwarded is what is used."""
    nowhere = Forwarded(
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
                forwarded=nowhere,
            )
        assert words in failed.value.details or "No matching distribution" in failed.value.details
