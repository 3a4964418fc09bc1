"""Trying a profile before it is saved; what goes wrong is told with the field it has to do with."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from app.tasks import Work
from services.client import GatewayClient
from services.errors import Refused, RelevoError, StorageError
from services.profiles.profile import EmbeddedProfile, PlatformProfile, Profile
from services.profiles.secrets import Kind, Secrets
from services.store.addresses import SqliteAddress
from services.store.connect import open_store
from widgets.formatting import plural


class FieldProblem(RelevoError):
    """What went wrong, and the field of the connection dialog that it has to do with."""

    def __init__(self, field: str, cause: RelevoError) -> None:
        super().__init__(cause.message, remedy=cause.remedy, details=cause.details)
        self.field = field


def check_profile(profile: Profile, typed: Mapping[Kind, str], secrets: Secrets, work: Work) -> str:
    """Connect with what the dialog says; returns what was found, in a sentence.

    Raises:
        FieldProblem: something does not answer, or refuses.
    """
    if isinstance(profile, EmbeddedProfile):
        return _check_workspace(Path(profile.folder).expanduser())
    found = {kind: typed.get(kind) or secrets.get(profile.name, kind) or "" for kind in _KINDS}
    return _check_servers(profile, found, work)


_KINDS: tuple[Kind, ...] = ("cassandra-password", "gateway-token")


def _check_workspace(folder: Path) -> str:
    with _about(lambda _error: "folder"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"The folder cannot be made: {error.strerror}.", remedy="Choose another one."
            ) from error
        with closing(open_store(SqliteAddress(str(folder)))) as store:
            return f"The workspace can be used; it holds {plural(len(store.projects()), 'project')}."


def _check_servers(profile: PlatformProfile, found: Mapping[Kind, str], work: Work) -> str:
    with (
        _about(lambda error: "password" if isinstance(error, Refused) else "contact_points"),
        closing(open_store(profile.cassandra, password=found["cassandra-password"])) as store,
    ):
        projects = plural(len(store.projects()), "project")
    work.check()
    client = GatewayClient(profile.gateway.rstrip("/"), found["gateway-token"], read_seconds=5.0)
    with closing(client):
        with _about(lambda _error: "gateway"):
            client.health()
        with _about(lambda error: "token" if isinstance(error, Refused) else "gateway"):
            client.tokens()
    return f"Cassandra and the gateway answer; the platform holds {projects}."


@contextmanager
def _about(field: Callable[[RelevoError], str]) -> Iterator[None]:
    try:
        yield
    except RelevoError as error:
        raise FieldProblem(field(error), error) from error
