"""The process: how it starts without its store, how it ends, and what it refuses to do."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from services.errors import Unavailable
from services.registry.tokens import service_token
from tests.services.gateway.api.conftest import Platform, StubModel

ROW = {"ph": 3.5, "alcohol": 9.5}


@pytest.fixture
def platform(tmp_path: Path, helpers: SimpleNamespace) -> Iterator[Platform]:
    made = helpers.Platform(tmp_path)
    yield made
    made.close()


def test_it_answers_from_its_snapshot_while_the_store_is_down(
    platform: Any, model: StubModel, helpers: SimpleNamespace
) -> None:
    platform.register("wine", "A", helpers.signature("ph", "alcohol"), model.address)
    platform.start()
    with platform.client() as client:
        assert client.predict("wine", [ROW])[0].prediction == 13.0
    assert platform.stop() == 0
    platform.start(store="cassandra:127.0.0.1:9")
    with platform.client() as client:
        assert client.health().store == "unreachable"
        assert client.predict("wine", [ROW])[0].prediction == 13.0
        assert client.projects() == ["wine"]
        assert client.desired("wine", "A").mode == "champion"
        with pytest.raises(Unavailable):
            client.history("wine")


def test_it_ends_when_its_parent_does_and_answers_what_was_asked(
    platform: Any, model: StubModel, helpers: SimpleNamespace
) -> None:
    platform.register("wine", "A", helpers.signature("ph", "alcohol"), model.address)
    platform.start()
    model.delay = 0.5
    answers = []

    def ask() -> None:
        with platform.client() as client:
            answers.extend(client.predict("wine", [ROW]))

    asking = threading.Thread(target=ask)
    asking.start()
    helpers.wait_until(lambda: model.seen)
    assert platform.stop() == 0
    asking.join()
    assert [answer.prediction for answer in answers] == [13.0]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
def test_a_signal_to_end_is_obeyed(platform: Any) -> None:
    platform.start()
    platform._process.send_signal(signal.SIGTERM)
    assert platform._process.wait(20) == 0
    platform.stop()


@pytest.mark.parametrize(
    ("options", "secret", "words"),
    [
        (["--host", "0.0.0.0"], "s", "--plain-http-beyond-loopback"),
        ([], "", "RELEVO_SECRET"),
        (["--certificate", "none.pem", "--key", "none.pem"], "s", "certificate"),
    ],
)
def test_what_is_not_safe_is_refused_in_words(
    tmp_path: Path, options: Any, secret: str, words: str
) -> None:
    command = [
        sys.executable, "-m", "app", "gateway",
        "--store", f"sqlite:{tmp_path}", "--spool", str(tmp_path / "spool"), *options,
    ]  # fmt: skip
    environment = {**os.environ, "RELEVO_SECRET": secret}
    ended = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


def test_what_is_damaged_in_its_spool_is_told_while_all_else_goes_on(
    platform: Any, model: StubModel, helpers: SimpleNamespace
) -> None:
    platform.register("wine", "A", helpers.signature("ph", "alcohol"), model.address)
    platform.start()
    platform.stop()
    platform.start(store="cassandra:127.0.0.1:9")
    with platform.client() as client:
        client.predict("wine", [ROW, ROW])
    assert platform.stop() == 0
    entries = sqlite3.connect(platform.folder / "spool" / "entries.sqlite3")
    with entries:
        entries.execute("UPDATE entries SET payload = x'c1'")
    entries.close()
    platform.start()
    with platform.client() as client:
        helpers.wait_until(lambda: client.health().spool.set_aside_rows == 2)
        client.predict("wine", [ROW])
        helpers.wait_until(lambda: client.health().spool.rows == 0)
    with platform.http() as http:
        assert "relevo_set_aside_batches 1.0\nrelevo_set_aside_rows 2.0" in without_comments(
            http.get("/metrics").text
        )
    told = subprocess.run(
        [sys.executable, "-m", "app", "status", "--gateway", platform.address],
        env={**os.environ, "RELEVO_TOKEN": platform.admin_token},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 1
    assert "2 rows set aside" in told.stdout
    assert "'wine' are damaged in the spool" in platform.log()


def without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("#"))


@pytest.mark.parametrize("snapshot", [None, "", '{"projects": [1]}'])
def test_without_a_store_and_without_a_readable_snapshot_it_answers_503_to_every_token_and_protocol(
    platform: Any, model: StubModel, helpers: SimpleNamespace, snapshot: str | None
) -> None:
    platform.register("wine", "A", helpers.signature("ph", "alcohol"), model.address)
    if snapshot is not None:
        (platform.folder / "spool").mkdir()
        (platform.folder / "spool" / "snapshot.json").write_text(snapshot)
    platform.start(store="cassandra:127.0.0.1:9")
    asked: tuple[tuple[str, str, Any], ...] = (
        ("POST", "/v1/projects/wine/predict", {"instances": [ROW]}),
        ("POST", "/v1/projects/wine/invocations", {"dataframe_records": [ROW]}),
        ("POST", "/v2/models/wine/infer", {"inputs": []}),
        ("POST", "/v1/projects/wine/labels", []),
        ("GET", "/v1/projects", None),
        ("GET", "/v1/projects/wine", None),
    )
    with platform.http() as http:
        for method, path, body in asked:
            answer = http.request(method, path, json=body)
            assert answer.status_code == 503, (path, answer.text)
            assert int(answer.headers["retry-after"]) >= 1
    with platform.http(service_token(helpers.SECRET, "wine", "A")) as http:
        for path in ("/v1/projects", "/v1/projects/wine/versions/A/desired"):
            assert http.get(path).status_code == 503
    with platform.http("") as http:
        assert http.get("/v1/projects").status_code == 401
