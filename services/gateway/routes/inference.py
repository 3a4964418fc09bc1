"""The Open Inference Protocol beside its predictions: what models there are, and whether they answer."""

from importlib.metadata import PackageNotFoundError, version

from msgspec import Struct
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

from services.errors import NotFound, Unavailable
from services.gateway.operations import CLIENT, Call, ErrorForm, Operation
from services.gateway.protocols.inference import (
    EXTENSIONS,
    PREDICTION,
    PREDICTION_ID,
    PROBABILITIES,
    InferenceError,
    InferenceRequest,
    InferenceResponse,
    inference_error,
)
from services.gateway.protocols.tensors import BYTES, DATATYPES
from services.gateway.version_route import VersionRoute
from services.registry.model import Mode

_ANY_NUMBER = -1


class ServerMetadata(Struct):
    """What serves the models."""

    name: str
    version: str
    extensions: tuple[str, ...]


class TensorMetadata(Struct, omit_defaults=True):
    """An input or output; a dimension of -1 may have any length.

    Attributes:
        parameters: of an input: whether it must be there, and whether it may be missing (null).
    """

    name: str
    datatype: str
    shape: list[int]
    parameters: dict[str, bool] = {}


class ModelMetadata(Struct):
    """A project, or one version of it, as a model."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorMetadata]
    outputs: list[TensorMetadata]


class Live(Struct):
    """Whether the server can be asked."""

    live: bool


class Ready(Struct):
    """Whether the server takes predictions."""

    ready: bool


class ModelReady(Struct):
    """Whether a model answers."""

    name: str
    ready: bool


def asked_version(call: Call) -> VersionRoute:
    """The version that a path or a listener means: the one it names, or the champion."""
    route = call.dependencies.routing_table.project(call.path["project"])
    return route.version(call.path.get("version") or route.project.champion)


def require_up(call: Call) -> VersionRoute:
    """The version that is meant, if it answers.

    Raises:
        Unavailable: no service has registered, or it was last seen to be down.
    """
    asked = asked_version(call)
    name = asked.version.name
    if not asked.version.endpoint or call.dependencies.status(call.path["project"])[name].health == "down":
        raise Unavailable(f"version {name} cannot answer now")
    return asked


async def _server(call: Call) -> ServerMetadata:
    del call
    try:
        release = version("relevo")
    except PackageNotFoundError:
        # A container holds the program as files, without a package's data.
        release = "unknown"
    return ServerMetadata("relevo", release, EXTENSIONS)


async def _live(call: Call) -> Live:
    del call
    return Live(live=True)


async def _ready(call: Call) -> Ready:
    if "project" in call.path:
        require_up(call)
    return Ready(ready=True)


async def _model(call: Call) -> ModelMetadata:
    asked = asked_version(call)
    project = call.dependencies.routing_table.project(call.path["project"]).project
    named = call.path.get("version", "")
    versions = [
        each.name for each in project.versions if each.mode is not Mode.RETIRED and named in ("", each.name)
    ]
    inputs = [
        TensorMetadata(
            field.name,
            DATATYPES[field.type],
            [_ANY_NUMBER],
            {"required": field.required, "nullable": field.nullable},
        )
        for field in asked.schema.fields
    ]
    return ModelMetadata(project.name, versions, "relevo", inputs, _outputs(asked))


def _outputs(asked: VersionRoute) -> list[TensorMetadata]:
    classes = asked.version.signature.classes
    outputs = [TensorMetadata(PREDICTION, BYTES if classes else "FP64", [_ANY_NUMBER])]
    if classes:
        outputs.append(TensorMetadata(PROBABILITIES, "FP64", [_ANY_NUMBER, len(classes)]))
    return [*outputs, TensorMetadata(PREDICTION_ID, BYTES, [_ANY_NUMBER])]


async def _model_ready(call: Call) -> ModelReady:
    require_up(call)
    return ModelReady(call.path["project"], ready=True)


def unknown_routes() -> Mount:
    """Behind all others: what else is asked under `/v2`, by whatever method, is told in its form."""

    async def unknown(scope: Scope, receive: Receive, send: Send) -> None:
        response = ERRORS.response(NotFound(f"no such route: {scope['path']}"))
        await response(scope, receive, send)

    return Mount("/v2", unknown)


ERRORS = ErrorForm(inference_error, InferenceError, invalid=400)
_MODEL = "/v2/models/{project}"
_VERSION = "/v2/models/{project}/versions/{version}"


def _of_model(base: str, words: str) -> tuple[Operation, ...]:
    return (
        Operation(
            "GET", base, f"{words} as a model: its inputs and outputs", CLIENT, _model, gives=ModelMetadata,
            errors=(404,), form=ERRORS,
        ),
        Operation(
            "GET", f"{base}/ready", f"Whether {words.lower()} answers", CLIENT, _model_ready,
            gives=ModelReady, errors=(404,), form=ERRORS,
        ),
        Operation(
            "POST", f"{base}/infer", f"Predictions by {words.lower()}, as tensors", CLIENT, None,
            takes=InferenceRequest, gives=InferenceResponse, errors=(404,), form=ERRORS,
        ),
    )  # fmt: skip


OPERATIONS = (
    Operation("GET", "/v2", "What serves the models", CLIENT, _server, gives=ServerMetadata, form=ERRORS),
    Operation("GET", "/v2/health/live", "Whether it can be asked", (), _live, gives=Live, form=ERRORS),
    Operation(
        "GET", "/v2/health/ready", "Whether it takes predictions", (), _ready, gives=Ready, errors=(503,),
        form=ERRORS,
    ),
    *_of_model(_MODEL, "A project's policy"),
    *_of_model(_VERSION, "One version"),
)  # fmt: skip
