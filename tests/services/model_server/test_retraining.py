"""Retraining: in a process of its own, told through the store, and whatever can go wrong."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from services.registry.model import Job, JobState
from tests.services.model_server.conftest import Platform, Process, PythonMaker
from tests.waiting import eventually


class Shared:
    """One platform and one service for all tests here; the script is read anew by each job."""

    def __init__(
        self, make_platform: Callable[[Path], Platform], deploys: Any, maker: PythonMaker, folder: Any
    ) -> None:
        self.platform = make_platform(folder)
        self.folder = folder / "deploy"
        self.maker = maker
        maker.linear(self.folder, train=True)
        inputs, target = deploys.data()
        self.service = self.platform.serve(self.folder)
        columns = {name: inputs[:, place] for place, name in enumerate("abc")}
        columns |= {"y": target * 3, "id": np.arange(float(len(target)))}
        self.platform.store.write_training("plant", deploys.NUMBERS, columns)

    def script(self, before: str = "") -> Process:
        """Let the training script do this first, in the words of the service's language."""
        self.maker.script(self.folder, self.maker.failing[before] if before else "")
        return self.service


@pytest.fixture(scope="module")
def shared(
    make_platform: Callable[[Path], Platform],
    deploys: Any,
    maker: PythonMaker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Shared]:
    made = Shared(make_platform, deploys, maker, tmp_path_factory.mktemp("retraining"))
    yield made
    made.platform.close()


@pytest.fixture
def platform(shared: Shared) -> Any:
    return shared.platform


@pytest.fixture
def trained(shared: Shared) -> Callable[..., Process]:
    return shared.script


def _order(platform: Any, **changes: Any) -> Any:
    return {"data_url": f"{platform.gateway.address}/v1/projects/plant/data"} | changes


def _start(platform: Any, service: Any, **changes: Any) -> Any:
    answer = platform.ask(service, "POST", "/retrain", _order(platform, **changes))
    assert answer.status == 202, answer.body
    return json.loads(answer.body)["job"]


def _state(platform: Any, service: Any, job: Any) -> Any:
    return json.loads(platform.ask(service, "GET", f"/retrain/{job}").body)


def test_a_finished_job_stores_a_revision_and_nothing_else(
    platform: Any, trained: Callable[..., Process]
) -> None:
    service = trained()
    before = platform.revision_of(service)
    job = _start(platform, service, window={"kind": "sliding", "rows": 150})
    platform.wait(lambda: _state(platform, service, job)["state"] in {"done", "failed"})
    told = _state(platform, service, job)
    assert (told["state"], told["progress"]) == ("done", 1.0), told
    assert told["metrics"]["r2"] > 0.9
    [revision] = [one for one in platform.store.revisions("plant", "A") if one.sha256 == told["revision"]]
    assert (revision.rows, revision.window) == (150, "the newest 150 rows")
    assert len(platform.store.artifact(revision.sha256)) == revision.size
    assert platform.store.project("plant").version("A").revision == before == platform.revision_of(service)


def test_predictions_go_on_one_job_at_a_time_and_it_can_be_cancelled(
    platform: Any, trained: Callable[..., Process], shared: Shared
) -> None:
    service = trained("wait")
    job = _start(platform, service)
    platform.wait(lambda: "measuring" in _state(platform, service, job)["message"])
    assert (
        platform.ask(service, "POST", "/predict", {"instances": [{"a": 1, "b": 1, "c": 1}]}).status == 200
    )
    second = platform.ask(service, "POST", "/retrain", _order(platform))
    assert second.status == 409
    assert "retrained already" in json.loads(second.body)["error"]["message"]
    assert json.loads(platform.ask(service, "DELETE", f"/retrain/{job}").body)["state"] == "cancelled"
    assert platform.store.job("plant", "A", job).state is JobState.CANCELLED
    platform.wait(lambda: not shared.maker.trainings(service))


def test_of_two_replicas_asked_at_the_same_moment_one_trains(
    platform: Any, trained: Callable[..., Process], shared: Shared
) -> None:
    services = (trained("wait"), platform.serve(shared.folder))
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(lambda one: platform.ask(one, "POST", "/retrain", _order(platform)), services)
        )
    assert sorted(answer.status for answer in answers) == [202, 409]
    place = [answer.status for answer in answers].index(202)
    job = json.loads(answers[place].body)["job"]
    assert (
        json.loads(platform.ask(services[place], "DELETE", f"/retrain/{job}").body)["state"] == "cancelled"
    )
    assert services[1].close() == 0


def test_a_job_cancelled_at_another_replica_stops(
    platform: Any, trained: Callable[..., Process], shared: Shared
) -> None:
    service = trained("wait")
    other = platform.serve(shared.folder)
    job = _start(platform, service)
    assert _cancelled_at(platform, other, job)["state"] == "cancelled"
    platform.wait(lambda: not shared.maker.trainings(service))
    assert platform.store.job("plant", "A", job).state is JobState.CANCELLED
    assert other.close() == 0


def _cancelled_at(platform: Any, service: Any, job: str) -> Any:
    """Cancel as clients do: again where the service says that it could not just now."""

    def answered() -> Any:
        answer = platform.ask(service, "DELETE", f"/retrain/{job}")
        return None if answer.status == 503 else answer

    answer = eventually(answered)
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def test_a_job_counts_as_cancelled_only_when_its_training_has_really_ended(
    platform: Any, trained: Callable[..., Process], shared: Shared
) -> None:
    service = trained("wait")
    other = platform.serve(shared.folder)
    job = _start(platform, service)
    platform.wait(lambda: "measuring" in _state(platform, service, job)["message"])
    [training] = shared.maker.trainings(service)
    with ThreadPoolExecutor(1) as pool:
        cancelling = pool.submit(platform.ask, other, "DELETE", f"/retrain/{job}")
        platform.wait(lambda: platform.store.job("plant", "A", job).state is JobState.CANCELLED)
        assert _has_ended(training)
        assert json.loads(cancelling.result().body)["state"] == "cancelled"
    assert other.close() == 0


def test_a_job_is_cancelled_through_the_gateway(
    platform: Any, trained: Callable[..., Process], shared: Shared
) -> None:
    trained("wait")
    service = platform.serve(shared.folder)
    platform.wait(lambda: _endpoint(platform) == service.address)
    with platform.admin() as gateway:
        job = gateway.retrain("plant", "A")
        platform.wait(lambda: "measuring" in gateway.job("plant", "A", job).message)
        [training] = shared.maker.trainings(service)
        assert gateway.cancel_job("plant", "A", job).state is JobState.CANCELLED
        assert _has_ended(training)
        assert platform.store.job("plant", "A", job).state is JobState.CANCELLED
        assert gateway.cancel_job("plant", "A", job).state is JobState.CANCELLED
    assert service.close() == 0


def test_a_service_killed_while_training_leaves_no_process_and_its_job_is_marked_failed(
    platform: Any, trained: Callable[..., Process], shared: Shared
) -> None:
    trained("wait")
    service = platform.serve(shared.folder)
    job = _start(platform, service)
    platform.wait(lambda: "measuring" in _state(platform, service, job)["message"])
    [training] = shared.maker.trainings(service)
    shared.maker.kill(service)
    platform.wait(lambda: _has_ended(training))
    stored = platform.store.job("plant", "A", job)
    assert stored.state is JobState.RUNNING
    _age(platform, stored)
    again = platform.serve(shared.folder)
    platform.wait(lambda: platform.store.job("plant", "A", job).state is JobState.FAILED)
    assert "has ended" in _state(platform, again, job)["message"]
    assert again.close() == 0


def _endpoint(platform: Any) -> Any:
    return platform.store.project("plant").version("A").endpoint


def _has_ended(process: Any) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _age(platform: Any, job: Any) -> None:
    """Make a job's last sign of life an old one, instead of waiting for it to become old."""
    long_ago = datetime.now(UTC) - timedelta(minutes=1)
    platform.store.put_job(
        Job(
            job.id, job.project, job.version, job.state, job.progress, job.message, job.created_at, long_ago
        )
    )


def test_a_script_uses_what_lies_beside_it(
    platform: Any, trained: Callable[..., Process], shared: Shared
) -> None:
    for name, content in shared.maker.beside.items():
        (shared.folder / name).write_text(content)
    service = trained()
    shared.maker.script(shared.folder, shared.maker.uses_beside)
    job = _start(platform, service)
    platform.wait(lambda: _state(platform, service, job)["state"] in {"done", "failed"})
    told = _state(platform, service, job)
    assert told["state"] == "done", told


@pytest.mark.parametrize("before", ["refusal", "bug", "end", "other columns"])
def test_a_script_that_fails_fails_the_job_in_words(
    platform: Any, trained: Callable[..., Process], shared: Shared, before: str
) -> None:
    service = trained(before)
    known = platform.store.revisions("plant", "A")
    job = _start(platform, service)
    platform.wait(lambda: _state(platform, service, job)["state"] == "failed")
    assert shared.maker.said[before] in _state(platform, service, job)["message"]
    assert platform.store.revisions("plant", "A") == known
    assert platform.ask(service, "GET", "/health").status == 200


def test_what_cannot_be_retrained_is_refused(platform: Any, trained: Callable[..., Process]) -> None:
    service = trained()
    for url in ("http://127.0.0.1:1/v1/projects/plant/data", "file:///etc/passwd", "not a url",
                f"{platform.gateway.address}@evil.example/"):  # fmt: skip
        answer = platform.ask(service, "POST", "/retrain", {"data_url": url})
        assert (answer.status, json.loads(answer.body)["error"]["field"]) == (422, "data_url")
    assert platform.ask(service, "GET", "/retrain/nothing").status == 404
    few = _start(platform, service, window={"kind": "sliding", "rows": 3})
    platform.wait(lambda: _state(platform, service, few)["state"] == "failed")
    assert "at least 10 are needed" in _state(platform, service, few)["message"]
