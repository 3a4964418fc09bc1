"""The other routes, tokens, and the service before anything is loaded."""

import json
from collections.abc import Callable
from pathlib import Path
from platform import python_version
from typing import Any

import pytest
import sklearn
from sklearn.linear_model import LinearRegression, LogisticRegression

from services.http.loop import run


@pytest.fixture
def loaded(deploys: Any, tmp_path: Path) -> Any:
    inputs, target = deploys.data()
    labels = ["yes" if value > 0 else "no" for value in target]
    deploys.write(tmp_path, LogisticRegression().fit(inputs, labels), deploys.CLASSES)
    return deploys.load(tmp_path)


def test_before_a_revision_is_loaded_it_says_why_it_cannot_answer(asking: Callable[..., Any]) -> None:
    async def main() -> None:
        async with asking(None) as asked:
            for answer in (await asked.client.request("GET", "/health"), await asked.predict({"a": 1})):
                assert answer.status == 503
                assert "retry-after" in answer.headers
                assert "waiting for the gateway" in json.loads(answer.body)["error"]["message"]

    run(main())


def test_every_route_but_health_asks_for_the_services_own_token(
    asking: Callable[..., Any], loaded: Any
) -> None:
    async def main() -> None:
        async with asking(loaded) as asked:
            assert (await asked.client.request("GET", "/health")).status == 200
            for method, path in (
                ("POST", "/predict"), ("GET", "/model"), ("POST", "/revision"), ("POST", "/retrain"),
                ("GET", "/retrain/x"), ("DELETE", "/retrain/x"),
            ):  # fmt: skip
                for headers in ({}, {"authorization": "Bearer other"}, {"authorization": "Bearer öwn"}):
                    answer = await asked.client.request(method, path, b"{}", headers)
                    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (
                        401,
                        "unauthorized",
                    )

    run(main())


def test_classes_come_with_probabilities_in_their_order(asking: Callable[..., Any], loaded: Any) -> None:
    async def main() -> None:
        async with asking(loaded) as asked:
            told = json.loads(
                (await asked.predict({"a": 9, "b": 0, "c": 0}, {"a": -9, "b": 0, "c": 0})).body
            )
            assert told["predictions"] == ["yes", "no"]
            assert told["classes"] == ["no", "yes"]
            assert [row.index(max(row)) for row in told["probabilities"]] == [1, 0]

    run(main())


def test_the_model_tells_what_it_is(asking: Callable[..., Any], loaded: Any) -> None:
    async def main() -> None:
        async with asking(loaded) as asked:
            answer = await asked.client.request("GET", "/model", headers=asked.headers)
            told = json.loads(answer.body)
            assert (told["project"], told["version"], told["revision"]) == ("plant", "A", loaded.revision)
            assert told["signature"]["classes"] == ["no", "yes"]
            assert told["library"] == f"scikit-learn {sklearn.__version__}"

    run(main())


@pytest.mark.parametrize(
    ("written", "told"), [("spark 4.0", "spark 4.0"), ("", f"Python {python_version()}")]
)
def test_it_tells_what_trained_the_model_or_what_the_model_is_made_of(
    deploys: Any, tmp_path: Path, written: str, told: Any
) -> None:
    (tmp_path / "predict.py").write_text(
        "class Constant:\n    pass\n\ndef load(path):\n    return Constant()\n\n"
        "def predict(model, rows):\n    return [0.0] * len(rows)\n"
    )
    deploys.write(tmp_path, None, kind="function", module="predict.py", library=written)
    assert deploys.load(tmp_path).library == told


def test_a_service_that_runs_alone_says_what_it_cannot_do(
    asking: Callable[..., Any], deploys: Any, tmp_path: Path
) -> None:
    deploys.write(tmp_path, LinearRegression().fit(*deploys.data()))

    async def main() -> None:
        async with asking(deploys.load(tmp_path)) as asked:
            assert (await asked.post("/revision", {"revision": "a"})).status == 409
            assert (await asked.post("/retrain", {"data_url": "http://x/"})).status == 404
            assert (await asked.post("/revision", b"no JSON")).status == 400
            answer = await asked.post("/retrain", {"data_url": "http://x/", "window": {"kind": "sliding"}})
            assert answer.status == 422
            assert "sliding window needs" in json.loads(answer.body)["error"]["message"]

    run(main())
