"""Projects and versions over HTTP: registration, the change of champion, and its history."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from msgspec.structs import replace

from services.errors import Conflict, InvalidInput, NotFound, Refused
from services.gateway import messages
from services.registry.model import (
    ChampionChange,
    Field,
    FieldType,
    Job,
    JobState,
    Mode,
    PolicyChoice,
    Revision,
    Task,
)
from services.registry.tokens import service_token
from tests.services.gateway.api.conftest import Platform, StubModel

ROW = {"ph": 3.5, "alcohol": 9.5}


def _registration(
    helpers: SimpleNamespace,
    project: Any,
    version: Any,
    endpoint: Any,
    *,
    names: Any = ("ph", "alcohol"),
    revision: Any = "b" * 64,
) -> Any:
    return messages.RegisterRequest(
        project,
        version,
        endpoint,
        helpers.signature(*names),
        Revision(project, version, revision, 10, datetime.now(UTC), 5),
    )


@pytest.fixture
def beer(wine: Platform, model: StubModel, helpers: SimpleNamespace, request: pytest.FixtureRequest) -> str:
    """A project of its own for each test, with versions A (champion) and B."""
    name = f"beer_{request.node.name.removeprefix('test_')[:24].rstrip('_')}"
    for version in "AB":
        with wine.client(service_token(helpers.SECRET, name, version)) as service:
            service.register(_registration(helpers, name, version, model.address))
    return name


def _tables(platform: Platform) -> list[tuple[str, str]]:
    connection = platform.store._database.connection()
    return connection.execute("SELECT name, sql FROM live_db.sqlite_master ORDER BY name").fetchall()


def test_a_refused_registration_changes_no_table(
    wine: Platform, beer: str, model: StubModel, helpers: SimpleNamespace
) -> None:
    before, project = _tables(wine), wine.store.project(beer)
    known = project.version("A")
    other = helpers.signature("ph", "sugar")
    classes = replace(
        known.signature, task=Task.CLASSIFICATION, classes=("good", "bad"),
        target=replace(known.signature.target, type=FieldType.STRING),
    )  # fmt: skip
    with wine.http() as http:
        for name, signature in (("A", other), ("C", classes)):
            refused = http.put(
                f"/v1/projects/{beer}/versions/{name}",
                content=msgspec.json.encode(replace(known, name=name, signature=signature)),
            )
            assert refused.status_code == 409, refused.text
    with (
        wine.client(service_token(helpers.SECRET, beer, "A")) as service,
        pytest.raises(Conflict, match="another signature"),
    ):
        service.register(_registration(helpers, beer, "A", model.address, names=("ph", "sugar")))
    assert _tables(wine) == before
    assert wine.store.project(beer) == project


def test_the_first_service_to_register_is_the_champion_and_later_ones_challenge(
    wine: Platform, beer: str
) -> None:
    with wine.client() as client:
        project = client.project(beer)
        history = client.history(beer)
    assert project.champion == "A"
    assert [(version.name, version.mode) for version in project.versions] == [
        ("A", Mode.CHAMPION),
        ("B", Mode.CHALLENGER),
    ]
    assert project.versions[1].url == f"{wine.address}/v1/projects/{beer}/versions/B"
    assert [(change.previous, change.champion) for change in history] == [("", "A")]


def test_registering_again_changes_neither_mode_nor_desired_revision(
    wine: Platform, beer: str, model: StubModel, helpers: SimpleNamespace
) -> None:
    with wine.client(service_token(helpers.SECRET, beer, "A")) as service:
        again = service.register(_registration(helpers, beer, "A", "http://127.0.0.1:9", revision="c" * 64))
        assert (again.revision, again.mode) == ("b" * 64, Mode.CHAMPION)
        assert service.desired(beer, "A").revision == "b" * 64
        with pytest.raises(Conflict, match="another signature"):
            service.register(_registration(helpers, beer, "A", model.address, names=("ph",)))
        with pytest.raises(Refused):
            service.register(_registration(helpers, beer, "B", model.address))


def test_a_change_of_champion_is_answered_by_the_new_one_and_told_in_the_history(
    wine: Platform, beer: str
) -> None:
    change = messages.ChampionRequest("B", "A", 1, "better on Monday", "Ana")
    with wine.client() as client:
        project = client.change_champion(beer, change)
        assert client.predict(beer, [ROW])[0].version == "B"
        last = client.history(beer)[-1]
    assert (project.champion, project.generation) == ("B", 2)
    assert (last.champion, last.who, last.reason) == ("B", "Ana", "better on Monday")
    assert last == project.last_change


def test_a_change_of_what_was_never_measured_says_so_in_its_evidence(wine: Platform, beer: str) -> None:
    with wine.client() as client:
        client.change_champion(beer, messages.ChampionRequest("B", "A", 1, "better on Monday", "Ana"))
        evidence = client.history(beer)[-1].evidence
    assert evidence.values == ()
    assert evidence.note.startswith("No data.")


def test_evidence_is_made_by_the_gateway_and_taken_from_nobody(wine: Platform, beer: str) -> None:
    body = {"champion": "B", "expected": "A", "generation": 1, "reason": "mine", "who": "Ana"}
    with wine.http() as http:
        answer = http.post(f"/v1/projects/{beer}/champion", json={**body, "evidence": "trust me"})
    assert answer.status_code == 422


def test_of_two_windows_flipping_at_once_one_is_told_who_was_first_and_when(
    wine: Platform, beer: str
) -> None:
    def flip(who: Any) -> Any:
        with wine.http() as http:
            body = {"champion": "B", "expected": "A", "generation": 1, "reason": "mine", "who": who}
            return http.post(f"/v1/projects/{beer}/champion", json=body)

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(flip, ("Ana", "Luis")), key=lambda answer: answer.status_code)
    assert [answer.status_code for answer in answers] == [200, 409]
    first = answers[0].json()["last_change"]
    message = answers[1].json()["error"]["message"]
    assert first["who"] in message
    assert datetime.fromisoformat(first["at"]).strftime("%H:%M:%S") in message


def test_a_flip_is_followed_under_load_without_a_failed_request(
    wine: Platform, beer: str, helpers: SimpleNamespace
) -> None:
    stop, seen, failed = threading.Event(), set(), []

    def ask() -> None:
        with wine.http() as http:
            while not stop.is_set():
                answer = http.post(f"/v1/projects/{beer}/predict", json={"instances": [ROW]})
                if answer.status_code == 200:
                    seen.add(answer.json()["predictions"][0]["version"])
                else:
                    failed.append(answer.text)

    with ThreadPoolExecutor(4) as pool:
        try:
            for _ in range(4):
                pool.submit(ask)
            helpers.wait_until(lambda: "A" in seen)
            # Changed in the store, as another gateway or a window does it.
            change = ChampionChange(beer, 2, datetime.now(UTC), "A", "B", "Ana", "under load")
            wine.store.change_champion(change, seen_generation=1)
            helpers.wait_until(lambda: "B" in seen)
        finally:
            stop.set()
    assert not failed


def test_a_change_without_a_reason_or_to_an_unknown_version_is_refused(wine: Platform, beer: str) -> None:
    with wine.client() as client:
        with pytest.raises(InvalidInput, match="reason"):
            client.change_champion(beer, messages.ChampionRequest("B", "A", 1, " ", "Ana"))
        with pytest.raises(NotFound):
            client.change_champion(beer, messages.ChampionRequest("Z", "A", 1, "why", "Ana"))
        with pytest.raises(NotFound):
            client.change_champion("none", messages.ChampionRequest("B", "A", 1, "why", "Ana"))


def test_a_retired_version_stays_out_until_it_is_taken_back(wine: Platform, beer: str) -> None:
    with wine.client() as client:
        assert client.retire(beer, "B", retired=True).version("B").mode is Mode.RETIRED
        with pytest.raises(Conflict):
            client.change_champion(beer, messages.ChampionRequest("B", "A", 1, "why", "Ana"))
        with pytest.raises(Conflict):
            client.retire(beer, "A", retired=True)
        assert client.retire(beer, "B", retired=False).version("B").mode is Mode.CHALLENGER


def test_the_desired_revision_changes_only_to_a_known_one_and_from_what_was_seen(
    wine: Platform, beer: str
) -> None:
    newer = Revision(beer, "A", "d" * 64, 10, datetime.now(UTC), 9)
    with wine.client() as client:
        client.add_revision(newer)
        assert [one.sha256 for one in client.revisions(beer, "A")] == ["b" * 64, "d" * 64]
        _desire(client, beer, "d", "b")
        assert client.desired(beer, "A").revision == "d" * 64
        with pytest.raises(Conflict, match="Ana chose it"):
            _desire(client, beer, "b", "b")
        with pytest.raises(NotFound):
            _desire(client, beer, "e", "d")


def test_the_history_of_revisions_says_from_what_to_what_who_and_why(wine: Platform, beer: str) -> None:
    with wine.client() as client:
        client.add_revision(Revision(beer, "A", "d" * 64, 10, datetime.now(UTC), 9))
        _desire(client, beer, "d", "b", reason="newer rows")
        first, second = client.revision_history(beer, "A")
        assert (first.previous, first.revision, first.number) == ("", "b" * 64, 1)
        assert (second.previous, second.revision, second.number) == ("b" * 64, "d" * 64, 2)
        assert (second.who, second.reason) == ("Ana", "newer rows")
        with pytest.raises(NotFound):
            client.revision_history(beer, "Z")
        for blank in ({"reason": ""}, {"who": ""}):
            with pytest.raises(InvalidInput):
                _desire(client, beer, "b", "d", **blank)


def _desire(
    client: Any, project: Any, revision: Any, expected: Any, *, reason: Any = "better", who: Any = "Ana"
) -> Any:
    request = messages.RevisionRequest(revision * 64, expected * 64, reason, who)
    return client.change_revision(project, "A", request)


def test_an_unknown_policy_is_refused(wine: Platform, beer: str) -> None:
    with wine.client() as client, pytest.raises(InvalidInput, match="not known"):
        client.change_policy(beer, PolicyChoice("coin"), expected=PolicyChoice())


def test_versions_with_different_inputs_are_asked_for_what_each_takes(
    wine: Platform, model: StubModel, helpers: SimpleNamespace
) -> None:
    colour = Field("colour of it", "colour_of_it", FieldType.STRING)
    wine.register("mixed", "A", helpers.signature("ph", "alcohol"), model.address)
    wine.register("mixed", "B", helpers.signature("ph", colour), model.address)
    with wine.client() as client:
        helpers.wait_until(
            lambda: "mixed" in client.projects() and len(client.project("mixed").versions) > 1
        )
        client.predict("mixed", [{**ROW, "colour of it": "red"}])
        client.predict("mixed", [{"ph": 1.0, "colour of it": "red"}], version="B")
        with pytest.raises(InvalidInput, match=r"instances\[0\].alcohol is required"):
            client.predict("mixed", [{"ph": 1.0, "colour of it": "red"}])
        with pytest.raises(InvalidInput, match="colour of it must be a text"):
            client.predict("mixed", [{**ROW, "colour of it": 1}])
    asked = [set(body["instances"][0]) for path, body in model.seen if path == "/predict"]
    assert {"ph", "alcohol"} in asked
    assert {"ph", "colour of it"} in asked
    assert {"ph", "alcohol", "colour of it"} not in asked


def test_retraining_is_passed_on_with_a_place_to_fetch_the_data(
    wine: Platform, beer: str, model: StubModel
) -> None:
    with wine.client() as client:
        request = messages.RetrainRequest(messages.Window("sliding", 500), {"depth": 3})
        assert client.retrain(beer, "A", request) == "job-1"
        with pytest.raises(InvalidInput, match="sliding"):
            client.retrain(beer, "A", messages.RetrainRequest(messages.Window("sliding")))
    body = next(body for path, body in model.seen if path == "/retrain")
    assert body["data_url"] == f"{wine.address}/v1/projects/{beer}/data?version=A&source=both&rows=500"
    assert body["parameters"] == {"depth": 3}


def test_cancelling_a_job_is_passed_on_and_answers_how_it_stands(
    wine: Platform, beer: str, model: StubModel, helpers: SimpleNamespace
) -> None:
    now = datetime.now(UTC)
    model.job = Job("job-1", beer, "A", JobState.CANCELLING, 0.5, "being cancelled", now, now)
    with wine.client() as client:
        assert client.cancel_job(beer, "A", "job-1") == model.job
        model.job = None
        with pytest.raises(NotFound, match="no such job"):
            client.cancel_job(beer, "A", "job-2")
    assert [path for path, _ in model.seen] == ["/retrain/job-1", "/retrain/job-2"]
    with wine.client(service_token(helpers.SECRET, beer, "A")) as service, pytest.raises(Refused):
        service.cancel_job(beer, "A", "job-2")


def test_a_jobs_state_is_kept_for_every_replica(
    wine: Platform, beer: str, helpers: SimpleNamespace
) -> None:
    now = datetime.now(UTC)
    job = Job("job-1", beer, "A", JobState.RUNNING, 0.5, "fitting", now, now)
    with wine.client(service_token(helpers.SECRET, beer, "A")) as service:
        service.put_job(job)
        assert service.job(beer, "A", "job-1").progress == 0.5
        assert [one.id for one in service.jobs(beer, "A")] == ["job-1"]
        with pytest.raises(NotFound):
            service.job(beer, "A", "job-2")


def test_artifacts_are_stored_under_their_sha256_and_no_other(wine: Platform) -> None:
    content = b"model" * 1000
    with wine.client() as client, wine.http() as http:
        name = client.put_artifact(content)
        assert client.artifact(name) == content
        assert http.put(f"/v1/artifacts/{'0' * 64}", content=content).status_code == 409
        assert http.get(f"/v1/artifacts/{sha256(b'none').hexdigest()}").status_code == 404
        assert http.get("/v1/artifacts/..%2Fsecret").status_code in {404, 422}


@pytest.mark.parametrize("name", ["wine'; DROP TABLE tokens;--", 'wi"ne', "Wine", "tokens", "w" * 60])
def test_a_project_name_that_could_be_no_table_is_refused(
    wine: Platform, helpers: SimpleNamespace, name: Any
) -> None:
    fields = {"inputs": [{"name": "ph", "column": "ph"}], "target": {"name": "q", "column": "q"}}
    body = {"signature": {**fields, "task": "regression"}, "columns": {"ph": [1], "q": [2]}}
    with wine.http() as http:
        answer = http.put(f"/v1/projects/{quote(name, safe='')}/training", json=body)
    assert answer.status_code == 422
    assert "project name" in answer.json()["error"]["message"]
