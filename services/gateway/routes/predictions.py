"""The description of prediction requests; `services.gateway.prediction_endpoint` answers them."""

import msgspec

from services.gateway import messages
from services.gateway.operations import ADMIN, CLIENT, Call, Operation


async def _try(call: Call) -> messages.Tried:
    route = call.dependencies.routing_table.project(call.path["project"]).version(call.path["version"])
    answer = await route.predict_unrecorded(msgspec.json.encode(call.body))
    probabilities = None
    if answer.probabilities is not None:
        by_class = map(list, zip(*answer.probabilities, strict=True))
        probabilities = dict(zip(answer.classes, by_class, strict=True))
    return messages.Tried([*answer.predictions], probabilities, answer.revision)


_ERRORS = (404, 409)
OPERATIONS = (
    Operation(
        "POST", "/v1/projects/{project}/predict", "Predictions by the project's policy", CLIENT, None,
        takes=messages.PredictRequest, gives=messages.Answers, errors=_ERRORS,
    ),
    Operation(
        "POST", "/v1/projects/{project}/versions/{version}/predict", "Predictions by one version", CLIENT,
        None, takes=messages.PredictRequest, gives=messages.Answers, errors=_ERRORS,
    ),
    Operation(
        "POST", "/v1/projects/{project}/versions/{version}/try", "Predictions that nobody records", ADMIN,
        _try, takes=messages.TryRequest, gives=messages.Tried, errors=_ERRORS,
    ),
)  # fmt: skip
