"""A model service's own API, for what must not be recorded: predictions on the training set."""

import time
from collections.abc import Mapping, Sequence

import msgspec

from services.client.session import Session, decode
from services.errors import Unavailable

Value = float | str | bool | None
_LOOK_SECONDS = 0.1


class ServicePredictions(msgspec.Struct, frozen=True):
    """A model service's answer; `probabilities` has a row for each instance, ordered as `classes`."""

    predictions: list[float | str]
    revision: str
    probabilities: list[list[float]] | None = None
    classes: list[str] | None = None


class ModelServiceClient:
    """One model service, asked synchronously.

    Args:
        address: the service's endpoint, such as `http://127.0.0.1:9000`.
        token: the version's own token.
    """

    def __init__(self, address: str, token: str, *, read_seconds: float = 60.0) -> None:
        self._session = Session(address, token, read_seconds=read_seconds)

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def wait_until_ready(self, seconds: float) -> None:
        """Return once the service has loaded a revision; Unavailable, with its reason, if it does not."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                self._session.send("GET", "/health")
            except Unavailable:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_LOOK_SECONDS)
            else:
                return

    def predict(self, instances: Sequence[Mapping[str, Value]]) -> ServicePredictions:
        """Predictions for the instances; nothing is recorded."""
        body = msgspec.json.encode({"instances": list(instances)})
        return decode(self._session.send("POST", "/predict", body), ServicePredictions)
