"""What every test gets: leaks fail it, and the end of a run says what was not tested and why.

And what several folders share: a real Cassandra, a real Docker Engine, and a small image on it.
"""

import gc
import io
import os
import secrets
import shutil
import socket
import subprocess
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import psutil
import pytest

from tests import workers
from tests.waiting import eventually

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling

    from services.containers.engine.engine import Engine
    from services.store.addresses import CassandraAddress

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# Threads of libraries that live as long as the process does and belong to no test.
_LASTING_THREADS = ("loky", "QThread", "Dummy", "pyqtgraph", "execnet", "pytest_timeout", "tqdm")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> "LoadScopeScheduling":
    """Groups of files instead of single tests: see `workers`."""
    return workers.scheduler(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first where several workers share them."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        workers.sort_for_workers(items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Collect what a test with widgets leaves, on this thread: see `app.gui_thread_gc`."""
    if "qapp" not in getattr(item, "fixturenames", ()):
        return (yield)
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.enable()


@pytest.fixture(autouse=True)
def nothing_is_left_running(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread or a process behind."""
    threads_before = set(threading.enumerate())
    processes_before = set(_children())
    restarts = request.node.get_closest_marker("restarts") is not None
    yield
    processes = None if restarts else processes_before
    eventually(
        lambda: not _left(threads_before, processes), 5, seen=lambda: _left(threads_before, processes)
    )


def _children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def _left(threads_before: set[threading.Thread], processes_before: set[psutil.Process] | None) -> list[str]:
    threads = [
        f"thread {thread.name}"
        for thread in set(threading.enumerate()) - threads_before
        if thread.is_alive() and not thread.name.startswith(_LASTING_THREADS)
    ]
    if processes_before is None:
        return threads
    processes = [
        f"process {process.pid}"
        for process in set(_children()) - processes_before
        if process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    ]
    return threads + processes


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name, in the last lines, each reason for which something was not tested."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason.removeprefix("Skipped: ")] = reasons.get(reason.removeprefix("Skipped: "), 0) + 1
    if reasons:
        terminalreporter.section("not tested, and why")
        for reason, count in sorted(reasons.items()):
            terminalreporter.line(f"{count} tests: {reason}")


def not_there(reason: str) -> NoReturn:
    """Skip, saying why; fail where real servers are required."""
    if os.environ.get("RELEVO_REQUIRE_SERVERS"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> workers.Once:
    """What is made once in a run, whatever the number of workers."""
    return workers.Once(workers.shared_folder(tmp_path_factory))


@pytest.fixture(scope="session")
def cassandra_server() -> tuple[str, int]:
    """Host and port of a real server."""
    host, _, port = os.environ.get("RELEVO_TEST_CASSANDRA", "").rpartition(":")
    if not host:
        not_there("no Cassandra: set RELEVO_TEST_CASSANDRA=host:port (`.ci/cassandra start` runs one)")
    return host, int(port)


@pytest.fixture(scope="session")
def fresh_keyspaces(
    cassandra_server: tuple[str, int],
) -> Callable[[], AbstractContextManager["CassandraAddress"]]:
    """Gives addresses on the real server with keyspaces of their own, which are dropped afterwards."""
    from services.store.addresses import CassandraAddress
    from services.store.cassandra import CassandraStore

    host, port = cassandra_server

    @contextmanager
    def fresh() -> Iterator[CassandraAddress]:
        address = CassandraAddress((host,), port, keyspace_prefix=f"t{secrets.token_hex(4)}_")
        yield address
        store = CassandraStore(address)
        for keyspace in (store._session.live, store._session.historical):
            store._session.define(f"DROP KEYSPACE IF EXISTS {keyspace}")
        store.close()

    return fresh


@pytest.fixture
def no_keyring() -> Iterator[None]:
    """Whatever keyring this system has is left alone: passwords last as long as the test."""
    import keyring
    from keyring.backends.fail import Keyring as NoKeyring

    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture(scope="session")
def engine() -> Iterator["Engine"]:
    """The Docker Engine of this machine; what a test makes there, it names and removes."""
    from services.containers.addresses import LocalEngine
    from services.containers.engine.engine import open_engine
    from services.errors import RelevoError

    try:
        opened = open_engine(LocalEngine())
    except RelevoError as error:
        not_there(f"no Docker Engine: {error}")
    with opened:
        yield opened


@pytest.fixture(scope="session")
def built_images(engine: "Engine", once: workers.Once) -> Callable[[str], str]:
    """From the name of one of Relevo's images to its reference; built when it is first asked for."""
    from services.images.builds import build_images

    def built_image(name: str) -> str:
        def build(folder: Path) -> None:
            made = build_images(engine, [name], lambda *_: None, lambda _: None)
            (folder / "reference").write_text(made[name])

        return (once.made(f"image-{name}", build) / "reference").read_text()

    return built_image


@pytest.fixture(scope="session")
def swarm_engine(engine: "Engine") -> Iterator["Engine"]:
    """The same engine as the manager of a Swarm; one that was none before is none afterwards."""
    from services.containers.model import SwarmState

    if engine.info().swarm is SwarmState.MANAGER:
        yield engine
        return
    with engine.connection.client() as client:
        client.init_swarm(advertise_addr="127.0.0.1")
    yield engine
    with engine.connection.client() as client:
        client.leave_swarm(force=True)


@pytest.fixture(scope="session")
def unique_name() -> Callable[[str], str]:
    """From a word to a name that nothing else on the engine has."""
    mark = secrets.token_hex(4)
    return lambda word: f"relevo-test-{mark}-{word}"


@pytest.fixture(scope="session")
def small_image(engine: "Engine", unique_name: Callable[[str], str]) -> Iterator[str]:
    """An image of some MB with a shell and the usual small tools, under a name of its own."""
    busybox = shutil.which("busybox")
    if busybox is None:
        not_there("no busybox, of which the test image is made (Debian: busybox-static)")
    tools = subprocess.run([busybox, "--list"], check=True, capture_output=True, text=True).stdout.split()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for folder in ("bin", "tmp", "etc", "root"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            archive.addfile(entry)
        archive.add(busybox, "bin/busybox")
        for tool in tools:
            if tool != "busybox":
                entry = tarfile.TarInfo(f"bin/{tool}")
                entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
                archive.addfile(entry)
    name = f"{unique_name('small')}:1"
    repository, tag = name.split(":")
    with engine.connection.client() as client:
        client.import_image_from_data(packed.getvalue(), repository=repository, tag=tag)
    yield name
    engine.remove_image(name, force=True)


@pytest.fixture(scope="session")
def examples_in(once: workers.Once) -> Callable[[Path], None]:
    """Puts the example projects, data and trained deploy folders, into a folder; trained once a run."""

    def put(folder: Path) -> None:
        from services.publish.demo.example_projects import train_examples

        trained = once.made("examples", lambda made: train_examples(made, lambda _done, _text: None))
        shutil.copytree(trained, folder, dirs_exist_ok=True)

    return put


@pytest.fixture(scope="session")
def free_ports() -> Callable[[int], list[int]]:
    """Ports of 127.0.0.1 on which nothing listens."""

    def found(count: int) -> list[int]:
        held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
        ports = [one.getsockname()[1] for one in held]
        for one in held:
            one.close()
        return ports

    return found


@pytest.fixture(scope="session")
def remove_platform() -> Callable[["Engine", str], None]:
    """Removes everything that carries a platform's label; its images stay."""
    from services.containers.kinds import orchestrator_on
    from services.platform.discovery import find_platform

    def remove(engine: "Engine", name: str) -> None:
        found = find_platform(engine, name)
        if (orchestrator := orchestrator_on(engine)) is not None:
            orchestrator.remove(name, lambda *_: None, models=True)
        containers = [
            *found.parts.values(),
            *found.replaced.values(),
            *found.one_off_containers,
            *found.others,
        ]
        for container in [*containers, *([found.state_container] if found.state_container else [])]:
            if container.orchestrated:
                continue
            engine.remove(container.identifier, force=True, volumes=True)
        for volume in found.volumes:
            engine.remove_volume(volume)
        engine.remove_network(name)

    return remove


@pytest.fixture(scope="session")
def private_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str]]:
    """An image registry that lets one user in: its address, the user and the password."""
    program, hashing = shutil.which("docker-registry"), shutil.which("htpasswd")
    if program is None or hashing is None:
        pytest.skip("no image registry (Debian: docker-registry, apache2-utils)")
    user, password = "team", "p4ss:wörd"
    folder = tmp_path_factory.mktemp("registry")
    hashed = subprocess.run(
        [hashing, "-niB", user], input=password.encode(), capture_output=True, check=True
    )
    (folder / "users").write_bytes(hashed.stdout)
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    (folder / "settings.yml").write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {folder}/data}}}}\n"
        f"http: {{addr: '127.0.0.1:{port}'}}\n"
        f"auth: {{htpasswd: {{realm: team, path: {folder}/users}}}}\nlog: {{level: error}}\n"
    )
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        [program, "serve", str(folder / "settings.yml")], stdout=quiet, stderr=quiet
    ) as run:
        eventually(lambda: _listens(port), 15, seen=lambda: "the registry did not start")
        yield f"127.0.0.1:{port}", user, password
        run.terminate()


@pytest.fixture
def signed_in_engine(engine: "Engine", private_registry: tuple[str, str, str]) -> Iterator["Engine"]:
    """The same engine, with the user and password of that registry known."""
    from services.containers.engine.engine import open_engine
    from services.containers.model import Credentials

    registry, user, password = private_registry
    known = {registry: Credentials(user, password)}
    with open_engine(engine.address, credentials=known.get) as opened:
        yield opened


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
