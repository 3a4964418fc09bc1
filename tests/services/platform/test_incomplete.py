"""A platform of which some containers are gone: each command works, or says what is missing and what to do.

Its containers are real ones of an image that only pretends to be each part, so that they are up at once.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.commands.platform import main as command
from services.containers.engine.engine import Engine
from services.containers.model import BuildSpec
from services.errors import InvalidInput, NotFound, RelevoError
from services.images.catalogue import reference
from services.images.contexts import archive
from services.platform.backup.create import back_up
from services.platform.checks import Measured
from services.platform.discovery import find_platform
from services.platform.launch_target import production
from services.platform.recovery.recover import request_of as recovered_request
from services.platform.request import PlatformRequest
from services.platform.setup import set_up
from services.platform.specification import BALANCER_HOME, HOME
from services.platform.status import platform_state
from services.platform.teardown import plan_tear_down, tear_down
from services.platform.upgrade import upgrade

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]
Silent = Callable[[float | None, str], None]
KEEPER = "keys"
PARTS = ("cassandra", "registry", "gateway", "gateway-2", "supervisor", "balancer")
UNCHECKED = Measured(memory=16 << 30, least_disk=0)
PART = """#!/bin/sh
case "$1 $2" in
"prepare store") echo '{"token_added": true}' ;;
*) exec sleep 3600 ;;
esac
"""
HEALTH = """#!/bin/sh
echo '{"store": "reachable", "spool": {"rows": 0}}'
"""
RECIPE = f"""FROM {{image}}
COPY part python /bin/
RUN chmod 755 /bin/part /bin/python && mkdir -p {HOME} {BALANCER_HOME}
ENTRYPOINT ["/bin/part"]
"""


@pytest.fixture(scope="module")
def prefix(engine: Engine, small_image: str, unique_name: Callable[[str], str]) -> Iterator[str]:
    """Of images that pretend to be a platform's parts."""
    prefix = unique_name("pretending")
    images = [
        reference(name, prefix) for name in ("cassandra", "registry", "gateway", "supervisor", "balancer")
    ]
    files = {"part": PART, "python": HEALTH, "Dockerfile": RECIPE.format(image=small_image)}
    context = archive({name: text.encode() for name, text in files.items()})
    engine.build(BuildSpec(context, images[0]), lambda *_: None, lambda _: None)
    for image in images[1:]:
        engine.tag(images[0], image)
    yield prefix
    for image in images:
        engine.remove_image(image, force=True)


@pytest.fixture(scope="module")
def asked(
    request_of: Callable[..., PlatformRequest], prefix: str, gone: Callable[[str], None]
) -> PlatformRequest:
    """A platform of two gateways, with one of the parts that can be left out."""
    asked = request_of("incomplete", image_prefix=prefix, gateways=2, left_out=("datalake",))
    gone(asked.name)
    return replace(asked, listener_ports=tuple(sorted(asked.listener_ports)))


def _remove(engine: Engine, name: str, parts: set[str]) -> None:
    found = find_platform(engine, name)
    containers = found.parts | ({KEEPER: found.keeper} if found.keeper else {})
    for part in parts:
        engine.remove(containers[part].identifier, force=True)


def _each_single_one() -> Iterator[object]:
    everything = {*PARTS, KEEPER}
    for part in (*PARTS, KEEPER):
        yield pytest.param(everything - {part}, id=f"only {part} is left")
        yield pytest.param({part}, id=f"{part} is gone")
    for part in PARTS:
        yield pytest.param({part, KEEPER}, id=f"{part} and its secrets' container are gone")


@pytest.mark.parametrize("gone_parts", [*_each_single_one()])
def test_every_command_works_or_says_what_is_missing_and_setting_up_completes_it(
    engine: Engine, asked: PlatformRequest, gone_parts: set[str], tmp_path: Path, silent: Silent
) -> None:
    name = asked.name
    keys = set_up(engine, asked, silent, measured=UNCHECKED).keys
    _remove(engine, name, gone_parts)
    state = platform_state(engine, name, usage=False)
    assert {part.name for part in state.parts if part.state == "missing"} >= gone_parts - {KEEPER}
    assert plan_tear_down(engine, name, delete_data=False).kept
    for do in (
        lambda: production(engine, name),
        lambda: upgrade(engine, name, silent, build=False),
        lambda: back_up(engine, name, tmp_path, silent),
        lambda: command(["password", "--name", name]),
        lambda: command(["log", "gateway", "--name", name]),
    ):
        try:
            do()
        except NotFound as error:
            assert name in error.message
            assert error.remedy
    recovered = recovered_request(engine, find_platform(engine, name), asked.image_prefix, silent, print)
    assert recovered == asked
    assert set_up(engine, recovered, silent, measured=UNCHECKED).keys == keys
    assert platform_state(engine, name, usage=False).well
