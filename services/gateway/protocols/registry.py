"""The protocols that are spoken: a new one is a class in a module of its own, and a line in `PROTOCOLS`.

What else a protocol asks for than predictions, and its description, stands in a module of `routes/`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from services.gateway.protocols.inference import Inference, inference_error
from services.gateway.protocols.interface import PredictionProtocol
from services.gateway.protocols.mlflow import MLflow, mlflow_error
from services.gateway.protocols.plain import PlainOrV1
from services.gateway.protocols.v1 import V1
from services.http.errors import ErrorResponse, answer_for

BY_VERSION = "/versions/{version}/predict"
"""At a project's listener: each version asked by its name."""
_PROJECT = "/v1/projects/{project}"
_VERSION = "/v1/projects/{project}/versions/{version}"
_INFER = ("/v2/models/{project}/infer", "/v2/models/{project}/versions/{version}/infer")


@dataclass(frozen=True, slots=True)
class ProtocolKind:
    """A protocol, and where it is spoken; all its requests are `POST`.

    Attributes:
        name: of the kind.
        api: reads and answers at the API.
        paths: of the API.
        listener: reads and answers at listeners.
        project_paths: of a listener that stands for a project.
        version_paths: of a listener that stands for a version.
        error_answer: tells an error that keeps a request from being read.
    """

    name: str
    api: PredictionProtocol
    paths: tuple[str, ...]
    listener: PredictionProtocol
    project_paths: tuple[str, ...]
    version_paths: tuple[str, ...]
    error_answer: Callable[[Exception], ErrorResponse] = answer_for


PROTOCOLS = (
    ProtocolKind(
        "v1", V1(), (f"{_PROJECT}/predict", f"{_VERSION}/predict"),
        PlainOrV1(), ("/predict", BY_VERSION), ("/predict",),
    ),
    ProtocolKind(
        "mlflow", MLflow(), (f"{_PROJECT}/invocations", f"{_VERSION}/invocations"),
        MLflow(), ("/invocations",), ("/invocations",), mlflow_error,
    ),
    ProtocolKind("inference", Inference(), _INFER, Inference(), _INFER, _INFER, inference_error),
)  # fmt: skip
