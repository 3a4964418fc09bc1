"""Roles of a Cassandra that asks for passwords, on a server of the tests' own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import asdict, replace

from services.containers.engine.engine import Engine
from services.containers.model import ContainerSpec, Port, RestartPolicy
from services.errors import InvalidInput, Refused
from services.platform.secrets import new_secrets
from services.store.addresses import CassandraAddress
from services.store.connect import open_store, prepare_roles
from services.store.roles import RolePasswords, StoreRole
from tests.waiting import eventually

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(400)]
PASSWORDS = new_secrets().passwords()


@pytest.fixture(scope="module")
def address(
    engine: Engine, built_images: Callable[[str], str], unique_name: Callable[[str], str]
) -> Iterator[CassandraAddress]:
    """A fresh server, known only to its first superuser."""
    spec = ContainerSpec(
        unique_name("roles"), built_images("cassandra"), environment={"MAX_HEAP_SIZE": "384M"},
        ports=(Port(9042, 0, "127.0.0.1"),), restart=RestartPolicy.NEVER,
    )  # fmt: skip
    identifier = engine.run(spec)
    engine.wait_healthy(identifier, 180)
    port = next(port.host_port for port in engine.container(identifier).ports if port.host_port)
    yield CassandraAddress(("127.0.0.1",), port)
    engine.remove(identifier, force=True, volumes=True)


def _open(address: CassandraAddress, role: str, passwords: RolePasswords = PASSWORDS) -> Any:
    return open_store(replace(address, user=role), password=passwords.of(StoreRole(role)))


def test_each_role_is_let_in_and_again_changes_nothing(address: CassandraAddress) -> None:
    for _ in range(2):
        prepare_roles(address, PASSWORDS)
    for role in StoreRole:
        store = _open(address, role)
        assert store.projects() == []
        store.close()


def test_the_first_superuser_has_lost_its_rights(address: CassandraAddress) -> None:
    _wait_until_refused(replace(address, user="cassandra"), "cassandra")


def _wait_until_refused(address: CassandraAddress, password: str) -> None:
    """A server remembers who was let in for some seconds."""

    def refused() -> bool:
        try:
            open_store(address, password=password).close()
        except Refused:
            return True
        return False

    eventually(refused)


def test_services_make_tables_and_touch_no_role(address: CassandraAddress) -> None:
    store = _open(address, StoreRole.SERVICES)
    try:
        store._session.define("CREATE TABLE live_db.tried (id int PRIMARY KEY)")
        store._session.define("ALTER TABLE live_db.labels ADD tried int")
        for statement in (
            "CREATE ROLE intruder",
            "ALTER ROLE relevo_reader WITH SUPERUSER = true",
            "GRANT MODIFY ON KEYSPACE live_db TO relevo_reader",
            "DROP KEYSPACE live_db",
            "CREATE KEYSPACE more WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
        ):
            with pytest.raises(Refused):
                store._session.define(statement)
    finally:
        store.close()


def test_other_passwords_are_refused_unless_the_owner_brings_them(address: CassandraAddress) -> None:
    with pytest.raises(Refused, match="neither this platform's owner"):
        prepare_roles(address, new_secrets().passwords(), seconds=0.0)
    changed = RolePasswords(**(asdict(PASSWORDS) | {"reader": new_secrets().reader}))
    prepare_roles(address, changed)
    _wait_until_let_in(address, changed)
    prepare_roles(address, PASSWORDS)
    _wait_until_let_in(address, PASSWORDS)


def _wait_until_let_in(address: CassandraAddress, passwords: RolePasswords) -> None:
    """A server remembers the password before for some seconds."""
    eventually(lambda: _open(address, StoreRole.READER, passwords), not_yet=Refused).close()


@pytest.mark.parametrize("wrong", ["", "short", "has a space in it!", "quote'quote'quote'"])
def test_a_password_that_a_statement_could_not_carry_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidInput, match="relevo_reader"):
        RolePasswords(**(asdict(PASSWORDS) | {"reader": wrong}))
