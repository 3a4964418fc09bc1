"""How an engine is named on the command line."""

import argparse
from pathlib import Path

import pytest

from app.commands.engine import add_engine_options, engine_address
from services.containers.addresses import EngineAddress, LocalEngine, PlainEngine, SshEngine, TlsEngine
from services.errors import InvalidInput


def _address(*words: str) -> EngineAddress:
    parser = argparse.ArgumentParser()
    add_engine_options(parser)
    return engine_address(parser.parse_args(words))


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DOCKER_HOST", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("unix:///run/docker.sock", LocalEngine("/run/docker.sock")),
        ("npipe:////./pipe/docker_engine", LocalEngine("//./pipe/docker_engine")),
        ("ssh://ann@plant.example", SshEngine("plant.example", "ann", 22)),
        ("ssh://plant.example:2222", SshEngine("plant.example", "", 2222)),
        ("tcp://plant.example", PlainEngine("plant.example", 2375)),
        ("https://plant.example", TlsEngine("plant.example", 2376)),
    ],
)
def test_an_address_is_written_as_for_docker(text: str, address: EngineAddress) -> None:
    assert _address("--docker", text) == address


def test_without_one_it_is_this_machines_or_what_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert _address() == LocalEngine()
    monkeypatch.setenv("DOCKER_HOST", "tcp://plant.example:2375")
    assert _address() == PlainEngine("plant.example", 2375)


def test_certificates_beside_a_tcp_address_mean_tls(tmp_path: Path) -> None:
    for name in ("ca", "cert", "key"):
        (tmp_path / f"{name}.pem").touch()
    found = _address("--docker", "tcp://plant.example:2376", "--docker-certificates", str(tmp_path))
    assert isinstance(found, TlsEngine)
    assert Path(found.authority).name == "ca.pem"
    assert (Path(found.certificate).name, Path(found.key).name) == ("cert.pem", "key.pem")


@pytest.mark.parametrize("text", ["plant.example", "ftp://plant.example", "ssh://", "tcp://plant:port"])
def test_what_is_no_address_is_refused_with_how_one_is_written(text: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        _address("--docker", text)
    assert "ssh://USER@HOST" in raised.value.remedy
