"""Hosts on disk, offered with this machine's among them, and checked field by field."""

from pathlib import Path

import pytest

from services.containers.addresses import Host, LocalEngine, PlainEngine, SshEngine, TlsEngine
from services.containers.hosts import THIS_MACHINE, HostFolder, address_text, host_problems

SERVER = Host("Gijón / plant 1", SshEngine("plant.example.com", "ana", 2222))


@pytest.fixture
def folder(tmp_path: Path) -> HostFolder:
    return HostFolder(tmp_path / "hosts")


@pytest.mark.parametrize(
    "address",
    [
        LocalEngine("/run/docker.sock"),
        SshEngine("plant", "ana"),
        TlsEngine("plant", authority="ca.pem"),
        PlainEngine("10.0.0.7", 2375),
    ],
)
def test_every_kind_of_address_is_read_again_as_it_was_saved(
    folder: HostFolder, address: LocalEngine | SshEngine | TlsEngine | PlainEngine
) -> None:
    folder.save(Host("plant", address))
    assert folder.get("plant") == Host("plant", address)


def test_this_machine_is_offered_until_a_saved_host_is_it(folder: HostFolder) -> None:
    assert folder.offered() == [THIS_MACHINE]
    folder.save(SERVER)
    assert folder.offered() == [THIS_MACHINE, SERVER]
    mine = Host("Mine", LocalEngine())
    folder.save(mine)
    assert folder.offered() == [SERVER, mine]


def test_a_damaged_file_harms_no_other(folder: HostFolder, tmp_path: Path) -> None:
    folder.save(SERVER)
    broken = tmp_path / "hosts" / "broken.json"
    broken.write_text('{"name": "x", "address": {"type": "pigeon"}}', encoding="utf-8")
    assert folder.all() == [SERVER]
    assert folder.damaged() == [broken]


@pytest.mark.parametrize(
    ("address", "field", "word"),
    [
        (SshEngine(""), "host", "Name the host"),
        (SshEngine("ana@plant"), "host", "not a host name"),
        (SshEngine("-oProxyCommand=calc"), "host", "not a host name"),
        (SshEngine("plant", "ana;rm"), "user", "letters"),
        (SshEngine("plant", "-l"), "user", "letters"),
        (PlainEngine("http://plant"), "host", "not a host name"),
        (PlainEngine("plant", 70_000), "port", "1 to 65535"),
        (TlsEngine("plant", authority="/no/such.pem"), "authority", "no such file"),
    ],
)
def test_what_is_wrong_is_said_of_the_field(
    address: SshEngine | TlsEngine | PlainEngine, field: str, word: str
) -> None:
    assert word in host_problems(Host("plant", address))[field]


def test_a_certificate_needs_its_key(tmp_path: Path) -> None:
    pem = tmp_path / "mine.pem"
    pem.write_text("", encoding="utf-8")
    assert (
        "belong together" in host_problems(Host("plant", TlsEngine("plant", certificate=str(pem))))["key"]
    )
    assert host_problems(Host("plant", TlsEngine("plant", certificate=str(pem), key=str(pem)))) == {}


def test_a_name_is_needed_and_not_too_long() -> None:
    assert "name" in host_problems(Host(" ", LocalEngine()))
    assert "60" in host_problems(Host("x" * 61, LocalEngine()))["name"]


@pytest.mark.parametrize("host", ["plant", "plant.example.com", "10.0.0.7", "fe80::1", "my_docker"])
def test_usual_names_and_addresses_are_right(host: str) -> None:
    assert host_problems(Host("plant", PlainEngine(host))) == {}


def test_addresses_are_told_in_words() -> None:
    assert address_text(SERVER.address) == "ssh://ana@plant.example.com:2222"
    assert address_text(LocalEngine()) == "the usual socket of this machine"
