"""An embedded platform in a folder: its store, its secrets, its processes, or another owner's."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from services.containers.interface import Instance, Runtime, ServiceSpec, service_name
from services.containers.local.log_files import last_lines
from services.containers.local.runtime import LocalRuntime
from services.errors import StorageError, Unavailable
from services.profiles.ownership import Ownership
from services.profiles.workspace_tokens import read_or_make_tokens
from services.registry.model import Mode
from services.registry.tokens import service_token
from services.store.addresses import SqliteAddress
from services.store.connect import open_store
from services.store.interface import Store

_START_SECONDS = 60.0
_LOOK_SECONDS = 1.0
Progress = Callable[[float, str], None]


class _Published(msgspec.Struct, frozen=True):
    """What an owner tells those that attach."""

    gateway_address: str
    instances: list[Instance] = []


class EmbeddedPlatform:
    """An open workspace; owns its processes, or follows those of the owner and takes over from it.

    Attributes:
        folder: the workspace.
        store_address: for `open_store`.
        secrets: the platform's secret and tokens.
    """

    def __init__(self, folder: Path, progress: Progress) -> None:
        self.folder = folder
        self.store_address = SqliteAddress(str(folder))
        self._store = _open(folder, self.store_address)
        self.secrets = read_or_make_tokens(folder)
        known = {token.digest for token in self._store.tokens()}
        for row in self.secrets.rows():
            if row.digest not in known:
                self._store.add_token(row)
        self._ownership = Ownership(folder / "owner.lock")
        self._lock = threading.Lock()
        self._runtime: Runtime | None = None
        self._published = _Published("")
        self._closing = threading.Event()
        self._become_owner_or_attach(progress)
        self._thread = threading.Thread(target=self._watch, name="workspace-watch", daemon=True)
        self._thread.start()

    @property
    def gateway_address(self) -> str:
        """`http://127.0.0.1:PORT`; may change when another owner takes over."""
        with self._lock:
            return self._published.gateway_address

    @property
    def admin_token(self) -> str:
        """The token of this workspace's window."""
        return self.secrets.admin

    @property
    def client_token(self) -> str:
        """A token for this workspace's clients."""
        return self.secrets.client

    @property
    def owner(self) -> bool:
        """Whether the processes are this one's children."""
        return self._ownership.held

    def state(self) -> list[Instance]:
        """How each service is, by name."""
        with self._lock:
            runtime = self._runtime
            return runtime.instances() if runtime else list(self._published.instances)

    def serve(self, folder: Path, project: str, version: str) -> bool:
        """Start a version's service, or start it anew, if that is its deploy folder in the workspace.

        Returns:
            Whether it is.

        Raises:
            Unavailable: it is, but another window owns the services.
        """
        if folder.resolve() != self._deploy_folder(project, version):
            return False
        name = service_name(project, version)
        if name in {instance.name for instance in self._own_runtime().instances()}:
            self.restart(name)
        else:
            self.start_version(project, version)
        return True

    def start_version(self, project: str, version: str) -> None:
        """Start a version's model service from its deploy folder in the workspace; only the owner can."""
        runtime = self._own_runtime()
        deploy = self._deploy_folder(project, version)
        runtime.launch(
            ServiceSpec(
                name=service_name(project, version),
                command=(
                    "serve",
                    str(deploy),
                    "--gateway",
                    self.gateway_address,
                    "--held",
                ),
                environment={"RELEVO_TOKEN": service_token(self.secrets.secret, project, version)},
                project=project,
                version=version,
            )
        )

    def wait_for_address(self, name: str, seconds: float) -> str:
        """A service's address once it listens; Unavailable, with its last words, if it does not."""
        return self._own_runtime().wait_for_address(name, seconds)

    def restart(self, name: str) -> None:
        """Restart one service; only the owner can."""
        self._own_runtime().restart(name)

    def logs(self, name: str, lines: int = 200) -> str:
        """The last lines of a service's log."""
        return last_lines(self.folder / "logs" / f"{name}.log", lines)

    def close(self) -> None:
        """Stop what this process started and give the workspace up; a second time does nothing."""
        self._closing.set()
        self._thread.join()
        with self._lock:
            runtime, self._runtime = self._runtime, None
        if runtime is not None:
            runtime.close()
            (self.folder / "processes.json").unlink(missing_ok=True)
        self._ownership.release()
        self._store.close()

    def _deploy_folder(self, project: str, version: str) -> Path:
        return self.folder / "deploy" / project / version

    def _own_runtime(self) -> Runtime:
        with self._lock:
            runtime = self._runtime
        if runtime is None:
            raise Unavailable("another window owns this workspace's services", remedy="Do it there.")
        return runtime

    def _become_owner_or_attach(self, progress: Progress) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._ownership.acquire():
            published = _read_published(self.folder)
            if published is not None and _answers(published.gateway_address):
                with self._lock:
                    self._published = published
                return
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"another process owns {self.folder} but its gateway does not answer",
                    remedy="Close the other window of this workspace, then try again.",
                )
            progress(0.1, "Waiting for the window that owns this workspace")
            self._closing.wait(_LOOK_SECONDS / 4)
        self._start(progress)

    def _start(self, progress: Progress) -> None:
        runtime = LocalRuntime(self.folder / "logs", {"RELEVO_SECRET": self.secrets.secret})
        try:
            self._start_services(runtime, progress)
        except BaseException:
            runtime.close()
            self._ownership.release()
            raise

    def _start_services(self, runtime: LocalRuntime, progress: Progress) -> None:
        store = ("--store", f"sqlite:{self.folder}")
        port = _preferred_port(self.folder)
        progress(0.2, "Starting the gateway")
        gateway = ("gateway", *store, "--spool", str(self.folder / "spool"), "--port", str(port), "--held")
        runtime.launch(ServiceSpec("gateway", gateway))
        runtime.launch(ServiceSpec("supervisor", ("supervisor", *store, "--held"), listens=False))
        address = runtime.wait_for_address("gateway", _START_SECONDS)
        with self._lock:
            self._runtime = runtime
            self._published = _Published(address)
        for number, (project, version) in enumerate(startable := self._startable(), start=1):
            progress(0.3 + 0.6 * number / len(startable), f"Starting {project} {version}")
            self.start_version(project, version)
        self._publish()
        progress(1.0, "Started")

    def _startable(self) -> list[tuple[str, str]]:
        """Versions in production whose deploy folder lies in the workspace."""
        found = []
        for name in self._store.projects():
            project = self._store.project(name)
            for version in project.versions if project else ():
                folder = self._deploy_folder(name, version.name)
                if version.mode is not Mode.RETIRED and (folder / "model.json").exists():
                    found.append((name, version.name))
        return found

    def _watch(self) -> None:
        """As owner, tell the others what runs; as a guest, take over when the owner is gone."""
        while not self._closing.wait(_LOOK_SECONDS):
            if self.owner:
                self._publish()
            elif self._ownership.acquire():
                with self._lock:
                    self._published = _Published(self._published.gateway_address)
                with contextlib.suppress(Unavailable):
                    self._start(lambda _fraction, _text: None)
            elif (published := _read_published(self.folder)) is not None:
                with self._lock:
                    self._published = published

    def _publish(self) -> None:
        with self._lock:
            runtime = self._runtime
            if runtime is None:
                return
            self._published = _Published(self._published.gateway_address, runtime.instances())
            content = msgspec.json.encode(self._published)
        file = self.folder / "processes.json"
        if not file.exists() or file.read_bytes() != content:
            draft = file.with_suffix(".draft")
            draft.write_bytes(content)
            draft.replace(file)


class Workspace:
    """Where embedded platforms are opened."""

    @staticmethod
    def open(folder: Path, progress: Progress = lambda _fraction, _text: None) -> EmbeddedPlatform:
        """Open a workspace, making it if need be; takes a few seconds.

        Raises:
            StorageError: the folder cannot be written.
            Unavailable: its services did not start, or another owner's do not answer.
        """
        try:
            # For its owner alone; a folder that exists stays as it is.
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"the workspace {folder} cannot be made: {error.strerror}",
                remedy="Choose a folder on a disk with space that you may write to.",
            ) from error
        progress(0.05, "Opening the store")
        return EmbeddedPlatform(folder.resolve(), progress)


def _open(folder: Path, address: SqliteAddress) -> Store:
    (folder / "spool").mkdir(mode=0o700, exist_ok=True)
    return open_store(address)


def _preferred_port(folder: Path) -> int:
    """The port that the gateway had before, so that clients find it again; a free one otherwise."""
    file = folder / "gateway.port"
    port = int(file.read_text()) if file.exists() and file.read_text().isdecimal() else 0
    for wanted in (port, 0):
        # As the gateway itself will: a port that is only cooling down counts as free.
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", wanted)) as probe:
            port = int(probe.getsockname()[1])
            break
    file.write_text(str(port))
    return port


def _answers(address: str) -> bool:
    host, _, port = address.removeprefix("http://").rpartition(":")
    with contextlib.suppress(OSError, ValueError), socket.create_connection((host, int(port)), 1.0):
        return True
    return False


def _read_published(folder: Path) -> _Published | None:
    file = folder / "processes.json"
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Published)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
