"""The ways to an engine, each over a real connection, and why one may not be had."""

import http.server
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.containers.addresses import EngineAddress, LocalEngine, PlainEngine, SshEngine, TlsEngine
from services.containers.engine.engine import Engine, open_engine
from services.errors import InvalidInput, Refused, Unavailable
from tests.services.containers.engine.conftest import Authority
from tests.services.containers.engine.relay import Relay

Relays = Callable[..., Relay]


@pytest.fixture
def relays(engine: Engine, relay: Relay) -> Iterator[Relays]:
    """Makes relays on ports of 127.0.0.1."""
    made: list[Relay] = []

    def make(trust: ssl.SSLContext | None = None) -> Relay:
        made.append(type(relay)(trust=trust))
        return made[-1]

    yield make
    for each in made:
        each.cut()


def asks(address: EngineAddress) -> str:
    """The engine's version, had through that address; a stream works there too."""
    with open_engine(address, timeout=5) as opened:
        told: list[object] = []
        stood = threading.Event()
        watch = opened.watch(
            told.append, lambda error: stood.set() if error is None else told.append(error)
        )
        assert stood.wait(10), told
        watch.close()
        return opened.info().version


def mutual(authority: Authority) -> ssl.SSLContext:
    """A server's side that asks for a certificate, as an engine's does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("engine"))
    context.load_verify_locations(authority.certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def test_the_engine_of_this_machine_is_found_without_an_address(engine: Engine) -> None:
    assert engine.info().api_version >= "1.40"
    assert engine.info().warnings == ()


def test_a_socket_elsewhere_is_reached_by_its_path(engine: Engine, relay: Relay) -> None:
    assert asks(LocalEngine(str(relay._path))) == engine.info().version


def test_a_plain_port_works_and_says_why_it_should_not(engine: Engine, relays: Relays) -> None:
    address = PlainEngine("127.0.0.1", relays().port)
    assert asks(address) == engine.info().version
    with open_engine(address) as opened:
        assert "whoever reaches this port owns the engine's machine" in opened.info().warnings[0]


def test_web_proxies_of_the_environment_are_not_asked(
    engine: Engine, relays: Relays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    assert asks(PlainEngine("127.0.0.1", relays().port)) == engine.info().version


def test_tls_works_with_the_right_certificates(
    engine: Engine, relays: Relays, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the environment trusts has nothing to do with it.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    certificate, key = authority.issue("window")
    address = TlsEngine(
        "127.0.0.1", relays(mutual(authority)).port, authority.certificate, certificate, key
    )
    assert asks(address) == engine.info().version


def test_tls_carries_a_command_its_input_and_its_output(
    relays: Relays, authority: Authority, run: Callable[..., str]
) -> None:
    identifier = run()
    certificate, key = authority.issue("window")
    port = relays(mutual(authority)).port
    content = b"0123456789abcdef\n" * 100_000
    with open_engine(TlsEngine("127.0.0.1", port, authority.certificate, certificate, key)) as opened:
        for _ in range(8):  # the input ends while output is under way, each time at another place
            code, output = opened.execute(identifier, ["cat"], given=content)
            assert (code, len(output), output.encode() == content) == (0, len(content), True)


def test_an_engine_whose_authority_is_another_is_refused(
    relays: Relays, authority: Authority, stranger: Authority
) -> None:
    certificate, key = authority.issue("window")
    address = TlsEngine("127.0.0.1", relays(mutual(authority)).port, stranger.certificate, certificate, key)
    with pytest.raises(Refused, match="do not trust each other") as caught:
        open_engine(address, timeout=5)
    assert "certificate verify failed" in caught.value.details


def test_an_engine_refuses_who_has_no_certificate(relays: Relays, authority: Authority) -> None:
    address = TlsEngine("127.0.0.1", relays(mutual(authority)).port, authority.certificate)
    with pytest.raises(Refused, match="do not trust each other"):
        open_engine(address, timeout=5)


def test_an_engine_refuses_a_certificate_of_a_stranger(
    relays: Relays, authority: Authority, stranger: Authority
) -> None:
    certificate, key = stranger.issue("window")
    address = TlsEngine(
        "127.0.0.1", relays(mutual(authority)).port, authority.certificate, certificate, key
    )
    with pytest.raises(Refused, match="do not trust each other"):
        open_engine(address, timeout=5)


def test_a_certificate_that_is_not_there_is_named(authority: Authority) -> None:
    with pytest.raises(InvalidInput, match=r"The key of engine is not there: /nowhere\.key"):
        open_engine(TlsEngine("engine", 1, authority.certificate, authority.certificate, "/nowhere.key"))


def test_a_certificate_that_is_none_is_told(tmp_path: Path) -> None:
    rubbish = tmp_path / "rubbish.pem"
    rubbish.write_text("nothing")
    with pytest.raises(InvalidInput, match="cannot be used"):
        open_engine(TlsEngine("engine", 1, str(rubbish)))


def test_a_key_with_a_password_is_told_rather_than_asked_for_on_a_terminal(
    authority: Authority, tmp_path: Path
) -> None:
    certificate, key = authority.issue("window")
    locked = str(tmp_path / "locked.key")
    subprocess.run(
        ["openssl", "pkey", "-in", key, "-aes256", "-passout", "pass:word", "-out", locked], check=True
    )
    with pytest.raises(InvalidInput, match="cannot be used"):
        open_engine(TlsEngine("engine", 1, authority.certificate, certificate, locked))


def test_an_encrypted_port_asked_plainly_says_so(relays: Relays, authority: Authority) -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        open_engine(PlainEngine("127.0.0.1", relays(mutual(authority)).port), timeout=5)


def test_a_socket_that_is_not_there_says_to_start_docker(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be reached") as caught:
        open_engine(LocalEngine(str(tmp_path / "none.sock")))
    assert caught.value.remedy == "Start Docker on this machine."
    assert "FileNotFoundError" in caught.value.details


def test_a_port_where_nothing_listens_is_told(relays: Relays) -> None:
    relay = relays()
    relay.cut()
    with pytest.raises(Unavailable, match="cannot be reached"):
        open_engine(PlainEngine("127.0.0.1", relay.port))


@pytest.mark.skipif(sys.platform == "win32", reason="there a named pipe may be there")
def test_a_named_pipe_is_told_from_a_socket_and_is_for_windows_only() -> None:
    for path in ("//./pipe/docker_engine", r"\\.\pipe\docker_engine"):
        with pytest.raises(Unavailable, match="cannot be reached") as caught:
            open_engine(LocalEngine(path))
        assert "is a named pipe of Windows" in caught.value.details


@pytest.mark.skipif(sys.platform == "win32", reason="users and groups of POSIX")
def test_who_may_not_use_the_socket_learns_which_group_may(engine: Engine) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can become somebody else")
    script = """
import os, sys
from services.containers.addresses import LocalEngine
from services.containers.engine.engine import open_engine
from services.errors import Refused
os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    open_engine(LocalEngine())
except Refused as error:
    print(error.message, error.remedy, sep="|")
"""
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    message, remedy = told.stdout.strip().split("|")
    assert message == "You may not use the Docker Engine of this machine (/var/run/docker.sock)"
    group = Path("/var/run/docker.sock").group()
    assert remedy == f"Ask an administrator to add you to the group “{group}”, then sign in anew."


class Front(http.server.ThreadingHTTPServer):
    """A server that is told what to answer."""

    daemon_threads = True
    answer: tuple[int, bytes] = (200, b"")


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers every question alike."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        assert isinstance(self.server, Front)
        status, content = self.server.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing on the test's output."""


@pytest.fixture
def front() -> Iterator[Callable[[int, bytes], PlainEngine]]:
    """Something on a port that answers as it is told."""
    server = Front(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()

    def told(status: int, content: bytes) -> PlainEngine:
        server.answer = (status, content)
        return PlainEngine("127.0.0.1", server.server_port)

    yield told
    server.shutdown()
    server.server_close()
    thread.join()


def test_too_old_an_engine_is_refused_with_the_version_that_is_needed(
    front: Callable[[int, bytes], PlainEngine],
) -> None:
    with pytest.raises(Refused, match=r"is too old: its API is 1\.24") as caught:
        open_engine(front(200, json.dumps({"ApiVersion": "1.24", "Version": "1.12.6"}).encode()))
    assert "its API must be 1.40 or newer" in caught.value.remedy


@pytest.mark.parametrize("answer", [b"<html>Welcome</html>", b'{"hello": 1}', b"[]", b""])
def test_something_else_that_answers_is_no_engine(
    front: Callable[[int, bytes], PlainEngine], answer: bytes
) -> None:
    with pytest.raises(Unavailable, match=r"What answers in place of the Docker Engine of 127\.0\.0\.1"):
        open_engine(front(200, answer))


def test_what_a_web_server_refuses_is_told(front: Callable[[int, bytes], PlainEngine]) -> None:
    with pytest.raises(Unavailable, match=r"Docker Engine could not do it: .*Bad gateway") as caught:
        open_engine(front(502, b"<html>Bad gateway</html>"))
    assert caught.value.details == "<html>Bad gateway</html>"


def test_an_engine_that_never_answers_is_told_in_time() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(Unavailable, match="does not answer in time"),
    ):
        open_engine(PlainEngine("127.0.0.1", silent.getsockname()[1]), timeout=0.2)


def test_a_host_may_not_be_an_option_of_the_ssh_client(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with pytest.raises((Refused, Unavailable)):
        open_engine(SshEngine(f"-oProxyCommand=touch {mark}"), timeout=2)
    assert not mark.exists()
