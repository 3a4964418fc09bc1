"""The operations of the gateway's API, one module a concern.

Each module gives a tuple `OPERATIONS`. Handlers say what the API says and leave the rules to the store
and the registry.
"""

from services.gateway.operations import Operation
from services.gateway.routes import (
    administration,
    artifacts,
    data,
    descriptions,
    inference,
    labels,
    mlflow,
    predictions,
    registry,
    retraining,
    services,
    training,
)

_DESCRIBED: tuple[Operation, ...] = (
    *registry.OPERATIONS,
    *services.OPERATIONS,
    *retraining.OPERATIONS,
    *predictions.OPERATIONS,
    *mlflow.OPERATIONS,
    *inference.OPERATIONS,
    *labels.OPERATIONS,
    *data.OPERATIONS,
    *training.OPERATIONS,
    *artifacts.OPERATIONS,
    *administration.OPERATIONS,
)
OPERATIONS: tuple[Operation, ...] = (*_DESCRIBED, *descriptions.descriptions_of(_DESCRIBED))

__all__ = ["OPERATIONS"]
