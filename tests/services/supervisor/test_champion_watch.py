"""The supervisor tells by the alert channels when a champion ceases to answer, and when it is back."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from app.commands import alerts as alerts_command
from services.alerts.model import AlertState
from services.errors import InvalidInput
from services.registry.model import Mode
from services.store.sqlite import SqliteStore
from services.supervisor.champion_watch import why_silent
from tests.waiting import eventually


class Servers:
    """A model service and a webhook's receiver, in one web server.

    Attributes:
        well: whether `/health` says that a model is loaded.
        asked: how often it was asked.
        alerts: what was posted, decoded, with the headers.
    """

    def __init__(self) -> None:
        self.well = True
        self.asked = 0
        self.alerts: list[tuple[dict[str, str], dict[str, str]]] = []
        self.address = ""


@pytest.fixture
def servers() -> Iterator[Servers]:
    made = Servers()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if made.well else 503)
            self.end_headers()
            made.asked += 1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.alerts.append((msgspec.json.decode(body), dict(self.headers)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, name="servers")
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_supervisor_tells_a_webhook_of_a_silent_champion_once_and_of_its_return(
    store: SqliteStore, servers: Servers, tmp_path: Path
) -> None:
    known = store.project("wine")
    assert known is not None
    champion = known.version("A")
    assert champion is not None
    store.register(
        msgspec.structs.replace(champion, endpoint=servers.address, mode=Mode.CHAMPION), who="test"
    )
    command = [
        sys.executable, "-m", "app", "supervisor", "--store", f"sqlite:{tmp_path / 'workspace'}", "--held",
        "--pause-seconds", "0.2", "--alert", f"webhook={servers.address}/hook", "--alert", "log",
    ]  # fmt: skip
    log = tmp_path / "supervisor.log"
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, "RELEVO_ALERT_SECRET": "secret"},
        ) as process,
    ):
        assert process.stdin is not None
        eventually(lambda: servers.asked, seen=log.read_text)
        servers.well = False
        eventually(lambda: servers.alerts, seen=log.read_text)
        servers.well = True
        eventually(lambda: len(servers.alerts) == 2, seen=log.read_text)
        process.stdin.close()
    fired, resolved = (alert for alert, _ in servers.alerts)
    assert (fired["state"], resolved["state"]) == (AlertState.FIRING, AlertState.RESOLVED)
    assert fired["title"] == "Champion A of wine does not answer"
    assert "status 503" in fired["message"]
    assert fired["since"] == resolved["since"]
    assert fired["key"] != resolved["key"]
    assert all(headers["X-Relevo-Signature"].startswith("sha256=") for _, headers in servers.alerts)
    assert "alert firing: Champion A of wine does not answer" in log.read_text()
    assert servers.address not in (store.setting("alerts") or "")


def test_why_a_service_is_silent_is_told_in_words(servers: Servers) -> None:
    assert why_silent(servers.address) == ""
    servers.well = False
    assert "503" in why_silent(servers.address)
    assert why_silent("") == "No service has registered yet"
    for nowhere in ("http://127.0.0.1:9", "http://127.0.0.1:99999", "nonsense"):
        assert why_silent(nowhere) == "Its service cannot be reached"


def test_the_command_sends_a_test_by_each_channel_and_says_what_became_of_it(
    servers: Servers, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RELEVO_ALERT_SECRET", "secret")
    monkeypatch.setenv("RELEVO_ALERTS", f"webhook={servers.address}/hook log")
    assert alerts_command.main(["test"]) == 0
    [(alert, _)] = servers.alerts
    assert alert["state"] == "test"
    assert capsys.readouterr().out.count(f"taken, key {alert['key']}") == 2
    assert alerts_command.main(["test", "--alert", "webhook=http://127.0.0.1:9/"]) == 1
    assert "not taken: the webhook cannot be reached" in capsys.readouterr().err
    monkeypatch.delenv("RELEVO_ALERT_SECRET")
    with pytest.raises(InvalidInput, match="signed"):
        alerts_command.main(["test"])
