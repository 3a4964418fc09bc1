"""Predictions, as the description tells them; `services.gateway.hot_path` answers them."""

from services.gateway import messages
from services.gateway.operations import CLIENT, Operation

_ERRORS = (404,)
OPERATIONS = (
    Operation(
        "POST", "/v1/projects/{project}/predict", "Predictions by the project's policy", CLIENT, None,
        takes=messages.PredictRequest, gives=messages.Answers, errors=_ERRORS,
    ),
    Operation(
        "POST", "/v1/projects/{project}/versions/{version}/predict", "Predictions by one version", CLIENT,
        None, takes=messages.PredictRequest, gives=messages.Answers, errors=_ERRORS,
    ),
)  # fmt: skip
