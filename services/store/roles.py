"""Who may do what in a platform's Cassandra: plain data, and the one door to making it so."""

import re
from enum import StrEnum

from msgspec import Struct

from services.errors import InvalidInput
from services.store.addresses import CassandraAddress

_PASSWORD = re.compile(r"[A-Za-z0-9_-]{16,200}")


class StoreRole(StrEnum):
    """Roles of a platform's Cassandra; each signs in with a password of its own."""

    OWNER = "relevo_owner"
    """Replaces Cassandra's well-known superuser; only set-up and upgrade sign in with it."""
    SERVICES = "relevo_services"
    """Gateway and supervisor: read and write all, make and widen tables."""
    ADMINISTRATOR = "relevo_administrator"
    """A person who changes champions: reads and writes rows, changes no table."""
    READER = "relevo_reader"
    """A person, or another program of the team, who only looks."""


class RolePasswords(Struct, frozen=True):
    """One password a role: 16 to 200 letters, digits, `_` and `-`.

    The representation leaves the values out, so that no log or trace can show them.

    Raises:
        InvalidInput: a password is too short, or has other characters.
    """

    owner: str
    services: str
    administrator: str
    reader: str

    def __post_init__(self) -> None:
        """Hold each to the rule: roles are made by statements that take no bound values."""
        for role in StoreRole:
            if not _PASSWORD.fullmatch(self.of(role)):
                raise InvalidInput(
                    f"the password of {role} must be 16 to 200 letters, digits, underscores or hyphens"
                )

    def of(self, role: StoreRole) -> str:
        """One role's password."""
        password: str = getattr(self, role.removeprefix("relevo_"))
        return password

    def __repr__(self) -> str:
        """Name the fields, not their values."""
        return "RolePasswords(owner=…, services=…, administrator=…, reader=…)"


def prepare_roles(address: CassandraAddress, passwords: RolePasswords, *, seconds: float = 60.0) -> None:
    """Make the tables and the roles, and take the well-known superuser's rights; again changes nothing.

    Args:
        address: of a cluster that asks for passwords; its user does not matter.
        passwords: what each role is to sign in with; a role that has another gets this one.
        seconds: how long a server that has only just started may take to let anybody in.

    Raises:
        Refused: neither the owner nor Cassandra's first superuser is let in: the data are another set-up's.
        Unavailable: the cluster cannot be reached.
    """
    from services.store.cassandra.roles import prepare

    prepare(address, passwords, seconds)
