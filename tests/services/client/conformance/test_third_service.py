"""A service of nobody's making fulfils the contract; each fault in it is found and named."""

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app.commands.conformance import main
from services.client.conformance import Finding, RuleOutcome, check_service
from services.client.conformance.service_client import ServiceAnswer, ServiceClient
from services.errors import Unavailable

TOKEN = "the-services-own"
SERVICE = Path(__file__).parent / "minimal.js"

Running = Callable[..., str]


class _Data(BaseHTTPRequestHandler):
    """The part of a gateway that a retraining asks: rows, one a line."""

    def do_GET(self) -> None:
        self.send_response(200 if self.headers["Authorization"] == f"Bearer {TOKEN}" else 401)
        self.end_headers()
        self.wfile.write(b'{"length":1,"blooms":"yes"}\n{"length":2,"blooms":"no"}\n')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def gateway() -> Iterator[str]:
    serving = ThreadingHTTPServer(("127.0.0.1", 0), _Data)
    serving.daemon_threads = False
    thread = threading.Thread(target=serving.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()
    serving.server_close()
    thread.join()


@contextmanager
def running(gateway: str, fault: str = "") -> Iterator[str]:
    """The address of a service that breaks this rule."""
    node = shutil.which("node") or shutil.which("nodejs")
    if node is None:
        if os.environ.get("RELEVO_REQUIRE_SERVERS"):
            pytest.fail("Node is not installed")
        pytest.skip("needs Node")
    process = subprocess.Popen(
        [node, str(SERVICE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "TOKEN": TOKEN, "GATEWAY": gateway, "FAULT": fault},
    )
    assert process.stdin
    assert process.stdout
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        process.wait(20)
        process.stdout.close()


def check(address: str, gateway: str = "") -> list[Finding]:
    with ServiceClient(address, TOKEN) as client:
        return list(check_service(client, gateway=gateway, retrain_seconds=30))


def missing(findings: list[Finding]) -> dict[str, str]:
    return {one.rule: one.words for one in findings if one.outcome is RuleOutcome.MISSING}


def test_a_service_without_any_code_of_ours_fulfils_every_rule(gateway: str) -> None:
    with running(gateway) as address:
        findings = check(address, gateway)
    assert {one.outcome for one in findings} == {RuleOutcome.MET}, findings


def test_without_a_gateway_retraining_is_said_to_be_unchecked(gateway: str) -> None:
    with running(gateway) as address:
        findings = check(address)
    left = [one.rule for one in findings if one.outcome is RuleOutcome.NOT_CHECKED]
    assert len(left) == 2
    assert not missing(findings)


@pytest.mark.parametrize(
    ("fault", "rule", "words"),
    [
        ("facts", "GET /model tells", "lacks 'library'"),
        ("sick", "GET /health", "answered 503"),
        ("closed-health", "GET /health", "asks for a token"),
        ("open-predict", "Every other route asks", "POST /predict without a token answered 200"),
        ("short", "one prediction for each row", "12 rows were answered by 11"),
        ("class", "one prediction for each row", "'perhaps' is none of"),
        ("silent-revision", "one prediction for each row", "no 'revision'"),
        ("hangs-up", "one prediction for each row", "no answer came"),
        ("order", "Probabilities stand", "classes are ['yes', 'no']"),
        ("sum", "Probabilities stand", "they sum to"),
        ("batch", "alone and in a batch", "row 1 alone gave"),
        ("shuffled", "alone and in a batch", "alone gave"),
        ("small", "A batch of 5,000", "answered 413"),
        ("lenient-missing", "lacks a required input", "a bad 'length' was answered"),
        ("lenient-unknown", "unknown input", "was answered 200"),
        ("lenient-null", "A null", "was answered 200"),
        ("anonymous", "wrong type", "does not name the field 'length'"),
        ("crash-on-type", "wrong type", "shows a stack trace"),
        ("trace", "wrong type", "shows a stack trace"),
        ("empty", "A batch without rows", "answered 500"),
        ("json", "no JSON is answered 400", "answered 500"),
        ("any-data", "its own gateway only", "answered 202"),
        ("any-revision", "A revision that there is not", "answered 200"),
        ("two-jobs", "POST /retrain", "a second one at the same time was answered 202"),
        ("progress", "POST /retrain", "progress went back"),
        ("state", "POST /retrain", "the state is 'finished'"),
        ("loads-itself", "POST /retrain", "was loaded by itself"),
    ],
)
def test_a_broken_rule_is_named_in_plain_words(gateway: str, fault: str, rule: str, words: str) -> None:
    with running(gateway, fault) as address:
        found = missing(check(address, gateway if rule == "POST /retrain" else ""))
    told = [said for sentence, said in found.items() if rule in sentence]
    assert told, found
    assert words in told[0]


def test_the_command_tells_and_ends_with_1_only_when_something_is_missing(
    gateway: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELEVO_TOKEN", TOKEN)
    with running(gateway) as address:
        assert main([address]) == 0
    assert "0 missing, 2 not checked" in capsys.readouterr().out
    with running(gateway, "sum") as address:
        assert main([address]) == 1
    told = capsys.readouterr().out
    assert "MISSING  Probabilities stand in the order of the classes and sum to 1" in told
    assert TOKEN not in told


def test_the_command_asks_for_rows_of_ones_own(
    gateway: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELEVO_TOKEN", TOKEN)
    rows = tmp_path / "rows.json"
    rows.write_text('[{"length":1,"petals":2,"wild":true,"soil":"clay"},{"length":"long"}]')
    with running(gateway) as address:
        assert main([address, "--instances", str(rows)]) == 1
    assert "2 good rows were answered 422" in capsys.readouterr().out


def test_a_service_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        check("http://127.0.0.1:9")


@pytest.mark.parametrize(
    "text",
    [
        'Traceback (most recent call last):\n  File "/srv/app.py", line 3, in <module>',
        "Error: x\\n    at predict (/srv/app.js:10:5)",
        "java.lang.NullPointerException\n\tat model.Server.predict(Server.java:42)",
        "System.Exception: x\n   at Model.Server.Predict(Row row) in /srv/Server.cs:line 7",
    ],
)
def test_traces_of_many_languages_are_recognised(text: str) -> None:
    assert ServiceAnswer(500, text).shows_trace()


def test_words_for_people_are_no_trace() -> None:
    words = '{"error":{"code":"invalid_input","message":"instances[0].ph must be a number, not a text"}}'
    assert not ServiceAnswer(422, words).shows_trace()
