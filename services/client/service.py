"""A model service's own API, for what must not be recorded: predictions on the training set."""

from collections.abc import Mapping, Sequence

import msgspec

from services.client.session import Session, decode

Value = float | str | bool | None


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

    def predict(self, instances: Sequence[Mapping[str, Value]]) -> ServicePredictions:
        """Predictions for the instances; nothing is recorded."""
        body = msgspec.json.encode({"instances": list(instances)})
        return decode(self._session.send("POST", "/predict", body), ServicePredictions)
