"""The generated clients of the example projects, run on each runtime against a live gateway."""

import csv
import json
import os
import re
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from app.commands.client import main
from resources import path
from services.client import GatewayClient
from services.evaluation.model import Span
from services.evaluation.reader.reader import ProjectReader
from services.publish.demo.demo import Demo
from services.publish.demo.traffic_replay import ReplayPace
from services.registry.model import Listener
from services.store.connect import open_store

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
VERSION_7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

Run = Callable[..., list[str]]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, examples_in: Callable[[Path], None]) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("demo")
    examples_in(folder)
    with Demo(folder, ReplayPace(), lambda _done, _text: None) as running:
        yield running


@pytest.fixture
def client(demo: Demo) -> Iterator[GatewayClient]:
    with GatewayClient(demo.platform.gateway_address, demo.platform.client_token) as opened:
        yield opened


@pytest.fixture(scope="module")
def generate(demo: Demo) -> Callable[[str, Path], Path]:
    """Writes a project's client into a folder, by the program's own command and a client's token."""

    def generate(project: str, folder: Path) -> Path:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("RELEVO_TOKEN", demo.platform.client_token)
            code = main([
                "csharp", project, "--gateway", demo.platform.gateway_address, "--output", str(folder),
            ])  # fmt: skip
        assert code == 0
        return folder / f"{project.capitalize()}Client.cs"

    return generate


@pytest.fixture
def run_sample(
    demo: Demo, generate: Callable[[str, Path], Path], compile_csharp: Callable[..., Path],
    run_program: Run, tmp_path: Path,
) -> Callable[[str], list[str]]:  # fmt: skip
    """Compiles and runs an example project's sample."""

    def run(project: str) -> list[str]:
        program = tmp_path / "Program.cs"
        program.write_bytes(path("projects", project, "client", "Program.cs").read_bytes())
        made = compile_csharp(program, generate(project, tmp_path), program=True)
        address, token = demo.platform.gateway_address, demo.platform.client_token
        return run_program(made, RELEVO_GATEWAY=address, RELEVO_TOKEN=token)

    return run


@pytest.fixture(scope="module")
def driver(
    generate: Callable[[str, Path], Path],
    compile_csharp: Callable[..., Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The driver, compiled with the wine project's client."""
    folder = tmp_path_factory.mktemp("driver")
    source = folder / "Driver.cs"
    source.write_bytes((Path(__file__).parent / "Driver.cs").read_bytes())
    return compile_csharp(source, generate("wine", folder), program=True)


@pytest.fixture(scope="module")
def plain(compile_csharp: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that knows no generated client."""
    source = tmp_path_factory.mktemp("plain") / "Plain.cs"
    source.write_bytes((Path(__file__).parent / "Plain.cs").read_bytes())
    return compile_csharp(source, program=True)


@pytest.fixture(scope="module")
def drive(demo: Demo, driver: Path, run_program: Run) -> Run:
    """Runs the driver against the gateway, or against another address."""

    def drive(*words: str, address: str = demo.platform.gateway_address) -> list[str]:
        return run_program(driver, *words, ADDRESS=address, RELEVO_TOKEN=demo.platform.client_token)

    return drive


@pytest.fixture(scope="module")
def wines() -> list[dict[str, float]]:
    with path("projects", "wine", "data", "winequality-red.csv").open() as file:
        rows = [dict(row) for row in csv.DictReader(file, delimiter=";")]
    return [{name: float(row[name]) for name in row if name != "quality"} for row in rows[:300]]


def line(row: dict[str, float]) -> str:
    return ",".join(map(repr, row.values()))


class Between(ThreadingHTTPServer):
    """Stands between client and gateway; what it does with each answer is listed beforehand.

    `cut` drops the answer after the gateway has given it, `busy` answers 503 by itself, asking for a
    second's patience, `away` for ten minutes of it; `silent` says nothing until the test ends; `pass`
    hands on, as do all steps that are not listed.
    """

    daemon_threads = False

    def __init__(self, gateway: str, *plan: str) -> None:
        super().__init__(("127.0.0.1", 0), _Between)
        self.gateway = gateway
        self.plan = list(plan)
        self.bodies: list[bytes] = []
        self.asked, self.ended = threading.Event(), threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Between(BaseHTTPRequestHandler):
    server: Between

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(body)
        self.server.asked.set()
        step = self.server.plan.pop(0) if self.server.plan else "pass"
        self.close_connection = True
        if step == "silent":
            self.server.ended.wait(60)
            return
        if step in {"busy", "away"}:
            patience = {"Retry-After": "1" if step == "busy" else "600"}
            self._answer(503, b'{"error":{"code":"unavailable","message":"busy"}}', patience)
            return
        headers = {"Authorization": self.headers["Authorization"], "Content-Type": "application/json"}
        answer = requests.post(self.server.gateway + self.path, data=body, headers=headers, timeout=60)
        if step == "cut":
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self._answer(answer.status_code, answer.content, {})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def between(demo: Demo) -> Iterator[Callable[..., Between]]:
    """Starts a server between client and gateway."""
    running: list[tuple[Between, threading.Thread]] = []

    def start(*plan: str) -> Between:
        server = Between(demo.platform.gateway_address, *plan)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        running.append((server, thread))
        return server

    yield start
    for server, thread in running:
        server.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


def counted(demo: Demo) -> int:
    """How many rows of the wine project the champion answered, as anyone reads them."""
    store = open_store(demo.platform.store_address)
    try:
        return ProjectReader(store, "wine").refresh(Span.ALL).live["A"].predictions
    finally:
        store.close()


def shipped(demo: Demo, wanted: int) -> int:
    """The count, once it has come to what is wanted and the gateway holds nothing back."""
    with GatewayClient(demo.platform.gateway_address, demo.platform.admin_token) as gateway:
        for _ in range(300):
            if gateway.health().spool.rows == 0 and counted(demo) >= wanted:
                break
            threading.Event().wait(0.1)
    return counted(demo)


@contextmanager
def listening(demo: Demo, version: str, networks: tuple[str, ...] = ()) -> Iterator[int]:
    """A port of the wine project, or of one of its versions."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    with GatewayClient(demo.platform.gateway_address, demo.platform.admin_token) as gateway:
        gateway.put_listener(Listener(port, "wine", version, networks=networks))
        for _ in range(300):
            if [one.state for one in gateway.health().listeners if one.port == port] == ["listening"]:
                break
            threading.Event().wait(0.1)
        try:
            yield port
        finally:
            gateway.remove_listener(port)


def champions_url(demo: Demo) -> str:
    """Where the registry says that the champion is asked, as any program reads it."""
    store = open_store(demo.platform.store_address)
    try:
        wine = store.project("wine")
        champion = wine.version(wine.champion) if wine else None
        return champion.url if champion else ""
    finally:
        store.close()


def test_the_wine_sample_predicts_and_labels(
    run_sample: Callable[[str], list[str]],
) -> None:
    told = run_sample("wine")
    assert told[-1] == "1 label accepted"
    assert VERSION_7.fullmatch(told[0].split()[0])
    assert told[0].split()[2] == "A"


def test_the_iris_sample_gives_the_class_and_its_probabilities(
    run_sample: Callable[[str], list[str]], client: GatewayClient
) -> None:
    told = run_sample("iris")
    flower = {"sepal length": 5.1, "sepal width": 3.5, "petal length": 1.4, "petal width": 0.2}
    (same,) = client.predict("iris", [flower])
    assert same.probabilities is not None
    given = {one.split()[0].lower(): float(one.split()[1]) for one in told[:3]}
    assert given == pytest.approx(same.probabilities, rel=1e-12)
    assert told[3].split()[1].lower() == same.prediction
    assert told[4] == "1 label accepted"


def test_predictions_are_those_of_the_python_client_to_the_last_digit(
    drive: Run, client: GatewayClient, wines: list[dict[str, float]], tmp_path: Path
) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("\n".join(map(line, wines)))
    told = drive("rows", str(rows))
    assert [float(one.split()[1]) for one in told] == [
        one.prediction for one in client.predict("wine", wines)
    ]
    assert len({one.split()[0] for one in told}) == len(wines)


def test_an_answer_that_was_cut_is_asked_for_again_and_counts_once(
    demo: Demo, drive: Run, between: Callable[..., Between], wines: list[dict[str, float]]
) -> None:
    before = shipped(demo, 0)
    server = between("cut", "cut")
    told = drive("one", line(wines[0]), address=server.address)
    assert len(server.bodies) == 3
    assert len(set(server.bodies)) == 1
    assert VERSION_7.fullmatch(told[0].split()[0])
    assert shipped(demo, before + 1) == before + 1


def test_ids_of_ones_own_make_asking_again_later_count_once(
    demo: Demo, drive: Run, wines: list[dict[str, float]]
) -> None:
    before = shipped(demo, 0)
    first, second = drive("again", line(wines[1]))
    assert first == second
    assert shipped(demo, before + 1) == before + 1


def test_a_busy_gateway_is_left_alone_as_long_as_it_asks(
    drive: Run, between: Callable[..., Between], wines: list[dict[str, float]]
) -> None:
    server = between("busy", "busy")
    assert drive("one", line(wines[0]), address=server.address)[0].endswith(" A")
    assert len(server.bodies) == 3
    # Ten minutes of patience are more than the call may take: no further attempt is made.
    away = between("away")
    assert drive("one", line(wines[0]), address=away.address) == ["error 503 unavailable "]
    assert len(away.bodies) == 1


def test_waiting_can_be_cancelled(
    start: list[str], driver: Path, between: Callable[..., Between], wines: list[dict[str, float]]
) -> None:
    server = between("silent")
    process = subprocess.Popen(
        [*start, str(driver), "cancel", line(wines[0])],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "ADDRESS": server.address},
    )  # fmt: skip
    assert server.asked.wait(60)
    told, _ = process.communicate("now\n", timeout=60)
    assert told == "cancelled\n"
    assert len(server.bodies) == 1


def test_a_silent_gateway_is_given_up_after_the_attempts_time(
    drive: Run, between: Callable[..., Between], wines: list[dict[str, float]]
) -> None:
    server = between("silent", "silent", "silent")
    assert drive("timeout", line(wines[0]), address=server.address) == ["error 0 timeout "]
    assert len(server.bodies) == 2


def test_a_gateway_that_is_not_there_is_told_as_such(drive: Run, wines: list[dict[str, float]]) -> None:
    told = drive("one", line(wines[0]), address="http://127.0.0.1:9")
    assert told == ["error 0 unreachable "]
    why = drive("why", line(wines[0]), address="http://127.0.0.1:9")
    assert why == ["The gateway cannot be reached: Connection refused"]


def test_errors_name_the_field(drive: Run, wines: list[dict[str, float]]) -> None:
    assert drive("lacking", line(wines[0])) == ["error 422 invalid_input instances[1].pH"]
    assert drive("not-a-number", line(wines[0])) == ["error 422 invalid_input instances[0].pH"]


def test_labels_are_told_by_the_predictions_ids(
    drive: Run, client: GatewayClient, wines: list[dict[str, float]]
) -> None:
    ids = [one.id for one in client.predict("wine", wines[:2])]
    assert drive("label", *ids) == ["2 0 0", "1 1 0", "1 0 1"]


def test_a_version_is_asked_by_name(drive: Run, wines: list[dict[str, float]]) -> None:
    assert drive("version", line(wines[0]))[0].endswith(" B")


def test_a_port_of_the_projects_own_is_asked_at_its_root(
    demo: Demo, drive: Run, wines: list[dict[str, float]]
) -> None:
    with listening(demo, "") as port:
        told = drive("listener", line(wines[0]), address=f"http://127.0.0.1:{port}")
    assert told[0].endswith(" A")


def test_an_application_without_a_client_posts_plain_json_to_the_champions_url(
    demo: Demo, plain: Path, run_program: Run, client: GatewayClient, wines: list[dict[str, float]]
) -> None:
    expected = [one.prediction for one in client.predict("wine", wines[:3])]
    before = shipped(demo, 0)
    with listening(demo, "A", networks=("127.0.0.0/8",)) as port:
        url = champions_url(demo)
        assert url == f"http://127.0.0.1:{port}"
        status, prediction, prediction_id = run_program(plain, url, json.dumps(wines[0]))
        many = run_program(plain, url, json.dumps(wines[1:3]))
        wrong = run_program(plain, url, json.dumps({**wines[0], "pH": "sour"}))
    assert status == "200"
    assert [float(prediction), *json.loads(many[1])] == expected
    assert VERSION_7.fullmatch(prediction_id)
    assert wrong[0] == "422"
    assert json.loads(wrong[1])["error"]["field"].endswith("pH")
    assert shipped(demo, before + 3) == before + 3
    assert client.label("wine", [(prediction_id, 6)]).not_yet_matched == 0


def test_no_rows_and_no_labels_ask_nothing(drive: Run, between: Callable[..., Between]) -> None:
    server = between()
    assert drive("nothing", address=server.address) == ["0", "0 0 0"]
    assert drive("null", address=server.address) == ["inputs"]
    assert server.bodies == []
