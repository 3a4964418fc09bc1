"""Containers on a real engine: made, started, looked at, and what is said when that cannot be."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Never

import pytest

from services.containers.engine.engine import Engine
from services.containers.model import (
    ContainerHealth,
    ContainerRole,
    ContainerSpec,
    ContainerState,
    Mount,
    Port,
    ResourceLimits,
    RestartPolicy,
)
from services.errors import (
    Cancelled,
    Conflict,
    InvalidInput,
    NotFound,
    RelevoError,
    StorageError,
    Unavailable,
)

Run = Callable[..., str]
Names = Callable[[str], str]
Checked = Callable[[str], str]


def test_a_container_is_what_its_spec_says(engine: Engine, run: Run, unique_name: Names) -> None:
    labels = {
        "relevo.platform": "p",
        "relevo.project": "wine",
        "relevo.version": "A",
        "relevo.role": "model",
    }
    identifier = run(
        "sleep inf", name=unique_name("whole"), labels=labels, environment={"COLOUR": "grün = green"},
        ports=(Port(8000, host_address="127.0.0.1"),), restart=RestartPolicy.UNLESS_STOPPED,
        limits=ResourceLimits(memory=64 << 20, processors=0.5, processes=50), user="1000",
        working_folder="/tmp",
    )  # fmt: skip
    found = engine.container(identifier)
    assert found == engine.container(unique_name("whole"))
    assert found in engine.containers()
    assert (found.state, found.health, found.exit_code) == (
        ContainerState.RUNNING,
        ContainerHealth.NONE,
        None,
    )
    assert (found.platform, found.project, found.version, found.role) == (
        "p",
        "wine",
        "A",
        ContainerRole.MODEL,
    )
    assert found.started is not None
    assert found.finished is None
    (port,) = found.ports
    assert (port.container_port, port.host_address) == (8000, "127.0.0.1")
    assert port.host_port > 0
    host = engine.inspect(identifier)["HostConfig"]
    assert (host["Memory"], host["NanoCpus"], host["PidsLimit"]) == (64 << 20, 500_000_000, 50)
    assert engine.execute(identifier, ["sh", "-c", "id -u; pwd; echo $COLOUR"]) == (
        0, "1000\n/tmp\ngrün = green\n",
    )  # fmt: skip


def test_states_follow_what_is_done(engine: Engine, run: Run, unique_name: Names) -> None:
    identifier = run("sleep inf")
    engine.pause(identifier)
    assert engine.container(identifier).state is ContainerState.PAUSED
    engine.unpause(identifier)
    engine.kill(identifier)
    ended = engine.container(identifier)
    assert (ended.state, ended.exit_code) == (ContainerState.EXITED, 137)
    assert ended.finished is not None
    engine.start(identifier)
    engine.restart(identifier, 1)
    assert engine.container(identifier).state is ContainerState.RUNNING
    engine.stop(identifier, 1)
    assert engine.container(identifier).state is ContainerState.EXITED
    engine.rename(identifier, unique_name("renamed"))
    assert engine.container(identifier).name == unique_name("renamed")
    engine.remove(identifier)
    assert engine.find_container(identifier) is None


def test_a_port_taken_by_a_container_names_it(engine: Engine, run: Run, unique_name: Names) -> None:
    holder = run("sleep inf", name=unique_name("holder"), ports=(Port(80, host_address="127.0.0.1"),))
    port = engine.container(holder).ports[0].host_port
    with pytest.raises(Conflict, match=f"Port {port} is taken by the container {unique_name('holder')}"):
        run("sleep inf", name=unique_name("late"), ports=(Port(80, port, "127.0.0.1"),))
    assert engine.find_container(unique_name("late")) is None


def test_a_port_taken_by_something_else_is_told(engine: Engine, run: Run, unique_name: Names) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(Conflict, match=f"Port {port} is taken on the engine's machine"):
            run("sleep inf", name=unique_name("late"), ports=(Port(80, port, "127.0.0.1"),))
    assert engine.find_container(unique_name("late")) is None


def test_a_missing_image_is_told_with_what_to_do(engine: Engine, unique_name: Names) -> None:
    with pytest.raises(NotFound, match=f"No such image: {unique_name('none')}:1") as caught:
        engine.run(ContainerSpec(unique_name("c"), f"{unique_name('none')}:1"))
    assert caught.value.remedy == "Build or pull the image first, or correct its name and tag."


def test_a_container_that_cannot_be_started_is_not_left_behind(
    engine: Engine, run: Run, unique_name: Names
) -> None:
    with pytest.raises(InvalidInput, match="could not be started: Unable to find user nobody-knows"):
        run(name=unique_name("c"), user="nobody-knows")
    assert engine.find_container(unique_name("c")) is None


def test_a_name_that_is_taken_is_a_conflict(run: Run, unique_name: Names) -> None:
    run("sleep inf", name=unique_name("twice"))
    with pytest.raises(Conflict, match=f"A container named {unique_name('twice')} exists already"):
        run("sleep inf", name=unique_name("twice"))


@pytest.mark.parametrize(
    "name", ["", "a b", "../images", "ñandú", "-a", "a/b", "a\nb", ".", "a?x=1", "%2e"]
)
def test_odd_names_are_refused_before_they_reach_the_engine(engine: Engine, run: Run, name: str) -> None:
    for attempt in (
        lambda: run(name=name), lambda: engine.container(name), lambda: engine.remove(name, force=True),
        lambda: engine.logs(name, 1), lambda: engine.execute(name, ["true"]), lambda: engine.inspect(name),
    ):  # fmt: skip
        with pytest.raises(InvalidInput, match="cannot be the name of a container"):
            attempt()


def test_a_container_that_is_not_there_is_not_found(engine: Engine, unique_name: Names) -> None:
    for attempt in (engine.container, engine.start, engine.kill, engine.remove, engine.inspect):
        with pytest.raises(NotFound, match=f"No such container: {unique_name('none')}"):
            attempt(unique_name("none"))


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ({"ports": (Port(0),)}, "0 is not a port"),
        ({"ports": (Port(80, 70_000),)}, "70000 is not a port"),
        ({"limits": ResourceLimits(memory=1000)}, "too small"),
        ({"environment": {"A=B": "1"}}, "cannot be the name of a variable"),
        ({"mounts": (Mount("/data", "/no/such/folder", folder=True),)}, "does not exist"),
        ({"limits": ResourceLimits(processors=1000.0)}, "CPUs"),
    ],
)
def test_a_spec_that_cannot_be_is_told_and_leaves_nothing(
    engine: Engine, run: Run, unique_name: Names, what: dict[str, object], words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        run(name=unique_name("wrong"), **what)
    assert engine.find_container(unique_name("wrong")) is None


def test_folders_and_volumes_are_mounted(
    engine: Engine, run: Run, unique_name: Names, tmp_path: Path
) -> None:
    engine.ensure_volume(unique_name("kept"), {})
    mounts = (
        Mount("/folder", str(tmp_path), folder=True),
        Mount("/kept", unique_name("kept")),
        Mount("/fixed", str(tmp_path), folder=True, read_only=True),
    )
    identifier = run("sleep inf", mounts=mounts)
    script = "echo a > /folder/a; echo b > /kept/b; echo c > /fixed/c"
    code, words = engine.execute(identifier, ["sh", "-c", script])
    assert (tmp_path / "a").read_text() == "a\n"
    assert (code, "Read-only file system" in words) == (1, True)
    engine.remove(identifier, force=True, volumes=True)
    again = run("cat /kept/b", mounts=mounts[1:2])
    wait_for_end(engine, again)
    assert [line.text for line in engine.logs(again, 5)] == ["b"]
    engine.remove(again, force=True)
    engine.remove_volume(unique_name("kept"))


def wait_for_end(engine: Engine, identifier: str) -> None:
    """Until it has exited."""
    with engine.connection.client() as client:
        client.wait(identifier)


def test_a_disk_that_is_full_is_told_as_such(engine: Engine, run: Run, unique_name: Names) -> None:
    small = {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}
    with engine.connection.client() as client:
        client.create_volume(unique_name("full"), driver="local", driver_opts=small)
    identifier = run(mounts=(Mount("/full", unique_name("full")),))
    with pytest.raises(StorageError, match="The disk of the Docker Engine is full"):
        engine.put_files(identifier, "/full", {"large": bytes(3_000_000)})
    engine.remove(identifier, force=True)
    engine.remove_volume(unique_name("full"))


def test_secrets_are_masked_where_a_container_is_shown(engine: Engine, run: Run) -> None:
    secret = {"RELEVO_SECRET": "s3cret", "DB_PASSWORD": "s3cret", "API_TOKEN": "s3cret", "COLOUR": "green"}
    identifier = run("sleep inf", environment=secret)
    shown = engine.inspect(identifier)
    assert "s3cret" not in str(shown)
    assert "COLOUR=green" in shown["Config"]["Env"]
    assert secret.items() <= engine.environment(identifier).items()


def test_waiting_ends_when_the_health_check_says_so(engine: Engine, run: Run, checked: Checked) -> None:
    identifier = run(image=checked("test -e /tmp/ready"))
    waited = threading.Event()
    checks: list[None] = []

    def check() -> None:
        checks.append(None)
        if len(checks) == 3:
            assert engine.container(identifier).health is ContainerHealth.STARTING
            engine.execute(identifier, ["touch", "/tmp/ready"])
            waited.set()

    engine.wait_healthy(identifier, 30, check)
    assert waited.is_set()
    assert engine.container(identifier).health is ContainerHealth.HEALTHY


def test_waiting_for_one_that_is_never_healthy_tells_its_last_words(
    engine: Engine, run: Run, checked: Checked
) -> None:
    identifier = run("echo begun; sleep inf", image=checked("false"))
    with pytest.raises(Unavailable, match="was not healthy within 1 s") as caught:
        engine.wait_healthy(identifier, 1)
    assert caught.value.details == "begun"


def test_waiting_for_one_that_ends_tells_at_once_what_it_said(engine: Engine, run: Run) -> None:
    identifier = run("echo no such table >&2; exit 3")
    wait_for_end(engine, identifier)
    with pytest.raises(Unavailable, match="ended with exit code 3") as caught:
        engine.wait_healthy(identifier, 60)
    assert caught.value.details == "no such table"


def test_waiting_for_one_that_ends_again_and_again_does_not_take_the_whole_time(
    engine: Engine, run: Run, checked: Checked
) -> None:
    script = "echo no table; exit 4"
    identifier = run(script, image=checked("false"), restart=RestartPolicy.ALWAYS)
    with pytest.raises(Unavailable, match="ends again and again") as caught:
        engine.wait_healthy(identifier, 100)
    assert "no table" in caught.value.details


def test_waiting_can_be_cancelled(engine: Engine, run: Run, checked: Checked) -> None:
    identifier = run(image=checked("false"))

    def check() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        engine.wait_healthy(identifier, 60, check)


def test_many_remove_one_container_at_once(engine: Engine, run: Run) -> None:
    identifier = run("sleep inf")
    failures: list[RelevoError] = []

    def remove() -> None:
        try:
            engine.remove(identifier, force=True)
        except NotFound:
            return  # the others were faster
        except RelevoError as error:
            failures.append(error)

    threads = [threading.Thread(target=remove) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert engine.find_container(identifier) is None


def test_a_command_inside_gets_its_input_and_gives_its_output_and_code(engine: Engine, run: Run) -> None:
    identifier = run("sleep inf")
    script = "cat; echo $WORD >&2; exit 7"
    assert engine.execute(identifier, ["sh", "-c", script], {"WORD": "word"}, b"given\n") == (
        7,
        "given\nword\n",
    )
    assert engine.execute(identifier, ["true"]) == (0, "")


def test_a_command_that_writes_while_it_reads_does_not_wait_for_itself(engine: Engine, run: Run) -> None:
    content = b"0123456789abcdef\n" * 500_000
    assert engine.execute(run("sleep inf"), ["cat"], given=content) == (0, content.decode())


def test_a_command_that_does_not_read_its_input_ends_all_the_same(engine: Engine, run: Run) -> None:
    assert engine.execute(run("sleep inf"), ["echo", "done"], given=b"x" * 5_000_000) == (0, "done\n")


def test_a_command_in_a_container_that_does_not_run_is_refused(engine: Engine, run: Run) -> None:
    identifier = run("true")
    wait_for_end(engine, identifier)
    with pytest.raises(Conflict, match="is not running"):
        engine.execute(identifier, ["true"])


def test_files_go_in_and_come_out_before_a_container_was_started(
    engine: Engine, small_image: str, unique_name: Names
) -> None:
    identifier = engine.create(ContainerSpec(unique_name("files"), small_image, ("true",)))
    try:
        engine.put_files(identifier, "/tmp", {"a.txt": b"one", "sub/b.bin": bytes(range(256))}, mode=0o600)
        assert engine.read_file(identifier, "/tmp/a.txt") == b"one"
        assert engine.read_file(identifier, "/tmp/sub/b.bin") == bytes(range(256))
        with pytest.raises(NotFound):
            engine.read_file(identifier, "/tmp/none")
        with pytest.raises(InvalidInput, match="is not a file"):
            engine.read_file(identifier, "/tmp")
        with pytest.raises(NotFound):
            engine.put_files(identifier, "/none", {"a": b""})
    finally:
        engine.remove(identifier)


def test_a_folder_goes_out_and_into_another_container_with_owners_and_modes(
    engine: Engine, run: Run
) -> None:
    one, other = run("sleep inf"), run("sleep inf")
    engine.put_files(one, "/tmp", {"kept/a": b"a" * 3_000_000}, mode=0o640, user=7, group=8)
    parts: list[bytes] = []
    engine.copy_out(one, "/tmp/kept", parts.append)
    assert len(parts) > 1
    packed = gzip.compress(b"".join(parts))
    engine.copy_in(other, "/tmp", (packed[at : at + 1000] for at in range(0, len(packed), 1000)))
    assert engine.read_file(other, "/tmp/kept/a") == b"a" * 3_000_000
    assert engine.execute(other, ["stat", "-c", "%a %u %g", "/tmp/kept/a"]) == (0, "640 7 8\n")


def test_what_cannot_be_copied_is_told_and_what_stops_a_copy_is_raised(engine: Engine, run: Run) -> None:
    identifier = run("sleep inf")

    def stop(*_: object) -> Never:
        raise Cancelled

    def broken_off() -> Iterator[bytes]:
        yield gzip.compress(bytes(100_000))[:50]
        raise Cancelled

    with pytest.raises(Unavailable, match="Copying /tmp ended with an error") as failed:
        engine.copy_out(identifier, "/tmp/none", lambda _part: None)
    assert "none" in failed.value.details
    with pytest.raises(Unavailable, match="Copying /tmp ended with an error"):
        engine.copy_in(identifier, "/tmp", [b"no archive"])
    with pytest.raises(Cancelled):
        engine.copy_out(identifier, "/bin", stop)
    with pytest.raises(Cancelled):
        engine.copy_in(identifier, "/tmp", broken_off())
