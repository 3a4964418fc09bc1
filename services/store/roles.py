"""Who may do what in a platform's Cassandra: plain data."""

import re
from enum import StrEnum

from msgspec import Struct

from services.errors import InvalidInput

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
