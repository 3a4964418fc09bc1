"""What model services ask and are asked: registration, the desired revision, retraining and its jobs."""

from datetime import UTC, datetime
from urllib.parse import quote, urlencode

import msgspec

from services.errors import Conflict, InvalidInput, NotFound, RelevoError, Unavailable
from services.gateway import messages
from services.gateway.model_calls import ModelService
from services.gateway.operations import ADMIN, SERVICE, Call, Operation
from services.gateway.retraining import keep_job
from services.gateway.routes.signatures import check_signature, version_url
from services.http.errors import InvalidField
from services.registry.model import Job, Mode, Version

_VERSION = "/v1/projects/{project}/versions/{version}"


def _register(call: Call) -> messages.Desired:
    request: messages.RegisterRequest = call.body
    if call.grant is not None:
        call.grant.require(SERVICE, request.project, request.version)
    if (request.revision.project, request.revision.version) != (request.project, request.version):
        raise InvalidInput("the revision belongs to another project or version")
    check_signature(request.signature)
    store = call.parts.store()
    before = store.project(request.project)
    known = before.version(request.version) if before else None
    if known is not None and known.signature != request.signature:
        raise Conflict(
            f"version {request.version} of {request.project} is registered with another signature",
            remedy="Publish it as a new version.",
        )
    store.prepare_live(request.project, request.version, request.signature)
    store.add_revision(request.revision)
    url = version_url(call.parts, store.listeners(), request.project, request.version)
    project = call.parts.registry().register(
        Version(
            project=request.project,
            name=request.version,
            mode=Mode.CHALLENGER,
            signature=request.signature,
            revision=request.revision.sha256,
            created_at=datetime.now(UTC),
            url=url,
            endpoint=request.endpoint,
            image=request.image,
        ),
        who=f"service of version {request.version}",
    )
    call.parts.follower.look()
    registered = call.parts.registry().version(project.name, request.version)
    return messages.Desired(registered.revision, registered.mode, registered.url)


async def _desired(call: Call) -> messages.Desired:
    """From the snapshot: every replica asks each second, also while the store is down."""
    version = call.parts.directory.project(call.path["project"]).version(call.path["version"]).version
    return messages.Desired(version.revision, version.mode, version.url)


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
    data_url = f"{call.parts.service_address}/v1/projects/{quote(version.project)}/data?{urlencode(query)}"
    body = {"data_url": data_url, "window": window, "parameters": request.parameters}
    answer = await service.ask("POST", "/retrain", msgspec.json.encode(body))
    try:
        return msgspec.json.decode(answer, type=messages.JobStarted)
    except msgspec.MsgspecError as error:
        raise _not_understood(version, "which job it began", error) from error


def _jobs(call: Call) -> list[Job]:
    store = call.parts.store()
    version = call.parts.registry().version(call.path["project"], call.path["version"])
    return store.jobs(version.project, version.name)


def _job(call: Call) -> Job:
    store = call.parts.store()
    version = call.parts.registry().version(call.path["project"], call.path["version"])
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


def _service(call: Call) -> ModelService:
    """The service of the version that the path names; Unavailable while none has registered."""
    version = call.parts.directory.project(call.path["project"]).version(call.path["version"]).version
    service = call.parts.directory.service(version)
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
    store = call.parts.store()
    call.parts.registry().version(job.project, job.version)
    keep_job(store, job)


OPERATIONS = (
    Operation(
        "POST", "/v1/register", "A model service says where it is", SERVICE, _register,
        takes=messages.RegisterRequest, gives=messages.Desired, errors=(409,),
    ),
    Operation(
        "GET", f"{_VERSION}/desired", "What a version's replicas should have loaded", SERVICE, _desired,
        gives=messages.Desired, errors=(404,),
    ),
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
