"""Where Docker is looked for on this machine."""

import sys
from pathlib import Path

import pytest

from services.containers import addresses
from services.containers.addresses import usual_socket


@pytest.mark.parametrize(
    ("named", "path"),
    [("unix:///tmp/d.sock", "/tmp/d.sock"), ("npipe:////./pipe/other", "//./pipe/other")],
)
def test_what_the_environment_names_comes_first(
    monkeypatch: pytest.MonkeyPatch, named: str, path: str
) -> None:
    monkeypatch.setenv("DOCKER_HOST", named)
    assert usual_socket() == path


def test_on_windows_it_is_a_named_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(sys, "platform", "win32")
    assert usual_socket() == "//./pipe/docker_engine"


def test_an_engine_that_is_elsewhere_is_not_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "ssh://somewhere")
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(addresses, "_SOCKET", "/no/such.sock")
    monkeypatch.setenv("HOME", "/no/such/home")
    assert usual_socket() == "/no/such.sock"


@pytest.mark.skipif(sys.platform == "win32", reason="there it is a named pipe")
def test_without_a_common_socket_that_of_an_engine_without_root_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(addresses, "_SOCKET", str(tmp_path / "none.sock"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "docker.sock").touch()
    assert usual_socket() == str(tmp_path / "docker.sock")
