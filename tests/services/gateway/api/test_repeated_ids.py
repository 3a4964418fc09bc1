"""An own id that comes again: the recorded answer for the same row, a conflict for another."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from services.errors import Conflict
from services.evaluation.model import Span
from services.evaluation.reader.reader import ProjectReader
from services.registry.service import Registry, champion_seen
from services.store.identifiers import format_id, new_ids
from tests.services.gateway.api.conftest import Platform, StubModel

ROW = {"ph": 3.5, "alcohol": 9.5}
OTHER = {"ph": 3.5, "alcohol": 9.25}


@pytest.fixture
def platform(tmp_path: Path, helpers: SimpleNamespace, model: StubModel) -> Iterator[Platform]:
    made = helpers.Platform(tmp_path)
    made.register("wine", "A", helpers.signature("ph", "alcohol"), model.address)
    made.register("wine", "B", helpers.signature("ph", "alcohol"), model.address)
    made.start()
    yield made
    made.close()


def id_made(seconds_ago: float) -> str:
    """An id that a client made some time ago."""
    high, low = new_ids(1)[0].tolist()
    moment = int((time.time() - seconds_ago) * 1000)
    return format_id(moment << 16 | high & 0xFFFF, low)


def shipped(platform: Platform) -> None:
    with platform.client() as client:
        platform.followed(lambda: client.health().spool.rows == 0)


def answer_with(model: StubModel, value: float) -> None:
    """From now on it predicts this."""
    model.answer = lambda rows: (
        200, json.dumps({"predictions": [value] * len(rows), "revision": "b" * 64}).encode(),
    )  # fmt: skip


def predict(platform: Platform, rows: list[dict[str, float]], ids: list[str]) -> httpx.Response:
    with platform.http() as http:
        return http.post("/v1/projects/wine/predict", json={"instances": rows, "ids": ids})


@pytest.mark.parametrize("age", [0, 3600], ids=["just made", "made an hour ago"])
@pytest.mark.parametrize("restarted", [False, True], ids=["remembered", "after a restart"])
def test_the_same_row_gets_the_recorded_answer_and_is_recorded_once(
    platform: Platform, model: StubModel, age: int, *, restarted: bool
) -> None:
    own = id_made(age)
    first = predict(platform, [ROW], [own])
    assert first.json()["predictions"][0]["prediction"] == 13.0
    shipped(platform)
    if restarted:
        platform.stop()
        platform.start()
    if restarted and not age:
        platform.followed(lambda: time.time() * 1000 - int(own.replace("-", "")[:12], 16) > 1_100)
    answer_with(model, 99.0)
    again = predict(platform, [ROW], [own])
    assert again.json() == first.json()
    shipped(platform)
    newest = platform.store.newest("wine", "A", 10)
    assert [str(one) for one in newest["id"]] == [own]
    assert newest["predicted"] == [13.0]
    view = ProjectReader(platform.store, "wine").refresh(Span.ALL)
    assert view.live["A"].predictions == 1


@pytest.mark.parametrize("age", [0, 3600], ids=["just made", "made an hour ago"])
def test_another_row_is_a_conflict_and_changes_nothing(platform: Platform, age: int) -> None:
    own, new = id_made(age), id_made(age)
    predict(platform, [ROW], [own])
    shipped(platform)
    refused = predict(platform, [ROW, OTHER], [new, own])
    assert refused.status_code == 409
    assert own in refused.json()["error"]["message"]
    shipped(platform)
    newest = platform.store.newest("wine", "A", 10)
    assert newest["alcohol"] == [9.5]
    with platform.client() as client, pytest.raises(Conflict):
        client.predict("wine", [OTHER], ids=[own])


def test_a_request_of_known_and_new_ids_is_answered_in_order(platform: Platform, model: StubModel) -> None:
    known, new = id_made(5), [id_made(5), id_made(5)]
    predict(platform, [ROW], [known])
    answer_with(model, 99.0)
    answers = predict(platform, [OTHER, ROW, OTHER], [new[0], known, new[1]]).json()["predictions"]
    assert [answer["prediction"] for answer in answers] == [99.0, 13.0, 99.0]
    assert [answer["id"] for answer in answers] == [new[0], known, new[1]]


def test_the_recorded_answer_stays_when_another_version_is_champion(
    platform: Platform, model: StubModel
) -> None:
    own = id_made(5)
    first = predict(platform, [ROW], [own]).json()
    shipped(platform)
    registry = Registry(platform.store)
    seen = champion_seen(registry.project("wine"))
    registry.change_champion("wine", "B", who="test", reason="test", seen=seen)
    fresh: list[Any] = []

    def followed() -> bool:
        fresh.append(predict(platform, [ROW], [id_made(0)]).json()["predictions"][0])
        return bool(fresh[-1]["version"] == "B")

    platform.followed(followed)
    answer_with(model, 99.0)
    assert predict(platform, [ROW], [own]).json() == first


def test_an_id_that_is_being_answered_waits_for_that_answer(platform: Platform, model: StubModel) -> None:
    own = id_made(5)
    model.delay = 1.0
    answers: list[Any] = []

    def ask() -> None:
        answers.append(predict(platform, [ROW], [own]).json())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({json.dumps(answer) for answer in answers}) == 1
    assert sum(path == "/predict" and body["instances"] == [ROW] for path, body in model.seen) <= 2
    shipped(platform)
    assert len(platform.store.newest("wine", "A", 10)["id"]) == 1


def test_a_version_asked_by_name_has_its_own_answer(platform: Platform) -> None:
    own = id_made(5)
    predict(platform, [ROW], [own])
    with platform.http() as http:
        body = {"instances": [ROW], "ids": [own]}
        answer = http.post("/v1/projects/wine/versions/B/predict", json=body).json()
    assert answer["predictions"][0]["version"] == "B"


def test_ids_are_free_again_when_the_model_could_not_answer(platform: Platform, model: StubModel) -> None:
    own = id_made(5)
    model.answer = lambda _: (500, b"{}")
    assert predict(platform, [ROW], [own]).status_code == 503
    answer_with(model, 7.0)
    assert predict(platform, [ROW], [own]).json()["predictions"][0]["prediction"] == 7.0
