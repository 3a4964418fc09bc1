"""MLflow's scoring protocol beside its predictions."""

from starlette.responses import Response

from services.gateway.operations import CLIENT, Call, ErrorForm, Operation
from services.gateway.protocols.mlflow import SPOKEN, Invocation, Invoked, MLflowError, mlflow_error
from services.gateway.routes.inference import require_up
from services.http.request import JSON


async def _ping(call: Call) -> Response:
    require_up(call)
    return Response("\n", media_type=JSON)


async def _version(call: Call) -> Response:
    del call
    return Response(SPOKEN, media_type="text/plain")


ERRORS = ErrorForm(mlflow_error, MLflowError, invalid=400)


def _invocations(base: str, words: str) -> Operation:
    return Operation(
        "POST", f"{base}/invocations", f"Predictions by {words}, as MLflow asks for them", CLIENT, None,
        takes=Invocation, gives=Invoked, errors=(404, 415), form=ERRORS,
    )  # fmt: skip


OPERATIONS = (
    _invocations("/v1/projects/{project}", "the project's policy"),
    _invocations("/v1/projects/{project}/versions/{version}", "one version"),
)
AT_LISTENERS = (
    _invocations("", "what the listener stands for"),
    Operation(
        "GET", "/ping", "Whether the model answers", (), _ping, gives=str, errors=(503,), form=ERRORS
    ),
    Operation(
        "GET",
        "/version",
        "The MLflow whose protocol is spoken",
        CLIENT,
        _version,
        gives=str,
        media_type="text/plain",
        form=ERRORS,
    ),
)
