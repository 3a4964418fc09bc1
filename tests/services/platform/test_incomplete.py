"""A platform of which some containers are gone: each command works, or says what is missing and what to do.

Its containers are real ones of an image that only pretends to be each part, so that they are up at once.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from app.commands.platform import main as command
from app.commands.platform_output import describe
from services.containers.engine.engine import Engine
from services.containers.model import BuildSpec
from services.errors import InvalidInput, NotFound
from services.images.catalogue import reference
from services.images.contexts import archive
from services.platform.backup.create import back_up
from services.platform.checks import ResourceCheck
from services.platform.discovery import find_platform
from services.platform.launch_target import launch_target
from services.platform.recovery.recover import request_of as recovered_request
from services.platform.request import PlatformRequest
from services.platform.setup import set_up
from services.platform.specification import BALANCER_HOME, HOME
from services.platform.status import platform_status
from services.platform.teardown import plan_tear_down, tear_down
from services.platform.upgrade import upgrade

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(600)]
Silent = Callable[[float | None, str], None]
STATE_CONTAINER = "keys"
PARTS = ("cassandra", "registry", "gateway", "gateway-2", "supervisor", "balancer")
UNCHECKED = ResourceCheck(memory=16 << 30, least_disk=0)
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
    containers = found.parts | ({STATE_CONTAINER: found.state_container} if found.state_container else {})
    for part in parts:
        engine.remove(containers[part].identifier, force=True)


def _each_single_part() -> Iterator[object]:
    everything = {*PARTS, STATE_CONTAINER}
    for part in (*PARTS, STATE_CONTAINER):
        yield pytest.param(everything - {part}, id=f"only {part} is left")
        yield pytest.param({part}, id=f"{part} is gone")
    for part in PARTS:
        yield pytest.param({part, STATE_CONTAINER}, id=f"{part} and its secrets' container are gone")


@pytest.mark.parametrize("missing", [*_each_single_part()])
def test_every_command_works_or_says_what_is_missing_and_setting_up_completes_it(
    engine: Engine, asked: PlatformRequest, missing: set[str], tmp_path: Path, silent: Silent
) -> None:
    name = asked.name
    secrets = set_up(engine, asked, silent, resource_check=UNCHECKED).secrets
    _remove(engine, name, missing)
    status = platform_status(engine, name, usage=False)
    if missing >= {"cassandra", STATE_CONTAINER}:
        assert status.request is None
        assert "is not known here" in "\n".join(describe(status))
    else:
        assert status.request == asked
        assert {part.name for part in status.parts if part.state == "missing"} == missing - {
            STATE_CONTAINER
        }
    assert plan_tear_down(engine, name, delete_data=False).kept
    refused = _refused(name, {
        "launch": lambda: launch_target(engine, name),
        "upgrade": lambda: upgrade(engine, name, silent, build=False),
        "backup": lambda: back_up(engine, name, tmp_path, silent),
        "password": lambda: command(["password", "--name", name]),
        "log": lambda: command(["log", "supervisor", "--name", name]),
    })  # fmt: skip
    assert refused == _expected_refusals(missing)
    recovered = recovered_request(engine, find_platform(engine, name), asked.image_prefix, silent, print)
    assert recovered == asked
    assert set_up(engine, recovered, silent, resource_check=UNCHECKED).secrets == secrets
    assert platform_status(engine, name, usage=False).well


def _refused(name: str, commands: dict[str, Callable[[], object]]) -> set[str]:
    """Which of the commands said that something of the platform is missing, and what to do."""
    refused = set()
    for word, run in commands.items():
        try:
            run()
        except NotFound as error:
            if name in error.message and error.remedy:
                refused.add(word)
    return refused


def _expected_refusals(missing: set[str]) -> set[str]:
    """A gateway and the secrets are needed to launch, the store to upgrade and to copy its data."""
    unknown = missing >= {"cassandra", STATE_CONTAINER}
    needs = {
        "launch": unknown or "gateway" in missing,
        "upgrade": "cassandra" in missing,
        "backup": "cassandra" in missing,
        "password": unknown,
        "log": "supervisor" in missing,
    }
    return {word for word, lacks in needs.items() if lacks}


def test_a_part_of_a_platform_of_which_nothing_else_is_left_is_taken_down(
    engine: Engine, asked: PlatformRequest, silent: Silent
) -> None:
    name = asked.name
    set_up(engine, asked, silent, resource_check=UNCHECKED)
    _remove(engine, name, {*PARTS, STATE_CONTAINER} - {"balancer"})
    done = tear_down(engine, name, silent, delete_data=True, confirmation=name)
    assert done.removed == (f"{name}-balancer",)
    assert not find_platform(engine, name).exists


def test_a_certificate_is_needed_only_where_the_part_that_has_it_is_made_again(
    engine: Engine, asked: PlatformRequest, tmp_path: Path, silent: Silent
) -> None:
    files = {word: tmp_path / f"{word}.pem" for word in ("certificate", "key")}
    files["certificate"].write_text("-----BEGIN CERTIFICATE-----\n")
    files["key"].write_text("-----BEGIN PRIVATE KEY-----\n")
    secure = replace(asked, **{word: str(file) for word, file in files.items()})
    set_up(engine, secure, silent, resource_check=UNCHECKED)
    contents = {word: file.read_bytes() for word, file in files.items()}
    for file in files.values():
        file.unlink()
    _remove(engine, asked.name, {*PARTS, STATE_CONTAINER} - {"balancer"})
    known = recovered_request(engine, find_platform(engine, asked.name), asked.image_prefix, silent, print)
    assert known == secure
    set_up(engine, secure, silent, resource_check=UNCHECKED)
    _remove(engine, asked.name, {"balancer"})
    assert upgrade(engine, asked.name, silent, build=False).missing == ("balancer",)
    with pytest.raises(InvalidInput, match=r"certificate\.pem cannot be read") as raised:
        set_up(engine, secure, silent, resource_check=UNCHECKED)
    assert "PEM" in raised.value.remedy
    for word, file in files.items():
        file.write_bytes(contents[word])
    set_up(engine, secure, silent, resource_check=UNCHECKED)
    assert platform_status(engine, asked.name, usage=False).well
