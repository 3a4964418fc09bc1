"""What a platform's set-up does from inside its network.

Runs in a container of the program's image, which has neither an engine's client nor a window.
"""

import os
import shutil
import time
from collections.abc import Callable

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from services.errors import InvalidInput, Unavailable
from services.registry.model import Token, TokenRole
from services.store.addresses import CassandraAddress, StoreAddress
from services.store.connect import open_store, prepare_roles
from services.store.roles import RolePasswords, StoreRole

OWNER_VARIABLE = "RELEVO_OWNER_PASSWORD"
SERVICES_VARIABLE = "RELEVO_SERVICES_PASSWORD"
ADMINISTRATOR_VARIABLE = "RELEVO_ADMINISTRATOR_PASSWORD"
READER_VARIABLE = "RELEVO_READER_PASSWORD"
TOKEN_VARIABLE = "RELEVO_TOKEN_ROW"  # noqa: S105 - holds a digest, never a token
_PASSWORDS = (OWNER_VARIABLE, SERVICES_VARIABLE, ADMINISTRATOR_VARIABLE, READER_VARIABLE)
_PATIENCE_SECONDS = 60.0


class Disk(Struct, frozen=True):
    """Bytes of the engine's disk."""

    free: int
    total: int


class Prepared(Struct, frozen=True):
    """What preparing a store came to: whether the token that was brought is now known to it."""

    token_added: bool


def measure_disk() -> Disk:
    """The disk that this container lies on."""
    usage = shutil.disk_usage("/")
    return Disk(usage.free, usage.total)


def prepare_store(address: StoreAddress, *, always: bool) -> Prepared:
    """Make tables and roles, and add the administrator's token that the environment brings.

    Args:
        address: the platform's Cassandra.
        always: add the token even if the store knows an administrator's.

    Raises:
        InvalidInput: the address is no Cassandra's, or a variable is missing.
        Refused, Unavailable: see `prepare_roles`.
    """
    if not isinstance(address, CassandraAddress):
        raise InvalidInput("only a Cassandra has roles to prepare")
    passwords = RolePasswords(*(os.environ.get(name, "") for name in _PASSWORDS))
    return _patiently(lambda: _prepare(address, passwords, always=always))


def _prepare(address: CassandraAddress, passwords: RolePasswords, *, always: bool) -> Prepared:
    prepare_roles(address, passwords)
    store = open_store(replace(address, user=StoreRole.SERVICES.value), password=passwords.services)
    try:
        known = any(token.role is TokenRole.ADMIN and token.revoked_at is None for token in store.tokens())
        if always or not known:
            store.add_token(msgspec.json.decode(os.environ.get(TOKEN_VARIABLE, ""), type=Token))
    finally:
        store.close()
    return Prepared(always or not known)


def _patiently(work: Callable[[], Prepared]) -> Prepared:
    """Do it again while the store is away: all of it may be repeated without harm."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return work()
        except Unavailable:
            if time.monotonic() > deadline:
                raise
        time.sleep(1.0)
