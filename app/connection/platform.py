"""An open platform: its store, its registry's rules and its gateway, wired for one profile."""

import threading
from collections.abc import Callable
from pathlib import Path

from services.client import GatewayClient
from services.containers.interface import service_name
from services.errors import NotFound, RelevoError
from services.gateway.messages import Health as GatewayHealth
from services.profiles.profile import EmbeddedProfile, PlatformProfile, Profile
from services.profiles.secrets import Kind, Secrets
from services.profiles.workspace import EmbeddedPlatform, Workspace
from services.registry.service import Registry
from services.store.connect import open_store
from services.store.interface import Store

Progress = Callable[[float | None, str], None]
_LOG_LINES = 2000
STORE_NAMES = {"cassandra": "Cassandra", "sqlite": "SQLite"}


class SecretsNeeded(RelevoError):
    """Passwords or tokens of a profile have to be asked for.

    Args:
        kinds: which.
    """

    def __init__(self, profile: str, kinds: tuple[Kind, ...]) -> None:
        super().__init__(f"“{profile}” asks for a password", remedy="Sign in to go on.")
        self.kinds = kinds


class Platform:
    """What the pages work with; every method may block, and be called from several threads."""

    def __init__(self, profile: Profile, store: Store, gateway: GatewayClient) -> None:
        self.profile = profile
        self.store = store
        self.registry = Registry(store)
        self._gateway = gateway
        self._closed = threading.Event()

    @property
    def gateway(self) -> GatewayClient:
        """The client of this platform's gateway, with the administrator's token."""
        return self._gateway

    @property
    def store_name(self) -> str:
        """The store's product name, for the status bar."""
        return STORE_NAMES.get(self.store.kind, self.store.kind)

    def serve(self, folder: Path, project: str, version: str) -> bool:
        """Start a version's service, or start it anew, if this platform serves that folder; whether it did.

        Raises:
            Unavailable: it would, but another window owns its processes.
        """
        del folder, project, version
        return False

    def store_error(self) -> RelevoError | None:
        """Ask the store whether it answers: None if it does, else what is wrong."""
        return _error_of(self.store.ping)

    def gateway_health(self) -> GatewayHealth | RelevoError:
        """What the gateway says of itself and of all versions, or what is wrong with it."""
        try:
            return self.gateway.health()
        except RelevoError as error:
            return error

    def service_log(self, project: str, version: str) -> str:
        """The last lines that a version's service wrote, where this platform runs it as a local process.

        Raises:
            NotFound: it does not.
        """
        raise NotFound(
            f"the log of {version} of {project} is not on this machine",
            remedy="It is kept where its container runs; connect to that Docker Engine to read it here.",
        )

    def close(self) -> None:
        """Give everything back; a second time does nothing."""
        if not self._closed.is_set():
            self._closed.set()
            self._gateway.close()
            self.store.close()


class EmbeddedWorkspace(Platform):
    """A platform of local processes; its gateway may move when another window takes over."""

    def __init__(self, profile: Profile, store: Store, embedded: EmbeddedPlatform) -> None:
        super().__init__(profile, store, _client(embedded))
        self._embedded = embedded
        self._lock = threading.Lock()

    @property
    def gateway(self) -> GatewayClient:
        """The client of the gateway where it is now."""
        with self._lock:
            if self._gateway.address != self._embedded.gateway_address:
                self._gateway.close()
                self._gateway = _client(self._embedded)
            return self._gateway

    def serve(self, folder: Path, project: str, version: str) -> bool:
        """As a workspace does with what lies in its own folder of deploy folders."""
        return self._embedded.serve(folder, project, version)

    def service_log(self, project: str, version: str) -> str:
        """The last lines of the process's log in the workspace."""
        return self._embedded.logs(service_name(project, version), _LOG_LINES)

    def close(self) -> None:
        """Give everything back, and end the processes if they are ours."""
        if not self._closed.is_set():
            super().close()
            self._embedded.close()


def open_platform(profile: Profile, secrets: Secrets, progress: Progress) -> Platform:
    """Open what a profile names; takes seconds for an embedded workspace.

    Raises:
        SecretsNeeded: a password or token is not in the keyring.
        RelevoError: what `Workspace.open` and `open_store` raise.
    """
    if isinstance(profile, EmbeddedProfile):
        return _open_embedded(profile, progress)
    return _open_servers(profile, secrets, progress)


def _open_embedded(profile: EmbeddedProfile, progress: Progress) -> Platform:
    embedded = Workspace.open(Path(profile.folder).expanduser(), progress)
    try:
        return EmbeddedWorkspace(profile, open_store(embedded.store_address), embedded)
    except BaseException:
        embedded.close()
        raise


def _open_servers(profile: PlatformProfile, secrets: Secrets, progress: Progress) -> Platform:
    password = secrets.get(profile.name, "cassandra-password") if profile.cassandra.user else ""
    token = secrets.get(profile.name, "gateway-token")
    wanted: tuple[tuple[Kind, str | None], ...] = (
        ("cassandra-password", password),
        ("gateway-token", token),
    )
    missing = tuple(kind for kind, secret in wanted if secret is None)
    if missing:
        raise SecretsNeeded(profile.name, missing)
    progress(None, f"Connecting to {profile.cassandra.contact_points[0]}")
    store = open_store(profile.cassandra, password=password or "")
    return Platform(profile, store, GatewayClient(profile.gateway.rstrip("/"), token or ""))


def _client(embedded: EmbeddedPlatform) -> GatewayClient:
    return GatewayClient(embedded.gateway_address, embedded.admin_token)


def _error_of(call: Callable[[], object]) -> RelevoError | None:
    try:
        call()
    except RelevoError as error:
        return error
    return None
