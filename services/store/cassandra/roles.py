"""Roles of a cluster that asks for passwords: made once, with the least rights that each needs."""

import secrets
import time

from msgspec.structs import replace

from services.errors import Refused, RelevoError, Unavailable
from services.store.addresses import CassandraAddress
from services.store.cassandra.schema import prepare_schema
from services.store.cassandra.session import CassandraSession
from services.store.roles import RolePasswords, StoreRole

_SUPERUSER = "cassandra"
"""Cassandra's first superuser; its password is its name, as everybody knows."""
_LOOK_SECONDS = 0.5
_ROWS = ("SELECT", "MODIFY")
RIGHTS: dict[StoreRole, tuple[str, ...]] = {
    StoreRole.SERVICES: (*_ROWS, "CREATE", "ALTER"),
    StoreRole.ADMINISTRATOR: _ROWS,
    StoreRole.READER: ("SELECT",),
}
"""On both keyspaces; nobody may grant, drop a keyspace, or touch what is not Relevo's."""


def prepare(address: CassandraAddress, passwords: RolePasswords, seconds: float) -> None:
    """See `services.store.connect.prepare_roles`."""
    owner = _signed_in_as_owner(address, passwords, seconds)
    try:
        _retire_superuser(owner)
        prepare_schema(owner, address.replication)
        for role, rights in RIGHTS.items():
            _ensure_role(owner, address, role, passwords.of(role))
            for keyspace in (owner.historical, owner.live):
                _ensure_rights(owner, role, f"KEYSPACE {keyspace}", f"data/{keyspace}", rights)
        # So that a gateway knows when what it shipped is on the disk.
        settings = ("system_views.settings", "data/system_views/settings")
        _ensure_rights(owner, StoreRole.SERVICES, *settings, ("SELECT",))
    finally:
        owner.close()


def _signed_in_as_owner(
    address: CassandraAddress, passwords: RolePasswords, seconds: float
) -> CassandraSession:
    """The owner's session; a server makes its first superuser only some seconds after its start."""
    own = replace(address, user=StoreRole.OWNER)
    deadline = time.monotonic() + seconds
    while True:
        try:
            return CassandraSession(own, passwords.owner)
        except (Refused, Unavailable) as error:
            problem = error
        if isinstance(problem, Refused) and _owner_made(address, passwords):
            continue
        if time.monotonic() > deadline:
            raise _explained(problem)
        time.sleep(_LOOK_SECONDS)


def _owner_made(address: CassandraAddress, passwords: RolePasswords) -> bool:
    """Make the owner with the first superuser's rights; whether that one was let in."""
    try:
        first = CassandraSession(replace(address, user=_SUPERUSER), _SUPERUSER)
    except (Refused, Unavailable):
        return False
    try:
        _define_role(first, "CREATE", StoreRole.OWNER, passwords.owner, superuser=True)
    finally:
        first.close()
    return True


def _define_role(
    session: CassandraSession, verb: str, role: StoreRole, password: str, *, superuser: bool = False
) -> None:
    name = f"IF NOT EXISTS {role}" if verb == "CREATE" else str(role)
    rights = f"LOGIN = true AND SUPERUSER = {str(superuser).lower()}"
    session.define(f"{verb} ROLE {name} WITH {rights} AND PASSWORD = '{password}'")


def _explained(problem: RelevoError) -> RelevoError:
    if not isinstance(problem, Refused):
        return problem
    return Refused(
        "Cassandra knows neither this platform's owner nor its own first superuser",
        remedy="Its data were set up with other passwords: use those, or begin with an empty volume.",
        details=problem.details,
    )


def _retire_superuser(owner: CassandraSession) -> None:
    """Take the well-known superuser's rights; removing it would let Cassandra make it again."""
    rows = owner.read("SELECT can_login, is_superuser FROM system_auth.roles WHERE role = ?", (_SUPERUSER,))
    if rows and any(rows[0]):
        owner.define(
            f"ALTER ROLE {_SUPERUSER} WITH SUPERUSER = false AND LOGIN = false "
            f"AND PASSWORD = '{secrets.token_urlsafe(32)}'"
        )


def _ensure_role(
    owner: CassandraSession, address: CassandraAddress, role: StoreRole, password: str
) -> None:
    """Make a role, or give it this password if it is not let in with it."""
    known = owner.read("SELECT role FROM system_auth.roles WHERE role = ?", (str(role),))
    if not known:
        _define_role(owner, "CREATE", role, password)
        return
    try:
        CassandraSession(replace(address, user=role), password).close()
    except Refused:
        _define_role(owner, "ALTER", role, password)


def _ensure_rights(
    owner: CassandraSession, role: StoreRole, what: str, resource: str, rights: tuple[str, ...]
) -> None:
    """Grant what is missing; nothing is taken that somebody granted on purpose."""
    rows = owner.read(
        "SELECT permissions FROM system_auth.role_permissions WHERE role = ? AND resource = ?",
        (str(role), resource),
    )
    present = set(rows[0][0] or ()) if rows else set()
    for right in rights:
        if right not in present:
            owner.define(f"GRANT {right} ON {what} TO {role}")
