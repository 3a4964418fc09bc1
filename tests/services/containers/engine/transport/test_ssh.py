"""The engine through a real SSH server on 127.0.0.1 and this machine's own SSH client."""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from services.containers.addresses import SshEngine
from services.containers.engine.engine import Engine, open_engine
from services.errors import Refused, Unavailable
from tests.waiting import eventually


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _key(path: Path) -> Path:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., SshEngine]]:
    """An SSH server that lets one key in, and a client that has it and knows the server."""
    daemon, client = shutil.which("sshd", path="/usr/sbin:/sbin"), shutil.which("ssh")
    if daemon is None or client is None:
        pytest.skip("no SSH server (Debian: openssh-server) or client")
    if os.getuid() != 0:
        pytest.skip("the test's SSH server must run as root")
    Path("/run/sshd").mkdir(exist_ok=True)
    host, own = _key(tmp_path / "host"), _key(tmp_path / "own")
    (tmp_path / "allowed").write_text(own.with_suffix(".pub").read_text())
    started, port = _started(daemon, host, tmp_path)
    (tmp_path / "known").write_text(f"[127.0.0.1]:{port} {host.with_suffix('.pub').read_text()}")

    def engine(identity: Path = own, known: Path = tmp_path / "known") -> SshEngine:
        # This machine's client with settings of the test's: its own are a person's.
        settings = tmp_path / "settings"
        settings.write_text(f"IdentityFile {identity}\nIdentitiesOnly yes\nUserKnownHostsFile {known}\n")
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        (folder / "ssh").write_text(f'#!/bin/sh\nexec {client} -F {settings} "$@"\n')
        (folder / "ssh").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        return SshEngine("127.0.0.1", "root", port)

    yield engine
    started.terminate()
    started.wait()


def _started(daemon: str, host: Path, folder: Path) -> tuple["subprocess.Popen[bytes]", int]:
    """A server and its port; another port where somebody else was quicker to take one that was free."""
    for _ in range(5):
        port = _free_port()
        (folder / "sshd").write_text(
            f"Port {port}\nListenAddress 127.0.0.1\nHostKey {host}\nAuthorizedKeysFile {folder}/allowed\n"
            f"StrictModes no\nUsePAM no\nPasswordAuthentication no\nPidFile none\n"
            f"SetEnv PATH={os.environ['PATH']}\n"
        )
        with (folder / "sshd.log").open("ab") as log:
            started = subprocess.Popen([daemon, "-D", "-e", "-f", str(folder / "sshd")], stderr=log)
        if _answers(started, port):
            return started, port
        started.kill()
        started.wait()
    pytest.fail(f"the SSH server did not start: {(folder / 'sshd.log').read_text()}")


def _answers(server: "subprocess.Popen[bytes]", port: int) -> bool:
    """Whether it came to listen; one that has ended will not."""

    def listens() -> bool:
        if server.poll() is not None:
            return True
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True

    eventually(listens, not_yet=OSError)
    return server.poll() is None


def test_the_engine_answers_through_ssh(engine: Engine, server: Callable[..., SshEngine]) -> None:
    with open_engine(server()) as opened:
        assert opened.info().version == engine.info().version
        assert opened.info().warnings == ()


def test_streams_and_commands_go_through_ssh(
    server: Callable[..., SshEngine], run: Callable[..., str]
) -> None:
    identifier = run("echo one; sleep inf")
    content = b"0123456789abcdef\n" * 20_000
    with open_engine(server()) as opened:
        assert opened.execute(identifier, ["cat"], given=content) == (0, content.decode())
        lines: list[str] = []
        came = threading.Event()

        def receive(found: list[Any]) -> None:
            lines.extend(line.text for line in found)
            came.set()

        stream = opened.follow_logs(identifier, 10, receive, lambda _: None)
        assert came.wait(10)
        stream.close()
    assert lines == ["one"]


def test_a_key_that_is_not_allowed_is_refused_with_what_to_do(
    server: Callable[..., SshEngine], tmp_path: Path
) -> None:
    with pytest.raises(Refused, match=r"The host 127\.0\.0\.1 refused to sign you in") as caught:
        open_engine(server(identity=_key(tmp_path / "other")))
    assert "SSH agent" in caught.value.remedy
    assert "Permission denied" in caught.value.details


def test_a_host_that_is_not_known_is_refused(server: Callable[..., SshEngine], tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is not known to this machine"):
        open_engine(server(known=tmp_path / "nobody"))


def test_a_port_without_an_ssh_server_is_told(
    server: Callable[..., SshEngine],
) -> None:
    server()
    with pytest.raises(Unavailable, match="cannot be reached") as caught:
        open_engine(SshEngine("127.0.0.1", "root", _free_port()))
    assert "Connection refused" in caught.value.details


def test_no_ssh_client_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="This machine has no SSH client"):
        open_engine(SshEngine("127.0.0.1"))
