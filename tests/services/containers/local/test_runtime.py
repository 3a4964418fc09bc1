"""Local processes: announced, restarted, logged, ended with their parent."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from services.containers.interface import Instance, ServiceSpec, ServiceState
from services.containers.local.runtime import LocalRuntime
from services.errors import Conflict, NotFound, Unavailable
from tests.waiting import eventually

SERVICE = """
import sys, os
print("hello from", os.environ["SECRET_WORD"], file=sys.stderr, flush=True)
print('{"address": "http://127.0.0.1:1"}', flush=True)
from services.containers.parent_watch import watch_parent
watch_parent(lambda: os._exit(0)).join()
"""
SILENT = "import sys; print('no room on the moon', file=sys.stderr); sys.exit(3)"


def _program(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[LocalRuntime]:
    made = LocalRuntime(tmp_path / "logs", {"SECRET_WORD": "plum"}, _program)
    yield made
    made.close()


def _only(runtime: LocalRuntime) -> Instance:
    (instance,) = runtime.instances()
    return instance


def test_a_service_is_running_once_it_has_announced_its_address(runtime: LocalRuntime) -> None:
    runtime.launch(ServiceSpec("one", (SERVICE,), project="wine", version="A"))
    assert runtime.wait_for_address("one", 20) == "http://127.0.0.1:1"
    instance = _only(runtime)
    assert (instance.state, instance.project, instance.version) == (ServiceState.RUNNING, "wine", "A")


def test_a_service_that_does_not_listen_is_running_once_it_is_started(runtime: LocalRuntime) -> None:
    runtime.launch(ServiceSpec("one", (SERVICE.replace("print('{", "str('{"),), listens=False))
    eventually(lambda: _only(runtime).state is ServiceState.RUNNING)


def test_a_killed_service_comes_back_and_its_restart_is_counted(runtime: LocalRuntime) -> None:
    runtime.launch(ServiceSpec("one", (SERVICE,)))
    runtime.wait_for_address("one", 20)
    first = _only(runtime).process
    psutil.Process(first).kill()
    eventually(lambda: _only(runtime).state is ServiceState.RUNNING and _only(runtime).process != first)
    assert _only(runtime).restarts == 1


def test_a_service_that_does_not_start_in_time_tells_its_last_words(runtime: LocalRuntime) -> None:
    runtime.launch(ServiceSpec("one", (SILENT,)))
    eventually(lambda: _only(runtime).restarts > 0)
    with pytest.raises(Unavailable, match="within") as caught:
        runtime.wait_for_address("one", 0.0)
    assert "no room on the moon" in caught.value.details
    assert "exit code 3" in _only(runtime).message


def test_a_service_that_ends_again_and_again_is_given_up_long_before_the_time_is_over(
    runtime: LocalRuntime,
) -> None:
    runtime.launch(ServiceSpec("one", (SILENT,)))
    with pytest.raises(Unavailable, match="ended 3 times before it listened") as caught:
        runtime.wait_for_address("one", 3600)
    assert "no room on the moon" in caught.value.details


def test_a_service_that_starts_at_the_second_try_is_waited_for(
    runtime: LocalRuntime, tmp_path: Path
) -> None:
    once = f"import pathlib, sys; mark = pathlib.Path({str(tmp_path / 'mark')!r})\n"
    once += "if not mark.exists(): mark.touch(); sys.exit(3)\n"
    runtime.launch(ServiceSpec("one", (once + SERVICE,)))
    assert runtime.wait_for_address("one", 60) == "http://127.0.0.1:1"
    assert _only(runtime).restarts == 1


def test_the_name_of_a_running_service_is_taken(runtime: LocalRuntime) -> None:
    runtime.launch(ServiceSpec("one", (SERVICE,)))
    with pytest.raises(Conflict):
        runtime.launch(ServiceSpec("one", (SERVICE,)))


def test_a_stopped_service_is_forgotten(runtime: LocalRuntime) -> None:
    runtime.launch(ServiceSpec("one", (SERVICE,)))
    runtime.wait_for_address("one", 20)
    runtime.stop("one")
    assert runtime.instances() == []
    with pytest.raises(NotFound):
        runtime.restart("one")


def test_restarting_gives_a_new_process(runtime: LocalRuntime) -> None:
    runtime.launch(ServiceSpec("one", (SERVICE,)))
    runtime.wait_for_address("one", 20)
    first = _only(runtime).process
    runtime.restart("one")
    eventually(lambda: _only(runtime).state is ServiceState.RUNNING and _only(runtime).process != first)


def test_services_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    parent_code = f"""
import sys
from pathlib import Path
from services.containers.interface import ServiceSpec
from services.containers.local.runtime import LocalRuntime
command = lambda code: [sys.executable, "-c", code]
runtime = LocalRuntime(Path({str(tmp_path)!r}), {{"SECRET_WORD": "plum"}}, command)
runtime.launch(ServiceSpec("one", ({SERVICE!r},)))
runtime.wait_for_address("one", 20)
print(runtime.instances()[0].process, flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(_program(parent_code), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    eventually(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
