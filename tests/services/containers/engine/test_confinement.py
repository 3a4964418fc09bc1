"""What a container may not do, on a real engine."""

import re
from collections.abc import Callable

import pytest

from services.containers.container_spec import MOST_PROCESSES, container_spec
from services.containers.engine.engine import Engine
from services.containers.engine.log_rotation import LOG_ROTATION
from services.containers.interface import ServiceSpec
from services.containers.model import ContainerSpec, RestartPolicy
from tests.waiting import eventually

pytestmark = [pytest.mark.docker, pytest.mark.slow]


@pytest.fixture
def said(engine: Engine) -> Callable[[ContainerSpec], str]:
    """What a container says of itself until it ends."""

    def run_to_end(spec: ContainerSpec) -> str:
        identifier = engine.run(spec)
        try:
            eventually(lambda: engine.container(identifier).exit_code is not None)
            return "\n".join(line.text for line in engine.logs(identifier, 100))
        finally:
            engine.remove(identifier, force=True)

    return run_to_end


@pytest.mark.parametrize("is_unprivileged", [True, False])
def test_an_unprivileged_container_has_no_capability_and_gets_none_back(
    said: Callable[[ContainerSpec], str], small_image: str, unique_name: Callable[[str], str],
    is_unprivileged: bool,
) -> None:  # fmt: skip
    told = said(
        ContainerSpec(
            unique_name("confined"), small_image, ("cat", "/proc/self/status"),
            restart=RestartPolicy.NEVER, is_unprivileged=is_unprivileged,
        )
    )  # fmt: skip
    status = dict(re.findall(r"^(\w+):\s*(.*)$", told, re.MULTILINE))
    bounds = [int(status[name], 16) for name in ("CapBnd", "CapPrm", "CapEff")]
    assert (status["NoNewPrivs"] == "1") is is_unprivileged
    assert (bounds == [0, 0, 0]) is is_unprivileged


def test_a_service_is_unprivileged_and_bounded_in_processes_and_log(
    engine: Engine, small_image: str, unique_name: Callable[[str], str]
) -> None:
    service = ServiceSpec("one", ("sleep", "inf"), image=small_image, restart=RestartPolicy.NEVER)
    spec = container_spec(
        service, platform="p", name=unique_name("service"), network="", endpoint="", environment={}
    )
    identifier = engine.run(spec)
    try:
        host = engine.inspect(identifier)["HostConfig"]
    finally:
        engine.remove(identifier, force=True)
    assert (host["CapDrop"], host["SecurityOpt"]) == (["ALL"], ["no-new-privileges"])
    assert host["PidsLimit"] == MOST_PROCESSES
    assert host["LogConfig"]["Config"] == dict(LOG_ROTATION)
