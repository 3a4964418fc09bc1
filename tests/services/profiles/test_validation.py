"""Each field of a profile, right and wrong."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from services.profiles.profile import EmbeddedProfile, PlatformProfile
from services.profiles.validation import problems
from services.store.addresses import CassandraAddress

GOOD = PlatformProfile(
    "plant", CassandraAddress(("db-1.example.com", "10.0.0.7", "fe80::1")), "https://h:1"
)


def test_a_sound_profile_has_no_problems(tmp_path: Path) -> None:
    assert problems(GOOD) == {}
    assert problems(EmbeddedProfile("demo", str(tmp_path / "not" / "there" / "yet"))) == {}


@pytest.mark.parametrize("hosts", [(), ("two words",), ("host:9042",), ("-x",)])
def test_hosts_that_are_none_are_told(hosts: tuple[str, ...]) -> None:
    wrong = replace(GOOD, cassandra=CassandraAddress(hosts))
    assert set(problems(wrong)) == {"contact_points"}


@pytest.mark.parametrize(
    "gateway", ["", "relevo:18080", "ftp://relevo", "http://", "http://h:port", "http://u:secret@h"]
)
def test_gateway_addresses_that_are_none_are_told_without_repeating_them(gateway: str) -> None:
    found = problems(replace(GOOD, gateway=gateway))
    assert set(found) == {"gateway"}
    assert "secret" not in found["gateway"]


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_ports_that_are_none_are_told(port: int) -> None:
    wrong = replace(GOOD, cassandra=CassandraAddress(("h",), port=port))
    assert set(problems(wrong)) == {"port"}


@pytest.mark.parametrize(("name", "folder"), [("", "/x"), ("n" * 61, "/x"), ("n", ""), ("n", "relative")])
def test_names_and_folders_that_are_none_are_told(name: str, folder: str, tmp_path: Path) -> None:
    absolute = folder.replace("/x", str(tmp_path))
    assert len(problems(EmbeddedProfile(name, absolute))) == 1


def test_a_workspace_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert "file" in problems(EmbeddedProfile("n", str(tmp_path / "file")))["folder"]
