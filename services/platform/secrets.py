"""The secrets of a platform: made once at its set-up, and found again through its engine.

They are in the environment of the containers that need them, and all of them in that of a container that
is never started, the state container. Whoever may ask the engine owns the machine anyway; so another
administrator finds them without being sent a file, and they outlive the parts' own containers.
"""

import secrets
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import asdict

from services.registry.tokens import new_secret
from services.store.roles import RolePasswords

_PREFIX = "RELEVO_KEEP_"
_BYTES = 24


class PlatformSecrets(Struct, frozen=True):
    """All secrets of one platform.

    The representation leaves the values out, so that no log or trace can show them.

    Attributes:
        secret: the platform's own, from which the tokens of services are derived.
        owner, services, administrator, reader: passwords of Cassandra's roles.
        datalake, datalake_root: passwords of the datalake's user and of its superuser.
    """

    secret: str
    owner: str
    services: str
    administrator: str
    reader: str
    datalake: str
    datalake_root: str

    def passwords(self) -> RolePasswords:
        """Those of Cassandra's roles."""
        return RolePasswords(self.owner, self.services, self.administrator, self.reader)

    def environment(self) -> dict[str, str]:
        """As the containers of state and store hold them; only values that are masked where shown."""
        return {f"{_PREFIX}{name.upper()}_PASSWORD": value for name, value in asdict(self).items()}

    def __repr__(self) -> str:
        """Name the fields, not their values."""
        return "PlatformSecrets(…)"


def new_secrets() -> PlatformSecrets:
    """Fresh secrets."""
    made = (secrets.token_urlsafe(_BYTES) for _ in range(6))
    return PlatformSecrets(new_secret(), *made)


def secrets_in(environment: Mapping[str, str]) -> PlatformSecrets | None:
    """The secrets that a container holds; None if it lacks one."""
    values = {
        name: environment.get(f"{_PREFIX}{name.upper()}_PASSWORD", "")
        for name in PlatformSecrets.__struct_fields__
    }
    return PlatformSecrets(**values) if all(values.values()) else None
