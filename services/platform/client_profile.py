"""A platform's profile and its person's secrets, as the window opens them."""

from pathlib import Path
from urllib.parse import urlsplit

from services.containers.addresses import EngineAddress, LocalEngine, SshEngine
from services.platform.request import LOOPBACK, PlatformRequest
from services.platform.setup import SetUpResult
from services.profiles.profile import PlatformProfile, ProfileFolder
from services.profiles.secrets import Secrets
from services.store.addresses import CassandraAddress
from services.store.roles import StoreRole


def profile_of(request: PlatformRequest, engine: EngineAddress, name: str = "") -> PlatformProfile:
    """Where the window finds a platform; its user is the administrator's role.

    Args:
        request: as the platform was set up.
        engine: where its containers run.
        name: of the profile; empty takes the platform's.
    """
    return PlatformProfile(
        name=name or request.name,
        cassandra=CassandraAddress(
            (_team_host(request),), request.cassandra_port, StoreRole.ADMINISTRATOR.value
        ),
        gateway=request.address(),
        docker=engine,
        platform=request.name,
    )


def save_profile(profile: PlatformProfile, outcome: SetUpResult, folder: Path, secrets: Secrets) -> bool:
    """Save the profile, put its secrets into the keyring; whether the system has one.

    Raises:
        StorageError: the profile cannot be written.
        Unavailable: the keyring is locked.
    """
    ProfileFolder(folder).save(profile)
    secrets.put(profile.name, "cassandra-password", outcome.secrets.administrator)
    if outcome.token:
        secrets.put(profile.name, "gateway-token", outcome.token)
    return secrets.has_keyring()


def tunnel_hints(request: PlatformRequest, engine: EngineAddress) -> list[str]:
    """What a person should know of how the platform is reached from here."""
    if isinstance(engine, LocalEngine):
        return []
    ports = []
    if _is_loopback(request.gateway_host):
        ports.append(request.gateway_port)
    if _is_loopback(request.team_host):
        ports.append(request.cassandra_port)
    if not ports:
        return []
    user = f"{engine.user}@" if isinstance(engine, SshEngine) and engine.user else ""
    forwarded = " ".join(f"-L {port}:{LOOPBACK}:{port}" for port in ports)
    tunnel = (
        f"Published on the loopback of {engine.host} only. From here it is reached through a tunnel: "
        f"ssh -N {forwarded} {user}{engine.host}"
    )
    return [tunnel]


def _team_host(request: PlatformRequest) -> str:
    if request.team_host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not listened on
        return urlsplit(request.address()).hostname or LOOPBACK
    return request.team_host


def _is_loopback(host: str) -> bool:
    return host.startswith("127.") or host == "::1"
