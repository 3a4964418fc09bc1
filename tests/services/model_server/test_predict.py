"""`/predict`: what is right, what is wrong and why, and requests that share a batch."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.svm import SVR

from services.http.loop import run
from services.registry.model import Field, FieldType, Signature, Task

GOOD = {"a": 1, "b": 2.5, "c": -3}
MIXED = Signature(
    (Field("n", "n", FieldType.INTEGER), Field("flag", "flag", FieldType.BOOLEAN),
     Field("x", "x", nullable=True),
     Field("o", "o", required=False)),
    Field("y", "y"), Task.REGRESSION,
)  # fmt: skip


class Failing(SVR):
    """A model with a bug for some rows, and a refusal for others."""

    def predict(self, rows: Any) -> Any:
        if (rows[:, 0] == 666).any():
            raise KeyError("a secret inside")
        if (rows[:, 0] == 13).any():
            raise ValueError("thirteen is not for me")
        return super().predict(rows)


@pytest.fixture
def forest(deploys: Any, tmp_path: Path) -> Any:
    model = RandomForestRegressor(n_estimators=10).fit(*deploys.data())
    deploys.write(tmp_path / "forest", model)
    return model, deploys.load(tmp_path / "forest")


def test_bad_input_is_told_with_field_and_reason(
    asking: Callable[..., Any], forest: Any, bad_body: Any
) -> None:
    body, status, field = bad_body

    async def main() -> None:
        async with asking(forest[1]) as asked:
            answer = await asked.post("/predict", body)
            error = json.loads(answer.body)["error"]
            assert (answer.status, error.get("field", "")) == (status, field or ""), error
            assert error["message"]
            assert "Traceback" not in error["message"]

    run(main())


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"instances":[{"a":1e300,"b":2,"c":3}]}', "instances"),
        (b'{"instances":' + b"[" * 5000, "instances[0]"),
    ],
)
def test_what_the_model_or_the_reader_cannot_take_is_told_too(
    asking: Callable[..., Any], forest: Any, body: Any, field: str
) -> None:
    async def main() -> None:
        async with asking(forest[1]) as asked:
            answer = await asked.post("/predict", body)
            assert (answer.status, json.loads(answer.body)["error"]["field"]) == (422, field)

    run(main())


def test_integers_booleans_nulls_and_optional_inputs(
    asking: Callable[..., Any], deploys: Any, tmp_path: Path
) -> None:
    from sklearn.ensemble import HistGradientBoostingRegressor

    inputs, target = deploys.data()
    import numpy as np

    deploys.write(
        tmp_path, HistGradientBoostingRegressor(max_iter=5).fit(np.c_[inputs, inputs[:, 0]], target), MIXED
    )
    loaded = deploys.load(tmp_path)

    async def main() -> None:
        async with asking(loaded) as asked:
            for row in ({"n": 5, "flag": True, "x": None}, {"n": 5.0, "flag": False, "x": 1, "o": 2}):
                assert (await asked.predict(row)).status == 200
            for row, field in (
                ({"n": 5.5, "flag": True, "x": 1}, "n"), ({"n": 2**60, "flag": True, "x": 1}, "n"),
                ({"n": 5, "flag": 1, "x": 1}, "flag"), ({"n": 5, "flag": True}, "x"),
                ({"n": 5, "flag": True, "x": 1, "o": None}, "o"),
            ):  # fmt: skip
                answer = await asked.predict(row)
                assert answer.status == 422
                assert json.loads(answer.body)["error"]["field"] == f"instances[0].{field}"

    run(main())


def test_each_of_many_concurrent_requests_gets_its_own_rows_answer(
    asking: Callable[..., Any], forest: Any
) -> None:
    model, loaded = forest

    async def main() -> None:
        async with asking(loaded) as asked:
            rows = [[{"a": i / 7, "b": -i, "c": j} for j in range(1 + i % 5)] for i in range(150)]
            answers = await asyncio.gather(*(asked.predict(*some) for some in rows))
            for some, answer in zip(rows, answers, strict=True):
                told = json.loads(answer.body)
                expected = model.predict([list(row.values()) for row in some]).tolist()
                assert (told["predictions"], told["probabilities"]) == (expected, None)
                assert told["revision"] == loaded.revision

    run(main())


def test_ten_thousand_rows_in_one_request(asking: Callable[..., Any], forest: Any) -> None:
    model, loaded = forest

    async def main() -> None:
        async with asking(loaded) as asked:
            rows = [{"a": i / 10, "b": 1.0, "c": 0.0} for i in range(10_000)]
            big = asyncio.create_task(asked.predict(*rows))
            assert (await asked.predict(GOOD)).status == 200
            told = json.loads((await big).body)["predictions"]
            assert told == model.predict([list(row.values()) for row in rows]).tolist()
            assert (await asked.post("/predict", b'{"instances":[' + b" " * 300_000)).status == 400

    run(main())


def test_a_body_over_the_limit_is_refused(asking: Callable[..., Any], forest: Any) -> None:
    async def main() -> None:
        async with asking(forest[1]) as asked:
            answer = await asked.post("/predict", b" " * (33 << 20))
            assert answer.status == 413

    run(main())


def test_rows_that_the_model_refuses_fail_alone(
    asking: Callable[..., Any], deploys: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import joblib

    inputs, target = deploys.data()
    deploys.write(tmp_path, SVR().fit(inputs, target))
    joblib.dump(SVR().fit(inputs, target), tmp_path / "model.joblib")
    loaded = deploys.load(tmp_path)
    failing = Failing().fit(inputs, target)
    loaded.predictor._compute = lambda rows: (failing.predict(rows), None)

    async def main() -> None:
        async with asking(loaded) as asked:
            rows = [GOOD | {"a": value} for value in (1, 13, 2, 666, 3)]
            answers = await asyncio.gather(*(asked.predict(row) for row in rows))
            assert [answer.status for answer in answers] == [200, 422, 200, 500, 200]
            assert b"secret" not in answers[3].body
            assert "thirteen" in json.loads(answers[1].body)["error"]["message"]

    run(main())
    assert "a secret inside" in caplog.text


def test_a_slow_model_does_not_hold_up_the_loop(
    asking: Callable[..., Any], deploys: Any, tmp_path: Path, until: Callable[..., Any]
) -> None:
    import threading

    deploys.write(tmp_path, LinearRegression().fit(*deploys.data()))
    loaded = deploys.load(tmp_path)
    go, threads = threading.Event(), []
    compute = loaded.predictor._compute

    def slow(rows: Any) -> Any:
        threads.append(threading.current_thread().name)
        assert go.wait(10)
        return compute(rows)

    loaded.predictor._compute = slow

    async def main() -> None:
        async with asking(loaded) as asked:
            first = asyncio.create_task(asked.predict(GOOD))
            await until(lambda: threads)
            assert (await asked.client.request("GET", "/health")).status == 200
            second = asyncio.create_task(asked.predict(GOOD))
            assert (await asked.client.request("GET", "/health")).status == 200
            go.set()
            assert (await first).status == (await second).status == 200

    run(main())
    assert threads[0] == "predict_0"


def test_a_swap_of_revisions_under_load_loses_no_request(
    asking: Callable[..., Any], deploys: Any, tmp_path: Path, until: Callable[..., Any]
) -> None:
    inputs, target = deploys.data()
    loaded = []
    for number in (1, 2):
        deploys.write(tmp_path / str(number), LinearRegression().fit(inputs, target * number))
        loaded.append(deploys.load(tmp_path / str(number)))
    expected = {one.revision: one.predictor._compute([[1, 2.5, -3]])[0][0] for one in loaded}

    async def main() -> None:
        async with asking(loaded[0]) as asked:
            seen: set[Any] = set()

            async def ask() -> None:
                while len(seen) < 2:
                    told = json.loads((await asked.predict(GOOD)).body)
                    assert told["predictions"] == [expected[told["revision"]]]
                    seen.add(told["revision"])

            asking_all = [asyncio.create_task(ask()) for _ in range(16)]
            await until(lambda: seen)
            asked.service.adopt(loaded[1], None)
            await asyncio.gather(*asking_all)

    run(main())
