"""Rules on retraining, and on loading another revision."""

import time
from typing import Any
from urllib.parse import quote

from services.client.conformance.model_description import SHA256
from services.client.conformance.rule import NotChecked, NotMet, Rule, ServiceUnderTest, expect
from services.client.conformance.rules.predictions import predictions_of
from services.client.conformance.service_client import ServiceAnswer
from services.registry.model import JobState

_LOOK_SECONDS = 0.2
FOREIGN = "http://192.0.2.1/data"
"""An address of nobody (RFC 5737)."""


def _foreign_data(service: ServiceUnderTest) -> None:
    answer = service.client.post("/retrain", {"data_url": FOREIGN, "window": {}, "parameters": {}})
    expect(400 <= answer.status < 500, f"data of another server was answered {answer.status}")
    expect(not answer.shows_trace(), f"the answer shows a stack trace: {answer.text[:200]}")


def _unknown_job(service: ServiceUnderTest) -> None:
    answer = service.client.get("/retrain/0000")
    expect(answer.status == 404, f"it was answered {answer.status}")
    expect(not answer.shows_trace(), f"the answer shows a stack trace: {answer.text[:200]}")


def _retrain(service: ServiceUnderTest) -> None:
    if not service.gateway:
        raise NotChecked("name the gateway that it takes its data from")
    order = {
        "data_url": f"{service.gateway.rstrip('/')}/v1/projects/{quote(service.model.project)}/data",
        "window": {"kind": "expanding"},
        "parameters": {},
    }
    started = service.client.post("/retrain", order)
    job = started.body.get("job") if isinstance(started.body, dict) else None
    expect(started.status == 202, f"it was answered {started.status}, not 202: {started.text[:200]}")
    expect(isinstance(job, str) and job, f"the answer names no job: {started.text[:200]}")
    second = service.client.post("/retrain", order)
    first = _state(service.client.get(f"/retrain/{job}"))
    last = _follow(service, str(job))
    # A job that is over so soon leaves nothing to refuse.
    if JobState(first["state"]).unfinished:
        expect(second.status == 409, f"a second one at the same time was answered {second.status}, not 409")
    _check_end(service, last)


def _follow(service: ServiceUnderTest, job: str) -> dict[str, Any]:
    """The job's last state; predictions are asked all the while, and progress must not go back."""
    deadline, progress = time.monotonic() + service.retrain_seconds, 0.0
    while True:
        state = _state(service.client.get(f"/retrain/{job}"))
        predictions_of(service.client.predict(service.rows), len(service.rows))
        expect(state["progress"] >= progress, f"progress went back from {progress} to {state['progress']}")
        progress = state["progress"]
        if not JobState(state["state"]).unfinished:
            return state
        if time.monotonic() > deadline:
            raise NotMet(f"the job did not end within {service.retrain_seconds:.0f} s")
        time.sleep(_LOOK_SECONDS)


def _state(answer: ServiceAnswer) -> dict[str, Any]:
    expect(answer.status == 200, f"the job's state was answered {answer.status}")
    body = answer.body
    expect(isinstance(body, dict), "the job's state is not a JSON object")
    for name in ("state", "progress", "message", "revision", "metrics"):
        expect(name in body, f"the job's state lacks {name!r}")
    known = [state.value for state in JobState]
    expect(body["state"] in known, f"the state is {body['state']!r}, none of {', '.join(known)}")
    progress = body["progress"]
    within = isinstance(progress, int | float) and not isinstance(progress, bool) and 0 <= progress <= 1
    expect(within, f"progress is {progress!r}, not between 0 and 1")
    return dict(body)


def _check_end(service: ServiceUnderTest, last: dict[str, Any]) -> None:
    expect(last["state"] == JobState.DONE, f"the job ended {last['state']}: {last['message']}")
    expect(last["progress"] == 1, f"a job that is done has progress {last['progress']}")
    new = str(last["revision"])
    expect(SHA256.fullmatch(new), f"the new revision is {new!r}, no sha256")
    loaded = service.client.get("/model").body["revision"]
    kept = loaded == service.model.revision or loaded != new
    expect(kept, "the new revision was loaded by itself: that is decided in the registry")


def _unknown_revision(service: ServiceUnderTest) -> None:
    answer = service.client.post("/revision", {"revision": "0" * 64})
    expect(400 <= answer.status < 600 and answer.status != 500, f"it was answered {answer.status}")
    expect(not answer.shows_trace(), f"the answer shows a stack trace: {answer.text[:200]}")
    predicted = service.client.predict(service.rows)
    predictions_of(predicted, len(service.rows))
    told = predicted.body.get("revision")
    expect(told == service.model.revision, f"after it, predictions come from revision {told!r}")


def _revision(service: ServiceUnderTest) -> None:
    if not service.gateway:
        raise NotChecked("name the gateway that it takes its revisions from")
    answer = service.client.post("/revision", {"revision": service.model.revision})
    expect(answer.status == 200, f"it was answered {answer.status}: {answer.text[:200]}")
    predictions_of(service.client.predict(service.rows), len(service.rows))


RULES = (
    Rule("Data to retrain on is fetched from its own gateway only", _foreign_data),
    Rule("GET /retrain/{job} answers 404 for a job that there is not", _unknown_job),
    Rule("A revision that there is not is refused, and the loaded one answers on", _unknown_revision),
    Rule("POST /revision loads a revision without dropping a request", _revision),
    Rule("POST /retrain trains in the background, once at a time, while predictions go on", _retrain),
)
