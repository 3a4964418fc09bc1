"""A policy that draws: each row is read, answered and recorded as the version wants it that its id draws.

The policies stand in the registry of this process alone, so the gateway runs in a thread of it. A wants a
size and a colour, B a size, a weight and a whole number.
"""

import asyncio
import itertools
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import pytest

from services.client import GatewayClient
from services.errors import InvalidInput, Unavailable
from services.gateway.process import Gateway, GatewaySettings
from services.http.loop import loop_factory
from services.registry.model import Field, FieldType, Listener, Mode, PolicyChoice, Project, TokenRole
from services.registry.tokens import new_token
from services.routing import POLICIES, ArmProbabilities, choose
from services.store.batches import Categorical, PredictionBatch
from services.store.identifiers import Ids, format_id, new_ids, parse_id
from services.store.sqlite import SqliteStore

OF_A, OF_B = ("size", "colour"), ("size", "weight", "count")
FULL: dict[str, Any] = {"size": 1.5, "colour": "red", "weight": 2.25, "count": 3}
ROWS = 40
Rows = list[dict[str, Any]]
Say = Callable[[Rows, list[str]], tuple[str, dict[str, Any]]]


class ThirtySeventy:
    """A answers three rows of ten, B seven."""

    arms = ArmProbabilities(("A", "B"), np.array([0.3, 0.7]))

    def __init__(self, project: Project) -> None:
        """The same for every project."""

    @staticmethod
    def check(parameters: Mapping[str, Any]) -> None:
        """It takes no parameters."""
        if parameters:
            raise InvalidInput("it takes no parameters")

    def probabilities(self) -> ArmProbabilities:
        """Always the same."""
        return self.arms


class Learning(ThirtySeventy):
    """One whose probabilities have changed by the time of each next request."""

    both = (ThirtySeventy.arms, ArmProbabilities(("A", "B"), np.array([0.6, 0.4])))

    def __init__(self, project: Project) -> None:
        super().__init__(project)
        self._next = itertools.cycle(self.both)

    def probabilities(self) -> ArmProbabilities:
        """Now these, now those."""
        return next(self._next)


class Running:
    """A gateway in a thread, and the store under it."""

    def __init__(self, folder: Path, secret: str) -> None:
        self.store = SqliteStore(folder / "store")
        self._settings = GatewaySettings(spool=folder / "spool", secret=secret)
        self._folder = folder
        self.token, row = new_token(TokenRole.ADMIN, label="test")
        self.store.add_token(row)
        self.address = ""
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gateway")

    def start(self) -> None:
        self._thread.start()
        self._ready.wait(20)
        assert self.address

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        self.store.close()

    def client(self) -> GatewayClient:
        return GatewayClient(self.address, self.token)

    def http(self, base: str = "") -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.Client(
            base_url=base or self.address, headers=headers, trust_env=False, timeout=30, verify=False
        )

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        gateway = Gateway(self._settings, lambda: SqliteStore(self._folder / "store"))
        await gateway.start()
        self.address = gateway.address
        self._ready.set()
        await self._stop.wait()
        await gateway.stop()


@pytest.fixture
def models(model: Any, helpers: SimpleNamespace) -> Iterator[dict[str, Any]]:
    """The services of A and B."""
    other = helpers.StubModel()
    yield {"A": model, "B": other}
    other.close()


@pytest.fixture
def registered(
    tmp_path: Path, models: dict[str, Any], helpers: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Running]:
    """Project `plant` with champion A and challenger B, under a policy by name: see `drawing`."""
    monkeypatch.setitem(POLICIES, "thirty_seventy", ThirtySeventy)
    monkeypatch.setitem(POLICIES, "learning", Learning)
    running = Running(tmp_path, helpers.SECRET)
    fields = {
        "size": Field("size", "size"), "colour": Field("colour", "colour", FieldType.STRING),
        "weight": Field("weight", "weight"), "count": Field("count", "count_", FieldType.INTEGER),
    }  # fmt: skip
    for version, names in (("A", OF_A), ("B", OF_B)):
        wanted = helpers.signature(*(fields[name] for name in names))
        helpers.Platform.register(running, "plant", version, wanted, models[version].address)
    running.start()
    yield running
    running.close()


@pytest.fixture
def drawing(registered: Running, helpers: SimpleNamespace) -> Running:
    """The same under the policy that gives A three rows of ten."""
    adopt(registered, helpers, "thirty_seventy")
    return registered


def adopt(running: Running, helpers: SimpleNamespace, policy: str) -> None:
    with running.client() as client:
        client.change_policy("plant", PolicyChoice(policy), expected=client.project("plant").policy)
        helpers.wait_until(lambda: client.project("plant").policy.name == policy)


def fresh(count: int) -> tuple[Ids, list[str]]:
    ids = new_ids(count)
    return ids, [format_id(*one) for one in ids.tolist()]


def parsed(texts: Sequence[str]) -> Ids:
    return np.array([parse_id(text) for text in texts], np.uint64)


def drawn(ids: Ids, arms: ArmProbabilities = ThirtySeventy.arms) -> list[str]:
    return [arms.versions[arm] for arm in choose(arms, ids).arms]


def rows(count: int) -> list[dict[str, Any]]:
    return [
        {"size": float(row), "colour": f"colour {row}", "weight": row + 0.25, "count": 100 + row}
        for row in range(count)
    ]


def seen(model: Any) -> list[dict[str, Any]]:
    """Every instance that a model was asked, shadow or not."""
    return [instance for _, body in model.seen for instance in body["instances"]]


def recorded(
    running: Running, helpers: SimpleNamespace, version: str, ids: Ids
) -> dict[str, dict[str, Any]]:
    """What the version's live table has of these ids, by id."""
    found: list[PredictionBatch] = []

    def there() -> bool:
        found[:] = running.store.prediction_batches("plant", version, ids)
        return sum(map(len, found)) == len(ids)

    helpers.wait_until(there, 20)
    return {key: row for batch in found for key, row in by_id(batch).items()}


def logged(running: Running, version: str) -> dict[str, dict[str, Any]]:
    """What the log has of the rows that this version answered for clients, by id."""
    batches = [entry.batch for entry in running.store.read("plant", {})]
    return {
        key: row
        for batch in batches
        if isinstance(batch, PredictionBatch) and batch.version == version
        for key, row in by_id(batch).items()
        if row["propensity"] > 0
    }


def by_id(batch: PredictionBatch) -> dict[str, dict[str, Any]]:
    inputs = {
        name: column.texts() if isinstance(column, Categorical) else column.tolist()
        for name, column in batch.inputs.items()
    }
    return {
        format_id(*one): {
            "mode": batch.mode,
            "propensity": np.float32(batch.propensity[row]),
            **{name: values[row] for name, values in inputs.items()},
        }
        for row, one in enumerate(batch.ids.tolist())
    }


def check_records(
    running: Running,
    helpers: SimpleNamespace,
    texts: list[str],
    asked: list[dict[str, Any]],
    arms: Sequence[ArmProbabilities] = (ThirtySeventy.arms,),
) -> None:
    """Live tables and log hold each row once, as the version that its id draws wants and answers it."""
    versions = answered_by(running, helpers, texts)
    modes = {"A": Mode.CHAMPION, "B": Mode.CHALLENGER}
    columns = {"A": OF_A, "B": ("size", "weight", "count_")}
    for version in "AB":
        own = [text for text in texts if versions[text] == version]
        live = recorded(running, helpers, version, parsed(own)) if own else {}
        in_log = logged(running, version)
        for text in own:
            row = asked[texts.index(text)]
            wanted = {name: row[name.removesuffix("_")] for name in columns[version]}
            shares = {np.float32(one.probabilities[one.versions.index(version)]) for one in arms
                      if drawn(parsed([text]), one) == [version]}  # fmt: skip
            assert live[text]["propensity"] in shares
            assert live[text] == {"mode": modes[version], "propensity": live[text]["propensity"], **wanted}
            assert {**in_log[text], **live[text]} == in_log[text]


def answered_by(running: Running, helpers: SimpleNamespace, texts: list[str]) -> dict[str, str]:
    """Which version answered each row for its client, as the log has it."""
    found: dict[str, str] = {}

    def there() -> bool:
        found.update({text: version for version in "AB" for text in logged(running, version)})
        return set(texts) <= found.keys()

    helpers.wait_until(there, 20)
    return found


def test_single_rows_are_read_answered_and_recorded_as_the_drawn_version_wants_them(
    drawing: Running, models: dict[str, Any], helpers: SimpleNamespace
) -> None:
    ids, texts = fresh(ROWS)
    asked = rows(ROWS)
    with drawing.client() as client:
        answers = [
            client.predict("plant", [row], ids=[text])[0] for row, text in zip(asked, texts, strict=True)
        ]
    assert [answer.version for answer in answers] == drawn(ids)
    sums = {"A": lambda row: row["size"], "B": lambda row: row["size"] + row["weight"] + row["count"]}
    assert [answer.prediction for answer in answers] == [
        sums[answer.version](row) for answer, row in zip(answers, asked, strict=True)
    ]
    assert {frozenset(instance) for instance in seen(models["A"])} == {frozenset(OF_A)}
    assert {frozenset(instance) for instance in seen(models["B"])} == {frozenset(OF_B)}
    check_records(drawing, helpers, texts, asked)


def test_the_rows_of_a_batch_are_answered_each_by_its_own_version_in_their_order(
    drawing: Running, helpers: SimpleNamespace
) -> None:
    asked = rows(ROWS)
    with drawing.client() as client:
        answers = client.predict("plant", asked)
    texts = [answer.id for answer in answers]
    assert [answer.version for answer in answers] == drawn(parsed(texts))
    assert {answer.version for answer in answers} == {"A", "B"}
    for answer, row in zip(answers, asked, strict=True):
        own = OF_A if answer.version == "A" else OF_B
        assert answer.prediction == sum(row[name] for name in own if name != "colour")
    check_records(drawing, helpers, texts, asked)


def test_rows_that_are_asked_together_are_recorded_each_with_its_own_propensity(
    registered: Running, models: dict[str, Any], helpers: SimpleNamespace
) -> None:
    adopt(registered, helpers, "learning")
    for one in models.values():
        one.delay = 0.05  # so that requests gather into calls
    ids, texts = fresh(4 * ROWS)
    asked = rows(4 * ROWS)
    with registered.client() as client, ThreadPoolExecutor(40) as pool:
        answers = list(
            pool.map(lambda place: client.predict("plant", [asked[place]], ids=[texts[place]])[0],
                     range(len(asked)))
        )  # fmt: skip
    assert max(len(body["instances"]) for one in models.values() for _, body in one.seen) > 1
    possible = [drawn(ids, one) for one in Learning.both]
    assert all(answer.version in told for answer, *told in zip(answers, *possible, strict=True))
    check_records(registered, helpers, texts, asked, Learning.both)
    shares = {row["propensity"] for version in "AB" for row in logged(registered, version).values()}
    assert shares == {np.float32(share) for share in (0.3, 0.7, 0.6, 0.4)}


def test_a_retry_under_the_same_id_meets_the_same_version(
    drawing: Running, helpers: SimpleNamespace
) -> None:
    ids, texts = fresh(10)
    asked = rows(10)
    with drawing.client() as client:
        first = client.predict("plant", asked, ids=texts)
        again = client.predict("plant", asked, ids=texts)
        one_by_one = [
            client.predict("plant", [row], ids=[text])[0] for row, text in zip(asked, texts, strict=True)
        ]
    assert [one.version for one in first] == drawn(ids)
    assert [one.version for one in again] == [one.version for one in one_by_one] == drawn(ids)
    check_records(drawing, helpers, texts, asked)


def test_what_the_drawn_version_needs_and_lacks_is_refused_in_the_words_of_the_whole_request(
    drawing: Running, models: dict[str, Any]
) -> None:
    ids, texts = fresh(ROWS)
    by = drawn(ids)
    asked = rows(ROWS)
    lacking = by.index("B", 5)
    del asked[lacking]["weight"]
    with drawing.client() as client, pytest.raises(InvalidInput) as refusal:
        client.predict("plant", asked, ids=texts)
    assert refusal.value.message == f"instances[{lacking}].weight is required"
    assert getattr(refusal.value, "field", None) == f"instances[{lacking}].weight"
    assert not models["A"].seen
    assert not models["B"].seen


def test_a_challenger_that_lacks_an_input_is_skipped_and_counted_where_it_is_not_drawn(
    drawing: Running, models: dict[str, Any], helpers: SimpleNamespace
) -> None:
    ids, texts = fresh(ROWS)
    of_a = [text for text, version in zip(texts, drawn(ids), strict=True) if version == "A"]
    narrow = {name: FULL[name] for name in OF_A}
    with drawing.client() as client:
        answers = client.predict("plant", [narrow] * len(of_a), ids=of_a)
        assert {answer.version for answer in answers} == {"A"}
        helpers.wait_until(lambda: client.project("plant").status["B"].skipped == len(of_a))
    assert not models["B"].seen


def test_rows_of_a_version_that_is_down_are_refused_and_others_answered(
    drawing: Running, models: dict[str, Any], helpers: SimpleNamespace
) -> None:
    ids, texts = fresh(ROWS)
    by = dict(zip(texts, drawn(ids), strict=True))
    models["B"].answer = lambda _instances: (503, b"{}")
    with drawing.client() as client:
        with pytest.raises(Unavailable, match="version B of plant cannot answer now"):
            client.predict("plant", rows(ROWS), ids=texts)
        of_a = [text for text in texts if by[text] == "A"]
        asked = [row for row, text in zip(rows(ROWS), texts, strict=True) if by[text] == "A"]
        assert {answer.version for answer in client.predict("plant", asked, ids=of_a)} == {"A"}


def as_v1(asked: Rows, texts: list[str]) -> tuple[str, dict[str, Any]]:
    return "/v1/projects/plant/predict", {"instances": asked, "ids": texts}


def as_split(asked: Rows, texts: list[str]) -> tuple[str, dict[str, Any]]:
    split = {"columns": [*FULL], "data": [[row[name] for name in FULL] for row in asked]}
    return "/v1/projects/plant/invocations", {"dataframe_split": split, "params": {"ids": texts}}


def as_records(asked: Rows, texts: list[str]) -> tuple[str, dict[str, Any]]:
    return "/v1/projects/plant/invocations", {"dataframe_records": asked, "params": {"ids": texts}}


def as_columns(asked: Rows, texts: list[str]) -> tuple[str, dict[str, Any]]:
    columns = {name: [row[name] for row in asked] for name in FULL}
    return "/v1/projects/plant/invocations", {"inputs": columns, "params": {"ids": texts}}


def as_tensors(asked: Rows, texts: list[str]) -> tuple[str, dict[str, Any]]:
    kinds = {"size": "FP64", "colour": "BYTES", "weight": "FP64", "count": "INT64"}
    tensors = [
        {"name": name, "shape": [len(asked)], "datatype": kind, "data": [row[name] for row in asked]}
        for name, kind in kinds.items()
    ]
    ids = {"name": "prediction_id", "shape": [len(texts)], "datatype": "BYTES", "data": texts}
    return "/v2/models/plant/infer", {"inputs": [*tensors, ids]}


def given(body: dict[str, Any]) -> tuple[list[str], list[float]]:
    """The versions and the predictions of an answer in any protocol."""
    if "outputs" in body:
        outputs = {one["name"]: one["data"] for one in body["outputs"]}
        return outputs["version"], outputs["prediction"]
    if "versions" in body:
        return body["versions"], body["predictions"]
    return (
        [one["version"] for one in body["predictions"]],
        [one["prediction"] for one in body["predictions"]],
    )


@pytest.mark.parametrize("say", [as_v1, as_split, as_records, as_columns, as_tensors])
def test_every_protocol_answers_each_row_by_its_own_version(
    drawing: Running, helpers: SimpleNamespace, say: Say
) -> None:
    ids, texts = fresh(ROWS)
    asked = rows(ROWS)
    path, body = say(asked, texts)
    with drawing.http() as http:
        answer = http.post(path, json=body)
    assert answer.status_code == 200, answer.text
    versions, predictions = given(answer.json())
    assert versions == drawn(ids)
    assert predictions == [
        sum(row[name] for name in (OF_A if version == "A" else OF_B) if name != "colour")
        for version, row in zip(versions, asked, strict=True)
    ]
    check_records(drawing, helpers, texts, asked)


@pytest.mark.parametrize("say", [as_v1, as_split, as_records, as_columns, as_tensors])
def test_every_protocol_names_the_row_that_lacks_what_its_version_needs(
    drawing: Running, models: dict[str, Any], say: Say
) -> None:
    ids, texts = fresh(ROWS)
    asked = rows(ROWS)
    place = drawn(ids).index("B", 5)
    asked[place]["weight"] = None
    path, body = say(asked, texts)
    with drawing.http() as http:
        answer = http.post(path, json=body)
    assert answer.status_code in {400, 422}
    assert f"[{place}].weight must be a number" in answer.text
    assert not models["A"].seen
    assert not models["B"].seen


def test_csv_and_plain_rows_are_answered_each_by_its_own_version(
    drawing: Running, port: int, helpers: SimpleNamespace
) -> None:
    asked = rows(ROWS)
    lines = [",".join(FULL), *(",".join(str(row[name]) for name in FULL) for row in asked)]
    with drawing.client() as client:
        client.put_listener(Listener(port, "plant", "", ("127.0.0.0/8",)))
        helpers.wait_until(lambda: [one.state for one in client.listeners()] == ["listening"])
    with drawing.http(f"http://127.0.0.1:{port}") as http:
        headers = {"content-type": "text/csv"}
        told = http.post("/invocations", content="\n".join(lines).encode(), headers=headers).json()
        assert told["versions"] == drawn(parsed(told["ids"]))
        plain = http.post("/predict", content=json.dumps(asked).encode()).json()
        alone = http.post("/predict", content=json.dumps(asked[7]).encode())
    possible = [{row["size"], row["size"] + row["weight"] + row["count"]} for row in asked]
    assert all(value in either for value, either in zip(plain, possible, strict=True))
    version = drawn(parsed([alone.headers["prediction-id"]]))[0]
    assert alone.json() == (7.0 if version == "A" else 7.0 + 7.25 + 107)


def test_the_description_asks_for_what_any_drawn_version_needs(drawing: Running) -> None:
    with drawing.client() as client:
        document = client.openapi("plant")
    parts = document["components"]["schemas"]["PredictRequestInstance"]["allOf"]
    assert {name for part in parts for name in part["required"]} == set(FULL)
