"""The service in R: the contract's cases that Python has too, and what only R can get wrong."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import images
from services.containers.program import program_command
from services.errors import InvalidInput
from services.http.client import HttpClient
from services.http.errors import InvalidJson
from services.http.loop import run
from services.model_server.deploy import read_deploy
from services.model_server.instances import InstanceDecoder
from services.model_server.loading import load_model, sha256_of
from services.registry.model import Signature
from tests.services.model_server.conftest import Process, RMaker

SECRET_ROUTES = (
    ("POST", "/predict"), ("GET", "/model"), ("POST", "/revision"), ("POST", "/retrain"),
    ("GET", "/retrain/x"), ("DELETE", "/retrain/x"),
)  # fmt: skip


class Alone:
    """A service in R that serves a deploy folder's own model."""

    def __init__(self, process: Any, log: Any) -> None:
        self.process, self.log = process, log

    def ask(self, method: Any, path: Any, body: Any = b"", token: Any = "own", **headers: Any) -> Any:
        """Its answer, and the JSON in it."""

        async def ask() -> Any:
            client = HttpClient(self.process.address)
            try:
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                sent = {"authorization": f"Bearer {token}"} | headers
                return await client.request(method, path, content, sent)
            finally:
                await client.close()

        answer = run(ask())
        return answer, json.loads(answer.body)

    def predict(self, *rows: Any) -> Any:
        """Ask for these rows."""
        return self.ask("POST", "/predict", {"instances": list(rows)})


@pytest.fixture(scope="module")
def alone(
    trained_in_r: Path, start_process: type[Process], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Alone]]:
    started = {}
    for name in ("linear_1", "classes", "mixed", "odd", "forest", "tree", "discriminant", "plain"):
        log = tmp_path_factory.mktemp("log") / f"{name}.log"
        arguments = ("serve", str(trained_in_r / name), "--alone")
        started[name] = Alone(start_process(*arguments, log=log, RELEVO_TOKEN="own"), log)
    yield started.__getitem__
    assert [one.process.close() for one in started.values()] == [0] * len(started)


def test_bad_input_is_told_with_field_and_reason(alone: Callable[[str], Alone], bad_body: Any) -> None:
    body, status, field = bad_body
    answer, told = alone("linear_1").ask("POST", "/predict", body)
    assert (answer.status, told["error"].get("field", "")) == (status, field or ""), told
    assert told["error"]["message"]


def test_an_order_nested_without_end_is_refused_and_the_service_goes_on(
    alone: Callable[[str], Alone],
) -> None:
    nested = b"[" * 500_000 + b"]" * 500_000
    body = b'{"data_url":"http://127.0.0.1:1/","parameters":{"x":' + nested + b"}}"
    answer, told = alone("linear_1").ask("POST", "/retrain", body)
    assert (answer.status, told["error"]["message"]) == (400, "the body is nested too deeply")
    assert alone("linear_1").ask("POST", "/revision", b'{"revision":' + nested + b"}")[0].status == 422
    assert alone("linear_1").predict({"a": 1, "b": 2, "c": 3})[0].status == 200


@pytest.mark.parametrize(
    "body",
    ["[", " [", "[[", "[1", "[}", "[]x", "[NaN", "NaN", "{", '{"', "t", "x", "]", '"', "-", '{"instances"',
     '{"instances":', '{"instances":[', '{"instances": [[', '{"instances":{', '{"instances":"', "\x00"],
)  # fmt: skip
def test_what_is_no_whole_json_is_refused_as_in_python(alone: Callable[[str], Alone], body: str) -> None:
    deploy = alone("linear_1").ask("GET", "/model")[1]
    decoder = InstanceDecoder(msgspec.convert(deploy["signature"], Signature))
    with pytest.raises(InvalidInput) as expected:
        decoder.decode(body.encode())
    answer, told = alone("linear_1").ask("POST", "/predict", body.encode())
    status = 400 if isinstance(expected.value, InvalidJson) else 422
    field = getattr(expected.value, "field", "")
    assert (answer.status, told["error"].get("field", "")) == (status, field), told
    assert all(
        one.startswith("the body") or field for one in (expected.value.message, told["error"]["message"])
    )


def test_what_texts_hold_is_no_nesting_and_no_number(alone: Callable[[str], Alone]) -> None:
    answer, told = alone("linear_1").ask("POST", "/predict", {"instances": [{"[" * 100 + "NaN": 1}]})
    assert (answer.status, told["error"]["code"]) == (422, "invalid_input")
    assert "is not an input" in told["error"]["message"]


def test_of_a_name_written_twice_the_last_counts(alone: Callable[[str], Alone]) -> None:
    once = alone("linear_1").predict({"a": 5, "b": 2, "c": 3})[1]
    body = b'{"instances":[{"a":1,"b":2,"c":3,"a":5}]}'
    assert alone("linear_1").ask("POST", "/predict", body)[1] == once


def test_integers_booleans_texts_nulls_and_optional_inputs(alone: Callable[[str], Alone]) -> None:
    service = alone("mixed")
    good = {"n": 5, "flag": True, "x": None, "colour": "red"}
    assert service.predict(good, good | {"n": 6.0, "x": 1, "o": 2, "colour": "été"})[1]["predictions"] == [
        1106.3,
        7.3,
    ]
    for change, field in (
        ({"n": 5.5}, "n"), ({"n": 2**60}, "n"), ({"flag": 1}, "flag"), ({"o": None}, "o"),
        ({"colour": 1}, "colour"), ({"colour": "r" * 4097}, "colour"), ({"x": []}, "x"), ({"x": {}}, "x"),
    ):  # fmt: skip
        answer, told = service.predict(good | change)
        assert (answer.status, told["error"]["field"]) == (422, f"instances[0].{field}"), told
    del good["x"]
    assert service.predict(good)[1]["error"]["message"] == "instances[0].x is required"


def test_rows_that_the_model_refuses_are_told_and_a_bug_is_not(alone: Callable[[str], Alone]) -> None:
    service = alone("mixed")
    good = {"n": 5, "flag": True, "x": 1, "colour": "red"}
    answer, told = service.predict(good | {"n": 13})
    assert answer.status == 422
    assert "thirteen is not for me" in told["error"]["message"]
    answer, told = service.predict(good | {"n": 666})
    assert (answer.status, told["error"]["code"]) == (500, "internal")
    assert b"secret" not in answer.body
    assert "a_secret_inside" in service.log.read_text()
    assert service.predict(good | {"n": 99})[0].status == 422


@pytest.mark.parametrize("name", ["classes", "forest", "tree", "discriminant", "plain"])
def test_classes_come_with_rs_own_probabilities_in_their_order_to_the_last_digit(
    alone: Callable[[str], Alone], trained_in_r: Path, name: str
) -> None:
    expected = json.loads((trained_in_r / f"{name}_told.json").read_text())
    told = alone(name).predict(*expected["rows"])[1]
    assert (told["predictions"], told["classes"]) == (expected["predictions"], ["no", "yes"])
    given = expected.get("probabilities")
    assert told["probabilities"] == (given and [[float(text) for text in row] for row in given])


def test_numbers_come_without_classes(alone: Callable[[str], Alone]) -> None:
    told = alone("linear_1").predict({"a": 1, "b": 2, "c": 3})[1]
    assert (told["classes"], told["probabilities"]) == (None, None)


def test_ten_thousand_rows_in_one_request(alone: Callable[[str], Alone]) -> None:
    rows = [{"a": number / 7, "b": 1.0, "c": 0} for number in range(10_000)]
    told = alone("linear_1").predict(*rows)[1]["predictions"]
    assert len(told) == 10_000
    assert told[7] == alone("linear_1").predict(rows[7])[1]["predictions"][0]


def test_a_body_over_the_limit_is_refused(alone: Callable[[str], Alone]) -> None:
    answer, told = alone("linear_1").ask("POST", "/predict", b" " * (33 << 20))
    assert (answer.status, told["error"]["code"]) == (413, "too_large")


def test_every_route_but_health_asks_for_the_services_own_token(alone: Callable[[str], Alone]) -> None:
    service = alone("linear_1")
    assert service.ask("GET", "/health", token="")[1]["status"] == "ok"
    for method, path in SECRET_ROUTES:
        for token in ("", "other", "öwn"):
            answer, told = service.ask(method, path, b"{}", token)
            assert (answer.status, told["error"]["code"]) == (401, "unauthorized")


def test_the_model_tells_what_it_is_with_the_columns_that_python_makes(
    alone: Callable[[str], Alone], trained_in_r: Path
) -> None:
    for name in ("odd", "classes", "mixed"):
        deploy = read_deploy(trained_in_r / name)
        told = alone(name).ask("GET", "/model")[1]
        assert (told["project"], told["version"], told["task"]) == ("plant", "A", deploy.task)
        columns = [field["column"] for field in [*told["signature"]["inputs"], told["signature"]["target"]]]
        # Read anew without the names that R gave, so that Python gives its own.
        written = json.loads((trained_in_r / name / "model.json").read_text())["signature"]
        assert columns == _columns_of_python([*written["inputs"], written["target"]])
        assert told["revision"] == sha256_of((trained_in_r / name / "model.rds").read_bytes())


def _columns_of_python(fields: Any) -> Any:
    from services.store.names import column_for

    columns: list[Any] = []
    for field in fields:
        columns.append(column_for(field["name"], frozenset(columns)))
    return columns


def test_routes_and_methods_that_are_not_there(alone: Callable[[str], Alone]) -> None:
    assert alone("linear_1").ask("GET", "/nowhere")[0].status == 404
    answer, told = alone("linear_1").ask("PUT", "/predict")
    assert (answer.status, told["error"]["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize(
    ("order", "status", "field"),
    [
        ({"data_url": "http://x/", "window": {"kind": "sliding"}}, 422, "window"),
        ({"data_url": "http://x/", "window": {"kind": "expanding", "rows": 5}}, 422, "window"),
        ({"data_url": "http://x/", "window": {"kind": "sliding", "rows": "5"}}, 422, "window.rows"),
        ({"data_url": "http://x/", "window": {"kind": "weekly"}}, 422, "window.kind"),
        ({"data_url": 7}, 422, "data_url"),
        ({"window": {}}, 422, "data_url"),
        ({"data_url": "http://x/", "more": 1}, 422, "more"),
        ({"data_url": "http://x/"}, 404, ""),
    ],
)
def test_a_service_that_runs_alone_says_what_it_cannot_do(
    alone: Callable[[str], Alone], order: Any, status: int, field: str
) -> None:
    answer, told = alone("linear_1").ask("POST", "/retrain", order)
    assert (answer.status, told["error"].get("field", "")) == (status, field), told
    assert alone("linear_1").ask("POST", "/revision", {"revision": "a"})[0].status == 409
    assert alone("linear_1").ask("POST", "/revision", b"no JSON")[0].status == 400


def test_it_says_what_it_lacks(trained_in_r: Path, maker_of_r: RMaker, tmp_path: Path) -> None:
    def said(folder: Any, *arguments: Any, **environment: Any) -> Any:
        command = [*program_command("serve"), str(folder), *arguments]
        environment = {**os.environ, "RELEVO_TOKEN": "own"} | environment
        return subprocess.run(
            command, capture_output=True, text=True, timeout=60, check=False, env=environment
        )

    without_r = said(trained_in_r / "classes", "--alone", PATH="")
    assert without_r.returncode == 1
    assert "there is no Rscript on the path\nInstall R" in without_r.stderr
    artifact = maker_of_r.linear(tmp_path)
    artifact.write_bytes(b"rubbish")
    assert "cannot be loaded" in said(tmp_path, "--alone").stderr
    facts = json.loads((tmp_path / "model.json").read_text())
    (tmp_path / "model.json").write_text(json.dumps(facts | {"library": "nowhere.to.be.found 1.0"}))
    assert "needs the R package nowhere.to.be.found" in said(tmp_path, "--alone").stderr
    assert "is a model in R" in _python_says(trained_in_r / "linear_1")


def test_it_tells_the_package_of_the_model_where_the_folder_names_none(
    trained_in_r: Path, start_process: type[Process], tmp_path: Path
) -> None:
    shutil.copytree(trained_in_r / "linear_1", tmp_path / "deploy")
    facts = json.loads((tmp_path / "deploy" / "model.json").read_text())
    del facts["library"]
    (tmp_path / "deploy" / "model.json").write_text(json.dumps(facts))
    log = tmp_path / "log"
    service = Alone(
        start_process("serve", str(tmp_path / "deploy"), "--alone", log=log, RELEVO_TOKEN="own"), log
    )
    assert re.fullmatch(r"stats \d+\.\d+\.\d+", service.ask("GET", "/model")[1]["library"])
    assert service.process.close() == 0


LOAD_ANOTHER = """
folder <- commandArgs(TRUE)[1]
for (part in c("faults", "json", "deploy", "instances", "model")) source(paste0(part, ".R"))
content <- readBin(file.path(folder, "model.rds"), "raw", 1e6)
load_model(folder, read_deploy(folder), content, strrep("0", 64))
"""


def test_bytes_that_are_not_the_registered_ones_are_not_loaded(trained_in_r: Path) -> None:
    service = images.path("model-r", "service")
    command = ["Rscript", "-e", LOAD_ANOTHER, str(trained_in_r / "linear_1")]
    told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=service)
    assert told.returncode == 1
    assert "registered is 000000000000…; it is not loaded" in told.stderr


def _python_says(folder: Any) -> Any:
    from services.errors import InvalidInput

    with pytest.raises(InvalidInput) as told:
        load_model(folder, read_deploy(folder), b"", "")
    return told.value.message


def test_it_ends_when_the_process_that_holds_it_is_killed(
    trained_in_r: Path, start_process: type[Process], tmp_path: Path
) -> None:
    import psutil

    log = tmp_path / "log"
    held = start_process("serve", str(trained_in_r / "linear_1"), "--alone", log=log, RELEVO_TOKEN="own")
    [service] = psutil.Process(held.process.pid).children()
    held.kill()
    service.wait(20)
