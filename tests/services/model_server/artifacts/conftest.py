"""Deploy folders with models of other makers, of which `model.json` says as little as can be."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris

from services.model_server.deploy import Deploy, read_deploy
from services.model_server.loading import load_model, sha256_of
from services.model_server.predictor import ModelAnswers

SPECIES = ("setosa", "versicolor", "virginica")
TOWNS = ("Aachen", "Bonn", "Köln")


class Served(NamedTuple):
    """A deploy folder's model, loaded as a service loads it."""

    deploy: Deploy
    ask: Callable[[list[dict[str, Any]]], ModelAnswers]

    def of(self, frame: pd.DataFrame) -> ModelAnswers:
        """Answers for the rows of a frame; what is missing in it is sent as null."""
        plain = frame.astype(object).where(frame.notna(), None)
        return self.ask(plain.to_dict("records"))


@pytest.fixture
def served(tmp_path: Path) -> Callable[..., Served]:
    """Writes an artifact beside a `model.json` with what is given, and loads it."""

    def served(name: str, content: bytes, signature: dict[str, Any], **more: Any) -> Served:
        written = {"project": "flats", "version": "C", "artifact": name, "signature": signature} | more
        (tmp_path / "model.json").write_text(json.dumps(written))
        (tmp_path / name).write_bytes(content)
        deploy = read_deploy(tmp_path)
        model = load_model(tmp_path, deploy, content, sha256_of(content))

        def ask(rows: list[dict[str, Any]]) -> ModelAnswers:
            decoded = model.decoder.decode(json.dumps({"instances": rows}).encode())
            return model.predictor.answer(model.predictor.prepare(decoded))

        return Served(deploy, ask)

    return served


@pytest.fixture(scope="session")
def iris() -> tuple[pd.DataFrame, Any]:
    """Measures and species by their numbers."""
    found = load_iris(as_frame=True)
    frame = found.data.set_axis(["sepal length", "sepal width", "petal length", "petal width"], axis=1)
    return frame, found.target.to_numpy()


@pytest.fixture(scope="session")
def flats() -> pd.DataFrame:
    """Flats with numbers, whole numbers, texts, truths and gaps, and their price."""
    random = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "area": random.uniform(20, 200, 300).round(1),
            "rooms": random.integers(1, 6, 300),
            "town": random.choice(TOWNS, 300),
            "lift": random.random(300) > 0.5,
        }
    )
    towns = frame.town.map({"Bonn": 50, "Köln": 90, "Aachen": 10})
    frame["price"] = frame.area * 3 + frame.rooms * 20 + towns + random.normal(0, 5, 300)
    frame.loc[::17, "area"] = np.nan
    return frame


@pytest.fixture(scope="session")
def species() -> tuple[str, ...]:
    """The classes of iris, in the order of their numbers."""
    return SPECIES
