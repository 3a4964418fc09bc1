"""Retraining: passed on to the version's service; its jobs are kept for every replica, one at a time."""

import uuid
from urllib.parse import quote, urlencode

import msgspec

from services.errors import Conflict, InvalidInput, NotFound, RelevoError, Unavailable
from services.gateway import messages
from services.gateway.model_calls import ModelClient
from services.gateway.operations import ADMIN, SERVICE, Call, Operation
from services.http.errors import InvalidField
from services.registry.model import Job, Version
from services.registry.service import Registry
from services.store.interface import Store

_VERSION = "/v1/projects/{project}/versions/{version}"
_LEASE_SECONDS = 30.0
"""Far longer than the few calls for which it is held."""


async def _retrain(call: Call) -> messages.JobStarted:
    request: messages.RetrainRequest = call.body
    window = request.window
    if (window.kind == "sliding") != (window.rows is not None and window.rows > 0):
        raise InvalidField(
            "a sliding window has a number of rows above 0, an expanding one none", field="window.rows"
        )
    service = _service(call)
    version = service.version
    query = {"version": version.name, "source": "both"}
    if window.rows is not None:
        query["rows"] = str(window.rows)
    data_url = (
        f"{call.dependencies.service_address}/v1/projects/{quote(version.project)}/data?{urlencode(query)}"
    )
    body = {"data_url": data_url, "window": window, "parameters": request.parameters}
    answer = await service.ask("POST", "/retrain", msgspec.json.encode(body))
    try:
        return msgspec.json.decode(answer, type=messages.JobStarted)
    except msgspec.MsgspecError as error:
        raise _not_understood(version, "which job it began", error) from error


def _jobs(call: Call) -> list[Job]:
    store = call.dependencies.store()
    version = Registry(store).version(call.path["project"], call.path["version"])
    return store.jobs(version.project, version.name)


def _job(call: Call) -> Job:
    store = call.dependencies.store()
    version = Registry(store).version(call.path["project"], call.path["version"])
    job = store.job(version.project, version.name, call.path["job"])
    if job is None:
        raise NotFound(f"version {version.name} has no job {call.path['job']!r}")
    return job


async def _cancel_job(call: Call) -> Job:
    service = _service(call)
    answer = await service.ask("DELETE", f"/retrain/{quote(call.path['job'], safe='')}")
    try:
        return msgspec.json.decode(answer, type=Job)
    except msgspec.MsgspecError as error:
        raise _not_understood(service.version, "how its job stands", error) from error


def _service(call: Call) -> ModelClient:
    """The service of the version that the path names; Unavailable while none has registered."""
    version = (
        call.dependencies.routing_table.project(call.path["project"]).version(call.path["version"]).version
    )
    service = call.dependencies.routing_table.service(version)
    if service is None:
        raise Unavailable(f"no service of version {version.name} has registered yet", retry_after=5.0)
    return service


def _not_understood(version: Version, lacking: str, error: msgspec.MsgspecError) -> RelevoError:
    return RelevoError(
        f"version {version.name}'s service answered without saying {lacking}", details=str(error)
    )


def _put_job(call: Call) -> None:
    job: Job = call.body
    if (job.project, job.version, job.id) != (call.path["project"], call.path["version"], call.path["job"]):
        raise InvalidInput("the body's project, version and id are not those of the path")
    store = call.dependencies.store()
    Registry(store).version(job.project, job.version)
    _keep_job(store, job)


def _keep_job(store: Store, job: Job) -> None:
    """Store a job's newest state; a new job only if no other of its version is unfinished.

    Every service brings its job's first state here before it begins to train, so this decides between
    services that are asked at the same moment.

    Raises:
        Conflict: another job of the version is unfinished, or being started right now.
        Unavailable: the store cannot be reached.
    """
    if job.state.unfinished and store.job(job.project, job.version, job.id) is None:
        _begin(store, job)
    else:
        store.put_job(job)


def _begin(store: Store, job: Job) -> None:
    lease, holder = f"retrain/{job.project}/{job.version}", uuid.uuid4().hex
    if not store.acquire_lease(lease, holder, _LEASE_SECONDS):
        raise Conflict(f"a retraining of version {job.version} is being started by somebody else just now")
    try:
        for other in store.jobs(job.project, job.version):
            if other.state.unfinished:
                raise Conflict(
                    f"version {job.version} is being retrained already",
                    remedy="Wait until that has ended, or cancel it.",
                )
        store.put_job(job)
    finally:
        store.release_lease(lease, holder)


OPERATIONS = (
    Operation(
        "POST", f"{_VERSION}/retrain", "Train a version again", ADMIN, _retrain,
        takes=messages.RetrainRequest, gives=messages.JobStarted, status=202, errors=(404, 409),
    ),
    Operation(
        "GET", f"{_VERSION}/jobs", "Retraining jobs, newest first", SERVICE, _jobs,
        gives=list[Job], errors=(404,),
    ),
    Operation(
        "GET", f"{_VERSION}/jobs/{{job}}", "One retraining job", SERVICE, _job,
        gives=Job, errors=(404,),
    ),
    Operation(
        "DELETE", f"{_VERSION}/jobs/{{job}}", "Cancel a retraining job", ADMIN, _cancel_job,
        gives=Job, errors=(404,),
    ),
    Operation(
        "PUT", f"{_VERSION}/jobs/{{job}}", "A job's newest state", SERVICE, _put_job,
        takes=Job, errors=(404, 409),
    ),
)  # fmt: skip
